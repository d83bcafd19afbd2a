"""A bucket that speaks as much of S3 as servers need, in this process' memory."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCESS_KEY = "AKIATESTS"
CREDENTIALS = f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = canary-object-storage\n"
"""The file that lets one into it."""
_WHEN = "2026-01-01T00:00:00.000Z"
_DATE = "Thu, 01 Jan 2026 00:00:00 GMT"


@dataclass
class Bucket:
    """Objects by their keys; while it is not `available` every request fails."""

    name: str
    objects: dict[str, bytes] = field(default_factory=dict)
    available: bool = True


@contextmanager
def serving(bucket: Bucket, port: int) -> Iterator[None]:
    """Serves a bucket, by paths that begin with its name, at a loopback port until the end of the block."""

    class Handler(_Handler):
        pass

    Handler.bucket = bucket
    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    bucket: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self._refused():
            return
        self.bucket.objects[self._key] = data
        self._answer(200)

    def do_GET(self) -> None:
        if self._refused():
            return
        if not self._key:
            self._answer(200, self._listed())
        elif (data := self.bucket.objects.get(self._key)) is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif found := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            self._answer(206, data[int(found[1]) : int(found[2]) + 1])
        else:
            self._answer(200, data)

    def do_HEAD(self) -> None:
        if not self._refused():
            data = self.bucket.objects.get(self._key)
            self._answer(200 if data is not None else 404, data or b"")

    def do_DELETE(self) -> None:
        if not self._refused():
            self.bucket.objects.pop(self._key, None)
            self._answer(204)

    @property
    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix(f"/{self.bucket.name}").lstrip("/")

    def _refused(self) -> bool:
        if not self.bucket.available:
            self._answer(503, b"<Error><Code>ServiceUnavailable</Code></Error>")
        elif f"Credential={ACCESS_KEY}/" not in self.headers.get("Authorization", ""):
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        else:
            return False
        return True

    def _listed(self) -> bytes:
        query = parse_qs(urlsplit(self.path).query)
        prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
        contents, folders = [], set()
        for key, data in sorted(self.bucket.objects.items()):
            head, found, _ = key.removeprefix(prefix).partition(delimiter) if delimiter else ("", "", "")
            if not key.startswith(prefix):
                continue
            if found:
                folders.add(prefix + head + delimiter)
            else:
                contents.append(
                    f"<Contents><Key>{escape(key)}</Key><Size>{len(data)}</Size>"
                    f"<LastModified>{_WHEN}</LastModified></Contents>"
                )
        common = [f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>" for folder in sorted(folders)]
        return (
            f"<ListBucketResult><Name>{self.bucket.name}</Name><IsTruncated>false</IsTruncated>"
            f"{''.join([*contents, *common])}</ListBucketResult>"
        ).encode()

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Last-Modified", _DATE)
        self.send_header("ETag", '"tests"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

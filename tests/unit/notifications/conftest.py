"""A receiver on a free port."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import requests

from slostack.notifications import NotificationReader
from slostack.notifications.server import Receiver


class Site:
    """A receiver with its folders."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "store"
        self.runbooks = folder / "runbooks"
        (self.runbooks / "learnsnap").mkdir(parents=True)
        (self.runbooks / "learnsnap" / "service-down.md").write_text(
            "# Down\n\n| a | b |\n|---|---|\n| 1 | <b>2</b> |\n"
        )
        (folder / "secret.md").write_text("# Secret")
        self.said: list[str] = []
        self.receiver = Receiver(
            "127.0.0.1", 0, self.store, self.runbooks, clock=lambda: 1_777_863_600.0, report=self.said.append
        )
        self.url = f"http://127.0.0.1:{self.receiver.server_port}"

    def post(self, body: object) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return requests.post(f"{self.url}/alerts", data=data, timeout=5)

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=5)

    def raw(self, request: bytes) -> bytes:
        """The answer to a request as written, which no client library has tidied up."""
        with socket.create_connection(("127.0.0.1", self.receiver.server_port), timeout=5) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65536):
                answer += part
            return answer

    def stored(self) -> list[str]:
        return [n.summary for n in NotificationReader(self.store).read()]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A receiver that listens on a free port."""
    site = Site(tmp_path)
    with site.receiver:
        thread = Thread(target=site.receiver.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield site
        site.receiver.shutdown()
        thread.join()

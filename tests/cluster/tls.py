"""What is reached by TLS on this machine: certificates that sign themselves, and servers with them."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread


def own_certificate(path: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, beside its key."""
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", path.with_suffix(".key"), "-out", path)
    command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *files)
    subprocess.run(command, check=True, capture_output=True)
    return path


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], certificate: Path, port: int = 0) -> Iterator[str]:
    """A server at a loopback port, by default a free one; its URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"https://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()

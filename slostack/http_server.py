"""The HTTP server under the demo workload and the notification receiver."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

from slostack.errors import SlostackError


class HttpServer(ThreadingHTTPServer):
    """A server that says in one line that its port is taken, and nothing when a client hangs up."""

    daemon_threads = True

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        try:
            super().__init__((host, port), handler)
        except OSError as error:
            raise SlostackError(
                f"can't listen on {host}:{port} ({error.strerror}), expected a free port; stop what uses it"
            ) from None

    def server_bind(self) -> None:
        """Binds without asking a name server for the host's name, as the base class would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A traceback for our own mistakes only."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

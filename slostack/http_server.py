"""The HTTP server under the demo workload and the notification receiver, and how their processes run it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event, Thread

from slostack.errors import SlostackError

_STOP_SECONDS = 6


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


@contextmanager
def serving(server: HttpServer) -> Iterator[None]:
    """Answers requests in the background; the last ones are answered before it ends."""
    with server, background(server.serve_forever):
        try:
            yield
        finally:
            server.shutdown()


@contextmanager
def background(work: Callable[[], object]) -> Iterator[None]:
    """Does something in a thread of its own, and waits a little for its end afterwards."""
    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join(timeout=_STOP_SECONDS)


def stop_signal() -> Event:
    """Set once the process is told to end."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def report(line: str) -> None:
    """Prints a line into the process's log at once."""
    print(line, flush=True)


def run(main: Callable[[], object]) -> None:
    """Runs a process's command; what the user can act on ends it with one line."""
    try:
        main()
    except SlostackError as error:
        sys.exit(str(error))

"""The receiver: takes Alertmanager's webhooks, shows them, and serves the runbooks that they link to."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Lock
from urllib.parse import unquote

from slostack.errors import SlostackError
from slostack.http_server import HttpServer
from slostack.notifications.model import Notification
from slostack.notifications.pages import page
from slostack.notifications.parsing import BadNotificationError, from_webhook
from slostack.notifications.runbooks import runbook_page, runbook_paths
from slostack.notifications.store import NotificationReader, append

ALERTS_PATH = "/alerts"
RUNBOOKS_PATH = "/runbooks/"
MOST_BYTES = 4 * 1024 * 1024
SHOWN = 200
"""Notifications on the page, the newest."""


class Receiver(HttpServer):
    """Stores what it is sent, and shows it. Raises SlostackError where port or store can't be had."""

    def __init__(
        self,
        host: str,
        port: int,
        store: Path,
        runbooks: Path,
        *,
        clock: Callable[[], float] = time.time,
        report: Callable[[str], None] = print,
    ) -> None:
        self.runbooks, self.clock, self.report = runbooks, clock, report
        self._store, self._writing = store, Lock()
        super().__init__(host, port, _Handler)
        try:
            append(store, ())
        except OSError as error:
            self.server_close()
            raise SlostackError(f"can't write in {store} ({error.strerror}), expected a writable folder") from None

    def take(self, notifications: tuple[Notification, ...]) -> None:
        """Stores notifications, then prints each; raises OSError where they can't be stored."""
        with self._writing:
            append(self._store, notifications)
            for notification in notifications:
                self.report(notification.line)

    def newest(self) -> tuple[list[Notification], int]:
        """The newest notifications first, and how many older ones there are."""
        kept: deque[Notification] = deque(maxlen=SHOWN)
        count = 0
        for notification in NotificationReader(self._store).read():
            kept.append(notification)
            count += 1
        return list(reversed(kept)), count - len(kept)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    timeout = 30

    def do_POST(self) -> None:
        if self.path != ALERTS_PATH:
            self._say(404, f"not found, expected POST {ALERTS_PATH}")
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self._say(411, "no Content-Length, expected the length of a JSON message")
        elif int(length) > MOST_BYTES:
            self._say(413, f"{length} bytes, expected at most {MOST_BYTES}")
        else:
            self._take(self.rfile.read(int(length)))

    def _take(self, body: bytes) -> None:
        try:
            notifications = from_webhook(json.loads(body), self.server.clock())
        except (ValueError, RecursionError) as error:
            self._refuse(f"not JSON ({error}), expected a webhook message of Alertmanager")
            return
        except BadNotificationError as error:
            self._refuse(str(error))
            return
        try:
            self.server.take(notifications)
        except OSError as error:
            self.server.report(f"{len(notifications)} notifications can't be stored: {error.strerror}")
            self._say(503, f"can't be stored ({error.strerror}), try again")
            return
        self._say(200, f"{len(notifications)} stored")

    def _refuse(self, reason: str) -> None:
        self.server.report(f"refused a message: {reason}")
        self._say(400, reason)

    def do_GET(self) -> None:
        path = unquote(self.path.partition("?")[0], errors="replace")
        if path == "/":
            try:
                notifications, older = self.server.newest()
            except SlostackError as error:
                self._say(500, str(error))
                return
            self._show(page("notifications.html.j2", title="Notifications", notifications=notifications, older=older))
        elif path == RUNBOOKS_PATH:
            self._show(page("runbooks.html.j2", title="Runbooks", paths=runbook_paths(self.server.runbooks)))
        elif path.startswith(RUNBOOKS_PATH):
            runbook = runbook_page(self.server.runbooks, path.removeprefix(RUNBOOKS_PATH))
            if runbook is None:
                self._say(404, f"no such runbook, expected one of those at {RUNBOOKS_PATH}")
            else:
                self._show(runbook)
        else:
            self._say(404, f"not found, expected / or {RUNBOOKS_PATH}")

    def _show(self, text: str) -> None:
        self._answer(200, "text/html; charset=utf-8", text)

    def _say(self, status: int, text: str) -> None:
        self._answer(status, "text/plain; charset=utf-8", text + "\n")

    def _answer(self, status: int, content_type: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Only notifications are worth a line."""

"""Those who are notified: a mail server, and what stands for Slack, PagerDuty and a gateway of text messages."""

from __future__ import annotations

import email.policy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from slostack.http_server import HttpServer, serving
from tests.processes import free_port

Json = dict[str, Any]


@dataclass
class Heard:
    """What came, in order: mail by recipient, and JSON by the path of the URL."""

    smtp: str
    http: str
    mail: list[tuple[str, EmailMessage]] = field(default_factory=list)
    posts: list[tuple[str, Json]] = field(default_factory=list)

    def mail_to(self, recipient: str) -> list[EmailMessage]:
        return [message for to, message in self.mail if to == recipient]

    def posted_to(self, path: str) -> list[Json]:
        return [body for each, body in self.posts if each == path]


@contextmanager
def listeners() -> Iterator[Heard]:
    """They listen on ports of their own while the block runs."""
    heard = Heard("", "")

    class MailHandler:
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
            content = envelope.content
            assert isinstance(content, bytes)
            message = email.message_from_bytes(content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            heard.mail.extend((recipient, message) for recipient in envelope.rcpt_tos)
            return "250 taken"

    class HttpHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.posts.append((self.path, body))
            answer = b"ok"
            self.send_response(202 if self.path == "/pagerduty" else 200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    mail_server = Controller(MailHandler(), hostname="127.0.0.1", port=free_port())
    http_server = HttpServer("127.0.0.1", 0, HttpHandler)
    with serving(http_server):
        heard.http = f"http://127.0.0.1:{http_server.server_port}"
        mail_server.start()
        try:
            heard.smtp = f"127.0.0.1:{mail_server.port}"
            yield heard
        finally:
            mail_server.stop()

"""Who was told of which alert, by every channel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import unquote

from slostack import names
from slostack.config import NOTIFICATION_PATH
from tests.delivery.listeners import Heard, Json
from tests.gameday.expected import WEBHOOK, Subject

_OF_SLOS = (names.BURN_ALERT, names.STILL_FIRING)
"""Alerts that each SLO of a service can have."""
_GROUP = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Told:
    """One message: by which way it came, whether it says that what it tells of is over, and since when that fired
    (Unix time, where the way says it precisely)."""

    to: str
    subject: Subject
    resolved: bool
    since: float | None = None


class Ear:
    """Hears what is told from now on."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._mails, self._posts = len(heard.mail), len(heard.posts)

    def new(self) -> Iterator[Told]:
        """What was told since the last time; of each way in its order."""
        mails, posts = self._heard.mail[self._mails :], self._heard.posts[self._posts :]
        self._mails += len(mails)
        self._posts += len(posts)
        yield from (_by_mail(to, mail) for to, mail in mails)
        yield from (_by_post(path, body) for path, body in posts)


def _by_mail(to: str, mail: EmailMessage) -> Told:
    body = mail.get_body(("plain",))
    assert body
    return _by_text(f"mail {to}", str(mail["Subject"]), body.get_content())


def _by_post(path: str, body: Json) -> Told:
    if path.startswith("/slack"):
        attachment = body["attachments"][0]
        return _by_text(f"{path[1:]} {body['channel']}", attachment["title"], attachment["text"])
    if path == "/pagerduty":
        payload = body["payload"]
        said = _by_text(f"pagerduty {body['routing_key']}", payload["summary"], payload["custom_details"]["text"])
        assert said.resolved == (body["event_action"] == "resolve")
        return said
    subject = _subject(body["groupLabels"], body["alerts"][0]["labels"].get("severity", "none"))
    since = min(datetime.fromisoformat(alert["startsAt"]).timestamp() for alert in body["alerts"])
    way = WEBHOOK if path == NOTIFICATION_PATH else path[1:]
    return Told(way, subject, body["status"] == "resolved", since)


def _by_text(to: str, title: str, text: str) -> Told:
    """By the link to a silence, which names the group, and by the line that begins with the severity."""
    (link,) = set(re.findall(r"/silences/new\?filter=([^\s|>]+)", text))
    severity = re.search(r"^(?:Severity: )?(critical|high|medium|low|none)\b", text, re.MULTILINE)
    assert severity, text
    return Told(to, _subject(dict(_GROUP.findall(unquote(link))), severity[1]), title.startswith("[RESOLVED]"))


def _subject(group: Mapping[str, str], severity: str) -> Subject:
    name = group["alertname"]
    if name in _OF_SLOS and names.SLO in group:
        name = f"{name} {group[names.SLO]}"
    return Subject(group.get(names.SERVICE, ""), name, severity)

"""A notification: what Alertmanager said about one alert, and how a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from slostack import names
from slostack.approximately import duration
from slostack.spec.alerting import RESPONSE

FIRING, RESOLVED = "firing", "resolved"
_BEFORE = timedelta(hours=1)
_MINUTE = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True)
class Notification:
    """One alert of one message of Alertmanager, with what the message has to say of it by other channels. `received` is
    a Unix time, the other times are RFC 3339 texts."""

    received: float
    status: str
    alert: str
    severity: str
    service: str
    slo: str
    tier: str
    summary: str
    description: str
    runbook_url: str
    dashboard_url: str
    started: str
    ended: str
    labels: Mapping[str, str]
    budgets_left: str = ""
    query_url: str = ""
    silence_url: str = ""

    @property
    def subject(self) -> str:
        """What it is about: the service, with the SLO where there is one."""
        return f"{self.service} / {self.slo}" if self.slo else self.service or "(no service)"

    @property
    def line(self) -> str:
        """All that matters on one line."""
        parts = (self.status.upper(), self.severity or "(no severity)", self.subject, f"{self.alert}: {self.what}")
        urls = (("runbook", self.runbook_url), ("dashboard", self.dashboard_url))
        links = (f"{name} {url}" for name, url in urls if url)
        return f"{self.local_time}  " + " | ".join((*parts, *links))

    @property
    def what(self) -> str:
        """What is wrong; of what is over how long it lasted."""
        if self.status == FIRING:
            return self.summary
        start, end = _time(self.started), _time(self.ended)
        return f"over after {_between(start, end) if start and end else 'a time not known'}"

    @property
    def said(self) -> str:
        """What there is to say of it further; of what is over what was said of it."""
        if self.status == FIRING:
            return self.description
        return f"it said: {self.summary}" if self.summary else ""

    @property
    def how_bad(self) -> str:
        """Its severity and by when to respond, over what time it is judged, since when it fires, and whose it is."""
        level = self.labels.get(names.ESCALATION)
        severity = f"critical, escalated to level {level}" if level else self.severity or "(no severity)"
        parts = [severity]
        if self.status == FIRING and self.severity in RESPONSE:
            parts.append(f"respond {RESPONSE[self.severity]}")
        if window := self.labels.get(names.WINDOW):
            parts.append(f"judged over {window}")
        clauses = (", ".join(parts), self._since, f"team {team}" if (team := self.labels.get(names.TEAM)) else "")
        return "; ".join(filter(None, clauses))

    @property
    def _since(self) -> str:
        start, end = _time(self.started), _time(self.ended)
        if not start:
            return ""
        if end:
            return f"{start:{_MINUTE}} until {end:{_MINUTE}}"
        return f"since {start:{_MINUTE}} ({_between(start, datetime.fromtimestamp(self.received, UTC))} ago)"

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Where to go, by name: dashboard and logs from an hour before it began."""
        return tuple((name, url) for name, url in self._every_link() if url)

    def _every_link(self) -> Iterator[tuple[str, str]]:
        yield "runbook", self.runbook_url
        if self.dashboard_url and (start := _time(self.started)):
            shown = f"from={round((start - _BEFORE).timestamp() * 1000)}&to=now"
            yield "dashboard", f"{self.dashboard_url}{'&' if '?' in self.dashboard_url else '?'}{shown}"
            logs = self.dashboard_url.partition("?")[0]
            yield "logs", f"{logs}?{shown}&viewPanel={names.panel_id(names.LOGS_PANEL)}"
        else:
            yield "dashboard", self.dashboard_url
        yield "query", self.query_url
        yield "silence", self.silence_url

    @property
    def local_time(self) -> str:
        """When it was received, in this machine's time zone."""
        return datetime.fromtimestamp(self.received).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")

    def as_dict(self) -> dict[str, Any]:
        """The notification as JSON holds it."""
        return asdict(self)


def _time(text: str) -> datetime | None:
    """A time in UTC; None where there is none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _between(start: datetime, end: datetime) -> str:
    return duration((end - start).total_seconds())

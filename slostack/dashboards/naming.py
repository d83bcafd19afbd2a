"""The titles of panels, and the overview's uid."""

from __future__ import annotations

import re
from collections.abc import Iterable

from slostack.spec.quantities import Matcher

OVERVIEW_UID = "slo-overview"
SPELLINGS = (
    *("AI", "API", "CPU", "DB", "DNS", "GC", "gRPC", "HTTP", "HTTPS", "ID", "I/O", "IP", "JSON", "JWT", "OOM", "OS"),
    *("p50", "p75", "p90", "p95", "p99", "p999", "RAM", "RDS", "REST", "RPC", "RPO", "RTO", "S3", "SDK", "SLI", "SLO"),
    *("SMS", "SMTP", "SQL", "SQS", "SSH", "SSL", "TCP", "TLS", "TTL", "UDP", "URI", "URL", "VM", "WAL"),
)
"""Words that are spelled in one way, however a name spells them."""
_SPELLED = {re.sub(r"\W", "", word).lower(): word for word in SPELLINGS}
_WORDS = re.compile(r"[A-Z]+[0-9]*(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+")


def words(name: str) -> str:
    """A CamelCase, kebab-case or snake_case name as words: `HighCpuUsage` is "High CPU usage"."""
    phrase = words_within(name)
    return phrase if phrase.partition(" ")[0] in SPELLINGS else phrase[:1].upper() + phrase[1:]


def words_within(name: str) -> str:
    """A name as words within a sentence: `http_requests` is "HTTP requests", `HighCpuUsage` "high CPU usage"."""
    return " ".join(map(_spelled, _WORDS.findall(name) or [name]))


def named(metric: str, told: Iterable[Matcher] = ()) -> str:
    """A metric in words, with what some matchers say: `pool{state="in_use"}` is "Pool in use"."""
    says = (words_within(m.value) if m.operator == "=" else f"{m.label}{m.operator}{m.value}" for m in told)
    return " ".join([words(metric), *says])


def _spelled(word: str) -> str:
    """A word as it is always spelled; else, unless it is in capitals, in lower case."""
    in_capitals = word.isupper() and len(word) > 1
    return _SPELLED.get(word.lower(), word if in_capitals else word.lower())

"""The uids, ids and titles that dashboards and panels are found by."""

from __future__ import annotations

import re
from zlib import crc32

OVERVIEW_UID = "slo-overview"
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+")


def service_uid(name: str) -> str:
    """The uid of a service's dashboard, the last part of its address."""
    return f"slo-{name}"


def panel_id(key: str) -> int:
    """A panel's id from its key: it stays when panels are added, moved, removed or retitled around it."""
    return crc32(key.encode()) >> 1 or 1


def words(name: str) -> str:
    """A CamelCase, kebab-case or snake_case name as words: `AIProviderDegraded` is "AI provider degraded"."""
    first, *rest = _WORDS.findall(name) or [name]
    return " ".join([first[:1].upper() + first[1:], *(w if w.isupper() and len(w) > 1 else w.lower() for w in rest)])

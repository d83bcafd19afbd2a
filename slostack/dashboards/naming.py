"""The titles of panels, and the overview's uid."""

from __future__ import annotations

import re

OVERVIEW_UID = "slo-overview"
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+")


def words(name: str) -> str:
    """A CamelCase, kebab-case or snake_case name as words: `AIProviderDegraded` is "AI provider degraded"."""
    first, *rest = _WORDS.findall(name) or [name]
    return " ".join([first[:1].upper() + first[1:], *(w if w.isupper() and len(w) > 1 else w.lower() for w in rest)])

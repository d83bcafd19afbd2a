"""Labels and severities of other formats in this project's words."""

from __future__ import annotations

import re

from slostack.imports.fields import Fields
from slostack.imports.model import Team, slug
from slostack.names import ANNOTATIONS, RESERVED_LABELS

_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]{0,62}")
_SEVERITIES = {
    "critical": ("critical", "page", "pager", "fatal", "emergency", "sev0", "sev1", "p0", "p1"),
    "high": ("high", "error", "urgent", "sev2", "p2"),
    "medium": ("medium", "warning", "warn", "ticket", "moderate", "sev3", "p3"),
    "low": ("low", "info", "minor", "notice", "sev4", "sev5", "p4", "p5"),
}
_BY_WORD = {word: severity for severity, words in _SEVERITIES.items() for word in words}
OF_ALERTS = "the texts of alerts are the generator's own"
OWNERS = ("team", "owner")
"""Labels that name the owner team, the first that is there."""


def severity(word: str) -> str | None:
    """One of critical, high, medium, low for a word that others use; None for a word that isn't known."""
    return _BY_WORD.get(re.sub("[ _-]", "", word.lower()))


def owner(fields: Fields, labels: dict[str, str], *, prefix: str = "") -> Team | None:
    """The owner team that one of the `labels` of a mapping names; None where none does. Says it where its name changes.

    `prefix` is what their names have in the file before those that are given here.
    """
    found = next((label for label in OWNERS if labels.get(label)), None)
    if found is None:
        return None
    team = slug(labels[found], "team")
    if team != labels[found]:
        fields.assume("labels", f"{found} {labels[found]!r} as the team {team!r}: names are words joined by hyphens")
    return Team(team, found, fields, prefix)


def carried(
    fields: Fields, key: str, labels: dict[str, str], *, without: tuple[str, ...] = (), prefix: str = ""
) -> dict[str, str]:
    """The labels at a key that an SLO can have too; the others are left out, each with its reason.

    `prefix` is what their names have in the file before those that are given here.
    """
    kept: dict[str, str] = {}
    for name, value in labels.items():
        if name in without:
            continue
        if why := _unfit(name, value):
            fields.leave_below(key, prefix + name, why)
        else:
            kept[name] = value.strip()
    return kept


def annotation_fits(name: str, text: str) -> bool:
    """Whether an SLO's alerts can have an annotation."""
    return bool(_NAME.fullmatch(name)) and name not in ANNOTATIONS and bool(text.strip()) and "{{" not in text


def _unfit(name: str, value: str) -> str | None:
    """Why no SLO can have a label; None where one can."""
    if name in RESERVED_LABELS or name.startswith("__"):
        return "the generator, Prometheus or Alertmanager sets this label"
    if not _NAME.fullmatch(name):
        return "no name of a Prometheus label (letters, digits and _)"
    if not value.strip() or "{{" in value:
        return "a label's value is plain text"
    return None

"""What every imported format is turned into before it is written as an SLO file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slostack.imports.fields import Fields
from slostack.spec.fields import HIGHEST_OBJECTIVE

_LONGEST_NAME = 63


@dataclass(frozen=True)
class ImportedSlo:
    """One SLO, its values as an SLO file has them, and the mapping that it was read from."""

    name: str
    description: str | None
    objective: float
    window: str
    sli: Mapping[str, Any]
    origin: Fields
    group_by: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    page_labels: Mapping[str, str] = field(default_factory=dict)
    ticket_labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    alerting: Mapping[str, Any] = field(default_factory=dict)
    runbooks: tuple[str, ...] = ()
    """Where people found help before: the stub of the runbook links there."""


@dataclass(frozen=True)
class Team:
    """A team, and the label that names it: without its prefix, and the mapping whose `labels` it is in."""

    name: str
    label: str
    labelled: Fields
    prefix: str = ""

    def leave(self, why: str) -> None:
        """Leaves out the label, saying why."""
        self.labelled.leave_below("labels", self.prefix + self.label, why)


@dataclass(frozen=True)
class ImportedService:
    """SLOs of one service, and what is known of it."""

    name: str
    format: str
    origin: Fields
    slos: tuple[ImportedSlo, ...]
    description: str | None = None
    teams: tuple[Team, ...] = ()
    """Those that labels name; an SLO file has one, the first."""


def slug(text: str, prefix: str) -> str:
    """A text as a name of this project: lower-case words joined by hyphens; `prefix` goes before a leading digit."""
    name = re.sub("[^a-z0-9]+", "-", re.sub("([a-z0-9])([A-Z])", r"\1-\2", text).lower()).strip("-")
    if not name or not name[0].isalpha():
        name = f"{prefix}-{name}".rstrip("-")
    return name[:_LONGEST_NAME].rstrip("-")


def read_name(fields: Fields, key: str, prefix: str, expected: str) -> str:
    """The name at a key, as a name of this project; says so where it had to be changed."""
    text = fields.text(key, expected)
    name = slug(text, prefix)
    if name != text:
        fields.assume(key, f"written as {name!r}: names are lower-case words joined by hyphens")
    return name


def checked_objective(fields: Fields, key: str, percent: float) -> float:
    """An objective in percent; raises SpecError where it leaves no budget, or nothing to promise."""
    if not 0 < percent <= HIGHEST_OBJECTIVE:
        raise fields.error(key, f"{percent:.12g} %, expected a percentage above 0 and at most {HIGHEST_OBJECTIVE}")
    return percent

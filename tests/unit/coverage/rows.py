"""The lists in coverage/: what each service's reliability audit asks for, row by row, and what answers it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from slostack import plain_yaml
from slostack.spec import Duration
from slostack.spec.fields import Runbook, Text
from slostack.spec.part import Part

FOLDER = Path(__file__).parents[3] / "coverage"
EVERY_SERVICE = FOLDER / "every-service.yaml"
ALIKE = "As every service"
"""The title of the rows that all audits have."""
Channel = Literal["email", "Slack", "PagerDuty", "SMS"]
Kind = Literal["critical", "high", "medium", "low", "notice"]
Metrics = dict[str, Annotated[tuple[str, ...], Field(strict=False)]]


class Severity(Part):
    """What a severity means: by which channels who hears, how soon they respond, and when it is told again."""

    called: Text
    respond: Text
    channels: tuple[Channel, ...] = Field(strict=False)
    renotify: Duration


class Row(Part):
    """A row of an audit's tables, as it words it, and the alerts, or the SLOs with theirs, that answer it.

    `built` says why what is built differs from it. `runbook` is the one that the row asks for, where that isn't the
    alerts' own.
    """

    asks: Text
    for_: Duration | None = Field(None, alias="for")
    severity: Literal[Kind, "warning"] | None = None
    renotify: Duration | None = None
    alerts: tuple[str, ...] = Field((), strict=False)
    slos: tuple[str, ...] = Field((), strict=False)
    runbook: Runbook | None = None
    built: Text | None = None

    @property
    def kind(self) -> Kind | None:
        """Its severity; a warning is medium."""
        return "medium" if self.severity == "warning" else self.severity


class Graphs(Part):
    """What an audit wants to see, and the panels of its dashboard that show it, by how their titles begin."""

    asks: Text
    panels: tuple[str, ...] = Field(strict=False, min_length=1)


class Elsewhere(Part):
    """What is asked for that no alert and no graph answers, and the files of the project that do."""

    asks: Text
    see: tuple[str, ...] = Field(strict=False, min_length=1)


class EveryService(Part):
    """What all audits ask for."""

    severities: dict[str, Severity]
    metrics: Metrics
    rows: tuple[Row, ...] = Field(strict=False)
    elsewhere: tuple[Elsewhere, ...] = Field(strict=False)


class Audit(Part):
    """All that the audit of one service asks for, by the titles of its tables; `without` are channels that are off.

    `metrics` are those that the service exposes, with their labels beside `job` and `instance`.
    """

    service: str
    metrics: Metrics
    without: tuple[Channel, ...] = Field((), strict=False)
    rows: dict[str, Annotated[tuple[Row, ...], Field(strict=False)]]
    graphs: tuple[Graphs, ...] = Field((), strict=False)
    elsewhere: tuple[Elsewhere, ...] = Field((), strict=False)


@cache
def of_every_service() -> EveryService:
    """What all audits say."""
    return EveryService.model_validate(plain_yaml.load(EVERY_SERVICE.read_text(encoding="utf-8")))


def severities() -> dict[str, Severity]:
    """What all audits say of severities."""
    return of_every_service().severities


def known_of_every_service() -> Metrics:
    """What is known of each service without its doing, with the labels beside `job` and `instance`."""
    return of_every_service().metrics


@cache
def audits() -> tuple[Audit, ...]:
    """The audits of all services, by name, each with the rows of all."""
    files = (file for file in sorted(FOLDER.glob("*.yaml")) if file != EVERY_SERVICE)
    found = [plain_yaml.load(file.read_text(encoding="utf-8")) for file in files]
    own = (Audit.model_validate(each) for each in found)
    return tuple(each.model_copy(update={"rows": {**each.rows, ALIKE: of_every_service().rows}}) for each in own)

"""The library of signals, as data in slostack/signals/: what each asks for, its alerts and its panels."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from slostack.spec.alerting import Severity
from slostack.spec.fields import Text
from slostack.spec.part import Part
from slostack.spec.quantities import Duration
from slostack.spec.source import parse_yaml

_FOLDER = Path(__file__).parents[1] / "signals"


class Parameter(Part):
    """What an SLO file may say of a signal. A default may name parameters before it, `$requests`."""

    type: str
    """A key of KINDS."""
    description: Text
    default: Any = None
    required: bool = False


class SignalAlert(Part):
    """An alert of a signal, in templates of its parameters. Without a value for one of them it isn't there.

    What it watches is on the signal's page under the title `page`; then it is one thing, without labels.
    """

    name: str
    expr: Text
    for_: Duration | None = Field(None, alias="for")
    keep_firing_for: Duration | None = None
    severity: Severity
    summary: Text
    description: Text
    silenced_by: tuple[str, ...] = Field((), strict=False)
    """Alerts of the library, and `ErrorBudgetBurn`: the pages of SLOs whose bad events the alert reads, too."""
    renotify: Duration | None = None
    notice: bool = False
    page: str | None = None


class SignalLine(Part):
    """A line of a panel, in templates."""

    expr: Text
    legend: Text


class SignalPanel(Part):
    """A graph of a signal beside those of its alerts, in templates."""

    title: Text
    description: Text
    unit: str = "short"
    lines: tuple[SignalLine, ...] = Field(strict=False, min_length=1)


class Signal(Part):
    """One signal: what it watches, what it asks for, how an SLO file uses it, and what comes of it.

    With a title `page` there is a dashboard of all services that use it.
    """

    name: str
    description: Text
    page: str | None = None
    example: dict[str, Any]
    parameters: dict[str, Parameter]
    alerts: tuple[SignalAlert, ...] = Field(strict=False, min_length=1)
    panels: tuple[SignalPanel, ...] = Field((), strict=False)

    @property
    def runbook(self) -> str:
        """From which the runbook of its alerts is filled in, unless an SLO file names another one."""
        return f"shared/{self.name}.md"


@cache
def signal_names() -> tuple[str, ...]:
    """The names of the signals that ship with slostack."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


@cache
def library_signal(name: str) -> Signal:
    """One of them."""
    file = _FOLDER / f"{name}.yaml"
    return Signal.model_validate({**parse_yaml(file.read_text(encoding="utf-8"), file.name).data, "name": name})


def signal_library() -> dict[str, Signal]:
    """All of them, by name."""
    return {name: library_signal(name) for name in signal_names()}

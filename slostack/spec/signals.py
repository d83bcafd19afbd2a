"""The section `signals` of an SLO file: a model of each signal's parameters, made from the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, create_model

from slostack.spec.alerting import Severity
from slostack.spec.fields import AlertName, Renotify, Runbook, Text
from slostack.spec.part import Part
from slostack.spec.quantities import Duration
from slostack.spec.signal_library import Signal, SignalAlert, signal_library
from slostack.spec.signal_values import KINDS

Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=30)]


class AlertChange(Part):
    """What differs in one service from the library's alert."""

    name: AlertName | None = Field(None, description="Another CamelCase name.")
    severity: Severity | None = Field(None, description="How soon someone responds.")
    for_: Duration | None = Field(None, alias="for", description="How long it must hold before it fires.")
    summary: Text | None = Field(None, description="One line that says what is wrong.")
    description: Text | None = Field(None, description="What it means and what to look at first.")
    runbook: Runbook | None = Field(None, description="A Markdown file below runbooks/.")
    renotify: Renotify | None = Field(None, description="After what time it is notified again while it fires.")


class SignalUse(Part):
    """What every signal takes beside its own parameters."""

    prefix: Prefix | None = Field(
        None, description="Begins the names of its alerts and the titles of its graphs, to tell several uses apart."
    )
    runbook: Runbook | None = Field(None, description="The runbook of its alerts, instead of the shared one.")
    job: Text | None = Field(None, description="The job that its selectors are of, instead of all of the service's.")


def _is_mapping(value: Any) -> str:
    return "(mapping)" if isinstance(value, dict | Part) else "(other)"


def _is_list(value: Any) -> str:
    return "(list)" if isinstance(value, list | tuple) else "(mapping)"


_Change = Annotated[
    Annotated[AlertChange, Tag("(mapping)")] | Annotated[Literal["off", False], Tag("(other)")],
    Discriminator(_is_mapping),
]


def _alert_changes(signal: Signal) -> type[Part]:
    fields: dict[str, Any] = {
        alert.name: (_Change | None, Field(None, description=_said_of(alert))) for alert in signal.alerts
    }
    return create_model(f"AlertsOf_{signal.name}", __base__=Part, **fields)


def _said_of(alert: SignalAlert) -> str:
    return f"How it differs from the library's ({alert.severity}); off: not at all."


def _use(signal: Signal) -> type[SignalUse]:
    fields: dict[str, Any] = {}
    for name, parameter in signal.parameters.items():
        kind = KINDS[parameter.type]
        shown = {} if parameter.default is None else {"default": parameter.default}
        if parameter.required:
            fields[name] = (kind, Field(description=parameter.description))
        else:
            fields[name] = (kind | None, Field(None, description=parameter.description, json_schema_extra=shown))
    fields["alerts"] = (_alert_changes(signal) | None, Field(None, description="What differs here of its alerts."))
    return create_model(f"Signal_{signal.name}", __base__=SignalUse, __doc__=signal.description, **fields)


def _section() -> type[Part]:
    fields: dict[str, Any] = {}
    for signal in signal_library().values():
        use: Any = _use(signal)
        several: Any = Annotated[tuple[use, ...], Field(strict=False, min_length=1)]
        either: Any = Annotated[use, Tag("(mapping)")] | Annotated[several, Tag("(list)")]
        kind = Annotated[either, Discriminator(_is_list)]
        fields[signal.name] = (kind | None, Field(None, description=signal.description))
    return create_model("Signals", __base__=Part, __doc__="The signals that are switched on.", **fields)


if TYPE_CHECKING:
    Signals = Part
else:
    Signals = _section()

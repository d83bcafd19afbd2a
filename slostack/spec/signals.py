"""The section `signals` of an SLO file: a model of each signal's parameters, made from the library."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    Tag,
    ValidationInfo,
    create_model,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from slostack.spec.alerting import Severity
from slostack.spec.fields import AlertName, Cause, Renotify, Runbook, Text
from slostack.spec.part import Part
from slostack.spec.quantities import Duration
from slostack.spec.signal_library import Signal, SignalAlert, library_signal, signal_names
from slostack.spec.signal_values import KINDS

Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=30)]


class AlertChange(Part):
    """What differs in one service from the library's alert."""

    name: AlertName | None = Field(None, description="Another CamelCase name.")
    severity: Severity | None = Field(None, description="How soon someone responds.")
    for_: Duration | None = Field(None, alias="for", description="How long it must hold before it fires.")
    keep_firing_for: Duration | None = Field(
        None, description="How long it goes on firing once it holds no longer: what comes and goes is one alert."
    )
    summary: Text | None = Field(None, description="One line that says what is wrong.")
    description: Text | None = Field(None, description="What it means and what to look at first.")
    runbook: Runbook | None = Field(None, description="A Markdown file below runbooks/.")
    renotify: Renotify | None = Field(None, description="After what time it is notified again while it fires.")
    silenced_by: tuple[Cause, ...] | None = Field(
        None,
        strict=False,
        description="Further alerts of the service, or `ErrorBudgetBurn <slo>`, that tell the cause.",
    )


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


class Signals(Part):
    """The signals that are switched on."""

    def uses_of(self, name: str) -> tuple[SignalUse, ...] | SignalUse | None:
        """One use of a signal, or a list of them, as the file has it."""
        uses: tuple[SignalUse, ...] | SignalUse | None = getattr(self, name, None)
        return uses


@cache
def signals_model(names: frozenset[str]) -> type[Signals]:
    """The model of a section that takes these signals."""
    fields: dict[str, Any] = {}
    for name in sorted(names):
        signal = library_signal(name)
        use: Any = _use(signal)
        several: Any = Annotated[tuple[use, ...], Field(strict=False, min_length=1)]
        either: Any = Annotated[use, Tag("(mapping)")] | Annotated[several, Tag("(list)")]
        kind = Annotated[either, Discriminator(_is_list)]
        fields[name] = (kind | None, Field(None, description=signal.description))
    return create_model("Signals", __base__=Signals, __doc__=Signals.__doc__, **fields)


def every_signal() -> type[Signals]:
    """The model of a section that takes the whole library."""
    return signals_model(frozenset(signal_names()))


def _validated(value: Any, info: ValidationInfo) -> Signals:
    if isinstance(value, Signals):
        return value
    named = {key for key in value if isinstance(key, str)} if isinstance(value, dict) else set()
    return signals_model(frozenset(named.intersection(signal_names()))).model_validate(value, context=info.context)


class _AsNamed:
    """A section is validated by the models of the signals that it names: the library's others are never made."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(_validated)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        model = every_signal()
        model.model_rebuild()
        return handler(model.__pydantic_core_schema__)


SwitchedOn = Annotated[Signals, _AsNamed()]

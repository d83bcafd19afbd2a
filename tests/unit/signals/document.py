"""docs/signals.md, made from the library: `python -m tests.unit.signals.document` writes it anew."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slostack import names, plain_yaml
from slostack.dashboards.naming import words_within
from slostack.spec.signal_library import Parameter, Signal, SignalAlert, signal_library

DOCUMENT = Path(__file__).parents[3] / "docs/signals.md"
HEAD = """\
# Signals

The building blocks of a service's monitoring, as data in `slostack/signals/`. \
An SLO file [switches them on](slo-files.md#signals) by their names; `slostack new` begins with some. \
What an alert watches is drawn on the service's dashboard, against its threshold. \
Its `for` is half a minute more at least than the time between two scrapes, so that one that fails alerts nobody. \
One that others silence [doesn't begin](alerting.md#causes-silence-symptoms) while any of them fires, \
nor as long after as it sees what that did; where it fires already, it goes on. \
In what alerts say, and in the shared runbooks, which are [filled in](slo-files.md#runbooks) for each service, \
`$name` stands for a parameter.

| signal | what it watches |
|---|---|
"""
PAGES = "pages of SLOs that count the same errors"
KINDS = {
    "selector": "selector",
    "histogram": "histogram, by its base name",
    "amount": "number, or selector of a gauge",
    "seconds": "seconds (0.2) or duration (200ms, 60s)",
    "quantile": "number (0.95)",
    "size": "size (800MB, 2GiB)",
    "percentage": "percentage (5%)",
    "limit": "percentage, or more than one (80%, above 80%)",
    "labels": "list of labels",
    "expr": "PromQL",
    "probe": "name of a probe",
}


def document() -> str:
    """The whole text."""
    signals = signal_library().values()
    index = "".join(f"| [`{signal.name}`](#{signal.name}) | {signal.description} |\n" for signal in signals)
    return HEAD + index + "".join(f"\n{section}" for signal in signals for section in ["\n".join(_section(signal))])


def example(signal: Signal) -> str:
    """A signal's example as a part of an SLO file."""
    if not signal.example:
        return f"signals:\n  {signal.name}: {{}}"
    used = plain_yaml.dump(signal.example, width=200).rstrip()
    return f"signals:\n  {signal.name}:\n{textwrap.indent(used, '    ')}"


def _section(signal: Signal) -> Iterator[str]:
    yield f"## {signal.name}\n\n{signal.description}.\n\n```yaml\n{example(signal)}\n```\n"
    yield "| parameter | default | what it is |\n|---|---|---|"
    for name, parameter in signal.parameters.items():
        kind = KINDS.get(parameter.type, parameter.type)
        yield f"| `{name}` | {_default(parameter)} | {parameter.description} ({kind}) |"
    yield "\n| alert | severity | for | needs | what it says |\n|---|---|---|---|---|"
    for alert in signal.alerts:
        needs = ", ".join(f"`{name}`" for name in needed(signal, alert))
        yield f"| {alert.name} | {alert.severity} | {alert.for_ or ''} | {needs} | {alert.description} |"
    if silenced := [alert for alert in signal.alerts if alert.silenced_by]:
        yield ""
        for alert in silenced:
            yield f"- {alert.name} is silenced by {_causes(alert)}."
    if signal.panels:
        yield f"\nIts further graphs: {', '.join(words_within(panel.title) for panel in signal.panels)}."
    yield f"\nRunbook: [{signal.runbook}](../runbooks/{signal.runbook})\n"


def _causes(alert: SignalAlert) -> str:
    named = [PAGES if cause == names.BURN_ALERT else cause for cause in alert.silenced_by]
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))


def _default(parameter: Parameter) -> str:
    if parameter.default is None:
        return "required" if parameter.required else ""
    value: Any = parameter.default
    if parameter.type == "expr":
        return "see the library"
    return f"`{', '.join(value) if isinstance(value, list) else value}`"


def needed(signal: Signal, alert: SignalAlert) -> list[str]:
    """The parameters without a default that an alert reads, directly or not."""
    found: list[str] = []
    pending, seen = [alert.expr + alert.summary + alert.description], set[str]()
    while pending:
        text = pending.pop()
        for name, parameter in signal.parameters.items():
            if name not in seen and any(f"${name}{end}" in f"{text} " for end in ENDS):
                seen.add(name)
                if parameter.default is None and parameter.type != "probe":
                    found.append(name)
                elif isinstance(parameter.default, str):
                    pending.append(parameter.default)
    return found


ENDS = (" ", "[", "{", ")", ",", ".", ";", "_bucket", "_seconds", "_reached", '"', "\n")
"""What may follow a placeholder."""

if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")

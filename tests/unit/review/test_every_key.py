"""Whatever is edited in an SLO file, the review names it: every key of the model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from slostack.review.compare import service_part
from slostack.spec import Service, parse_service
from slostack.spec.policy import Policy
from slostack.spec.signal_library import Signal, signal_library
from slostack.spec.signals import Signals
from tests.unit.spec.switching_on import slo_file

FULL = """\
service: api
description: <An API -> A web API>
team: <core -> web>
notify: {slack: <true -> false>, pagerduty: <true -> false>, sms: <true -> false>}
links: {docs: <https://a.example -> https://b.example>}
scrape:
  - {job: <api -> web>, path: </metrics -> /m>, interval: <15s -> 30s>, timeout: <10s -> 5s>}
probes:
  - name: <health -> ready>
    path: </health -> /ready>
    interval: <60s -> 30s>
    timeout: <10s -> 5s>
    status: [<200 -> 204>]
    body_limit: <1kB -> 2kB>
    body_has: <ok -> up>
    body_lacks: <error -> fault>
  - {name: port, kind: <tls -> tcp>}
needs: [<postgres -> redis>, json]
json_metrics:
  - name: <jobs -> tasks>
    path: '<{ .a } -> { .b }>'
    type: <gauge -> counter>
    help: <Jobs -> Tasks>
    labels: {kind: <a -> b>}
error_budget_policy: {warn_below: <25 -> 30>, freeze_below: <0 -> 10>}
attested:
  logging: {date: <2026-10-02 -> 2026-10-03>, link: <https://a.example -> https://b.example>}
coverage:
  worker: {name: <W -> V>, series: [<a -> b>]}
  redis: <none -> {}>
signals: <{} -> {up: {runbook: api/a.md}}>
slos:
  - name: <first -> other>
    description: <It answers -> It works>
    objective: <99 -> 99.5>
    window: <30d -> 28d>
    sli: {events: {bad: <b -> c>, total: <t -> s>}, up: <up -> alive>}
    group_by: [<route -> region>]
    group_limit: <5 -> 6>
    labels: {journey: <pay -> buy>}
    page_labels: {key: <a -> b>}
    ticket_labels: {key: <a -> b>}
    annotations: {log: <a -> b>}
    maintenance: [{cron: <0 2 * * SUN -> 0 3 * * SUN>, duration: <1h -> 2h>}]
    alerting:
      policy: <google -> workbook>
      page: <critical -> high>
      ticket: <medium -> low>
      least_failures: <3 -> 4>
      absence: {for: <10m -> 15m>, severity: <high -> low>}
      spent: {share: <100 -> 50>, severity: <medium -> low>}
      silenced_by: [<Away -> Far>]
    error_budget_policy: {warn_below: <20 -> 30>, freeze_below: <5 -> 10>}
    runbook: <api/a.md -> api/b.md>
log_counts:
  - name: <lines -> rows>
    query: '{job="<api -> web>"}'
    by: [<kind -> type>]
    window: <5m -> 10m>
    at_least: <1 -> 2>
alerts:
  - name: <Slow -> Late>
    expr: <a -> b> > 1
    for: <1m -> 2m>
    keep_firing_for: <5m -> 10m>
    severity: <low -> medium>
    summary: <It is slow -> It is late>
    description: <Much -> Little>
    runbook: <api/a.md -> api/b.md>
    silenced_by: [<Away -> Far>]
    renotify: <1h -> 2h>
  - {name: Gone, expr: c, severity: low, summary: S, runbook: api/a.md, notice: <false -> true>}
  - {name: Away, expr: d, severity: critical, summary: S, runbook: api/a.md}
  - {name: Far, expr: e, severity: critical, summary: S, runbook: api/a.md}
panels:
  - title: <Orders -> Sales>
    description: <A day -> An hour>
    unit: <short -> s>
    lines: [{expr: <a -> b>, legend: <now -> then>}]
"""
OF_SLI = """\
service: api
description: D
team: t
slos: [{name: s, description: D, objective: 99, sli: {SLI}, runbook: api/a.md}]
"""
SLIS = (
    "<events: {bad: b, total: t} -> uptime: up>",
    "events: {good: <g -> h>, total: t}",
    "latency: {histogram: <h -> i>, threshold: <1 -> 2>, buckets: [1, 2, <3 -> 4>]}",
    "latency: {native_histogram: <h -> i>, threshold: 1}",
    "uptime: <up -> alive>",
    "slices: {length: <5m -> 10m>, quantile: <0.5 -> 0.9>, histogram: <h -> i>, below: <1 -> 2>}",
    "slices: {quantile: 0.5, native_histogram: <h -> i>, at_most: <1 -> 2>}",
    "slices: {bad: <b -> c>, total: <t -> s>, above: <0.5 -> 0.6>}",
    "slices: {good: <g -> h>, total: t, at_least: <0.5 -> 0.6>}",
    "slices: {value: 'max(<a -> b>)', below: 1}",
    """logs: {bad: '{a="b"} |= "<e -> f>"', total: '{a="<b -> c>"}'}""",
    "queries: {bad: 'sum(increase(<b -> c>[$window]))', total: 'sum(increase(<t -> s>[$window]))'}",
    "queries: {error_ratio: 'avg_over_time(<x -> y>[$window])'}",
    "<latency: {histogram: h, threshold: 1} -> slices: {value: max(a), below: 1}>",
    "<logs: {bad: '{a=\"b\"} |= \"e\"', total: '{a=\"b\"}'} -> queries: {error_ratio: 'avg_over_time(x[$window])'}>",
)
FILES = [FULL, *(OF_SLI.replace("SLI", sli) for sli in SLIS)]
_EDIT = re.compile("<(?P<before>[^<>]*) -> (?P<after>[^>]*)>")
EDITS = [(text, nth) for text in FILES for nth in range(len(_EDIT.findall(text)))]
PARAMETERS = [
    (signal, key)
    for signal in signal_library().values()
    for key in (*signal.parameters, "prefix", "runbook", "job", "alerts")
]
OTHER_VALUES: dict[str, Any] = {
    "selector": 'other{a="b"}',
    "histogram": "other_seconds",
    "amount": 77,
    "number": 77,
    "quantile": 0.77,
    "percentage": "77%",
    "limit": "above 77%",
    "size": "77MB",
    "seconds": "77s",
    "duration": "77m",
    "labels": ["other"],
    "label": "other",
    "probe": "other",
    "text": "other",
    "expr": "other > 77",
    "prefix": "Other",
    "runbook": "api/other.md",
    "job": "other",
}
"""By the type of a signal's parameter."""


@cache
def with_edit(text: str, nth: int | None) -> Service:
    """A file with one of its edits, or with none."""
    numbers = iter(range(len(EDITS)))
    written = _EDIT.sub(lambda edit: edit["after"] if next(numbers) == nth else edit["before"], text)
    return parse_service(written, "slos/api.yaml")


def names_something(old: Service, new: Service) -> bool:
    assert old != new
    return any(section.changes for part in service_part("api", old, new) for section in part.sections)


@pytest.mark.parametrize(("text", "nth"), EDITS, ids=lambda each: str(each)[:9])
def test_an_edit_is_named(text: str, nth: int) -> None:
    assert names_something(with_edit(text, None), with_edit(text, nth))


def test_every_key_of_the_model_is_edited() -> None:
    edited = {key for text, nth in EDITS for key in different(with_edit(text, None), with_edit(text, nth))}
    assert set(keys_of(Service)) - edited == {"Service.service"}, "what another file is of isn't edited"


def keys_of(model: type[BaseModel]) -> Iterator[str]:
    """The keys of a model and of those below it, as far as each is a class of its own."""
    for name, field in model.model_fields.items():
        yield f"{model.__name__}.{name}"
        for below in models_in(field.annotation):
            yield from keys_of(below)


def models_in(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in (Signals, Policy):
        yield kind
    for argument in get_args(kind):
        yield from models_in(argument)


def different(old: Any, new: Any) -> Iterator[str]:
    """The keys in which two values differ."""
    if isinstance(old, BaseModel) and type(old) is type(new):
        for name in type(old).model_fields:
            before, after = getattr(old, name), getattr(new, name)
            if before != after:
                yield f"{type(old).__name__}.{name}"
                yield from different(before, after)
    elif isinstance(old, tuple) and isinstance(new, tuple):
        for before, after in zip(old, new, strict=False):
            yield from different(before, after)
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() & new.keys():
            yield from different(old[key], new[key])


@pytest.mark.parametrize(("signal", "key"), PARAMETERS, ids=lambda each: getattr(each, "name", each))
def test_an_edit_of_a_signal_is_named(signal: Signal, key: str) -> None:
    parameter = signal.parameters.get(key)
    value = OTHER_VALUES[parameter.type if parameter else key] if key != "alerts" else {signal.alerts[0].name: "off"}
    old, new = (of_signal(signal, use) for use in ({}, {key: value}))
    assert names_something(old, new)


def of_signal(signal: Signal, changed: dict[str, Any]) -> Service:
    probes = [{"name": "health", "path": "/health"}, {"name": "other", "path": "/other"}]
    text = slo_file({signal.name: {**signal.example, **changed}}, probes=probes)
    return parse_service(text, "slos/shop.yaml")


def test_a_signals_edit_that_no_alert_and_no_graph_follows_from_is_named() -> None:
    """Of what its only alert would be told by, were it not off."""
    everything_off = {"ServiceDown": "off", "InstanceDown": "off"}
    files = (slo_file({"up": {"runbook": runbook, "alerts": everything_off}}) for runbook in ("a.md", "b.md"))
    (part,) = service_part("shop", *(parse_service(text, "slos/shop.yaml") for text in files))
    ((section,),) = (part.sections,)
    (change,) = section.changes
    assert (section.title, change.name) == ("Service", "signal up")
    assert [(each.field, each.before, each.after) for each in change.details] == [
        ("runbook", "a.md", "b.md"),
        ("no alert and no graph", None, None),
    ]

"""Rules and dashboards read what the services expose: no metric and no label besides."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from slostack.dashboards import render_service_dashboard
from slostack.rules import service_groups
from slostack.spec import Service
from tests.unit.coverage.answers import services
from tests.unit.coverage.rows import Audit, Metrics, audits, known_of_every_service
from tests.unit.dashboards.reading import Json, panels, promql, read
from tests.unit.promql import metric_names, selectors

RECORDED = ("slo:", "signal:", "log:", "ALERTS")
OF_EACH_SERIES = {"job", "instance", "le"}
_OF_HISTOGRAM = re.compile("_(bucket|count|sum)$")
EACH_AUDIT = pytest.mark.parametrize("audit", audits(), ids=lambda audit: audit.service)


def dashboard(service: Service) -> Json:
    return read(render_service_dashboard(service))


def exprs(service: Service) -> list[str]:
    """Every query of the service's dashboard and rules."""
    return promql(dashboard(service)) + [rule.expr for group in service_groups(service) for rule in group.rules]


def exposed(audit: Audit) -> Metrics:
    return known_of_every_service() | audit.metrics


def labels_of(metric: str, known: Metrics) -> set[str] | None:
    """The labels of a metric, or of the histogram that it is a part of; None where there is none."""
    if (labels := known.get(metric)) is None:
        labels = known.get(_OF_HISTOGRAM.sub("", metric), ())
        return {*labels, *OF_EACH_SERIES} if "le" in labels else None
    return {*labels, *OF_EACH_SERIES} if "le" not in labels else None


def unknown(expr: str, known: Metrics) -> Iterator[str]:
    """What an expression reads that isn't exposed."""
    for selector in selectors(expr):
        name = selector.name or ""
        if name.startswith(RECORDED):
            continue
        labels = labels_of(name, known)
        yield from [name] if labels is None else []
        yield from (f"{name}{{{m.name}}}" for m in selector.matchers.matchers if m.name not in (labels or {m.name}))


@EACH_AUDIT
def test_queries_read_what_the_service_exposes(audit: Audit) -> None:
    found = {each for expr in exprs(services()[audit.service]) for each in unknown(expr, exposed(audit))}
    assert found == set()


@EACH_AUDIT
def test_legends_name_labels_that_what_is_read_has(audit: Audit) -> None:
    known = exposed(audit)
    graphs = [panel for panel in panels(dashboard(services()[audit.service])) if panel["type"] == "timeseries"]
    assert len(graphs) > 20
    for panel in graphs:
        for query in panel["targets"]:
            metrics = metric_names(query["expr"].replace("$__rate_interval", "5m"))
            labels = [labels_of(name, known) or set() for name in metrics if not name.startswith(RECORDED)]
            if labels:
                named = set(re.findall(r"\{\{(\w+)\}\}", query["legendFormat"]))
                assert named <= set().union(*labels), panel["title"]


@EACH_AUDIT
def test_what_is_exposed_is_read(audit: Audit) -> None:
    names = {name for expr in exprs(services()[audit.service]) for name in metric_names(expr)}
    read = names | {_OF_HISTOGRAM.sub("", name) for name in names}
    assert set(audit.metrics) - read == ({"circuit_breaker_state"} if audit.service == "stolen-tee" else set())


def test_what_is_not_exposed_is_noticed() -> None:
    known: Metrics = {"requests_total": ("status",), "seconds": ("route", "le")}
    right = 'sum(rate(requests_total{job="a",status="500"}[5m])) / sum(seconds_count{route="/"}) + slo:info'
    assert list(unknown(right, known)) == []
    assert list(unknown('requests_total{code="500"} / seconds / request_total', known)) == [
        "request_total",
        "seconds",
        "requests_total{code}",
    ]

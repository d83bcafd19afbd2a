"""The variables of a service's dashboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slostack.dashboards.variables import Variable, places
from slostack.spec import EventRatio, LatencyRatio, Matcher, Selector, Service, Slo
from slostack.spec.syntax import parse_promql, vector_selectors

INSTANCE = "instance"
ROUTE = "route"
_NAMES_ROUTE = re.compile(rf"\b{ROUTE}\b")
_OF_HISTOGRAM = re.compile("_(?:bucket|count|sum)$")


def service_variables(service: Service) -> list[Variable]:
    """The place and instance; and route, where the service's file tells some metrics apart by it."""
    jobs = [scrape.job for scrape in service.scrape] or [service.service]

    def is_own(selector: Selector) -> bool:
        of_jobs = [matcher for matcher in selector.matchers if matcher.label == "job"]
        named = any(not matcher.operator.startswith("!") for matcher in of_jobs)
        return named and any(all(matcher.selects(job) for matcher in of_jobs) for job in jobs)

    instance = Variable(INSTANCE, f"up{{{service.job_matcher}}}", "Instance", is_own)
    routed = sorted({_OF_HISTOGRAM.sub("", metric) for metric in _with_routes(service)})
    if not routed:
        return [*places(), instance]

    def has_routes(selector: Selector) -> bool:
        return is_own(selector) and _OF_HISTOGRAM.sub("", selector.metric) in routed

    named = Matcher("__name__", "=~", f"({'|'.join(routed)})(_count)?")
    among = f"{{{named},{service.job_matcher},{instance.matcher}}}"
    return [*places(), Variable(ROUTE, among, "Route", has_routes), instance]


def _with_routes(service: Service) -> Iterator[str]:
    """The metrics that the service's file tells apart by route."""
    yield from (metric for slo in service.slos if ROUTE in slo.group_by for metric in _counted(slo))
    exprs = (
        *(alert.expr for alert in service.alerts),
        *(line.expr for panel in service.panels for line in panel.lines),
    )
    for expr in exprs:
        if _NAMES_ROUTE.search(expr):
            yield from (selector.name or "" for selector in vector_selectors(parse_promql(expr)))


def _counted(slo: Slo) -> tuple[str, ...]:
    match slo.sli.kind:
        case EventRatio(total=total):
            return (total.metric,)
        case LatencyRatio() as latency:
            return (latency.source.metric,)
    return ()

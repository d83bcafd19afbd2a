"""Whether a Prometheus has what SLOs are judged by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from slostack.files import shown_path
from slostack.instant_query import instant_query
from slostack.spec import Problem, Selector, Service, Slo
from slostack.spec.explain import dotted
from slostack.spec.source import KeyPath, parse_yaml, read_text


def unseen(root: Path, services: Mapping[Path, Service], prometheus: str) -> tuple[Problem, ...]:
    """Notes on selectors of SLOs, by SLO file, of which a Prometheus (by its URL) has no series now. Bad events may
    have none. Raises SlostackError where it can't be asked."""
    found: list[Problem] = []
    for path, service in services.items():
        shown = shown_path(path, root)
        source = parse_yaml(read_text(path, shown), shown)
        for index, slo in enumerate(service.slos):
            for key, selector in _needed(slo):
                if not instant_query(prometheus, f"count({selector})"):
                    where = ("slos", index, "sli", *key)
                    found.append(source.problem(where, f"{dotted(where)}: no series of {selector} in {prometheus}"))
    return tuple(found)


def _needed(slo: Slo) -> Iterator[tuple[KeyPath, Selector]]:
    sli = slo.sli
    if sli.events:
        yield ("events", "total"), sli.events.total
        if sli.events.good:
            yield ("events", "good"), sli.events.good
    if sli.latency and sli.latency.native_histogram:
        yield ("latency", "native_histogram"), sli.latency.native_histogram
    if sli.uptime:
        yield ("uptime",), sli.uptime
    if sli.up:
        yield ("up",), sli.up

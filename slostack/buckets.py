"""Whether latency thresholds are bounds of the buckets that a Prometheus really has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isinf
from pathlib import Path

from slostack.files import shown_path
from slostack.instant_query import instant_query
from slostack.spec import Problem, Selector, Service, SpecError
from slostack.spec.sli import nearest_bounds
from slostack.spec.source import Source, parse_yaml, read_text


def check_buckets(root: Path, services: Mapping[Path, Service], prometheus: str) -> tuple[Problem, ...]:
    """Compares the thresholds of classic histograms, for which the SLO file lists no buckets, with those that a
    Prometheus (by its URL) has now; raises SpecError with those between two buckets.

    Returns notes on histograms that it has no series of. Raises SlostackError where it can't be asked.
    """
    problems: list[Problem] = []
    notes: list[Problem] = []
    for path, service in services.items():
        for index, histogram, threshold in _unchecked(service):
            bounds = _bounds(prometheus, histogram)
            if threshold in bounds:
                continue
            where = ("slos", index, "sli", "latency", "threshold" if bounds else "histogram")
            if bounds:
                found = f"{threshold:.12g}, which is no bucket bound of {histogram}"
                what = f"{found}, expected one, such as the nearest, {nearest_bounds(threshold, bounds)}"
            else:
                what = f"no buckets of {histogram} in {prometheus}, so the threshold isn't checked"
            said = _source(path, root).problem(where, f"slos[{index}].sli.latency.{where[-1]}: {what}")
            (problems if bounds else notes).append(said)
    if problems:
        raise SpecError(tuple(problems))
    return tuple(notes)


def _unchecked(service: Service) -> Iterator[tuple[int, Selector, float]]:
    for index, slo in enumerate(service.slos):
        latency = slo.sli.latency
        if latency and latency.histogram and latency.buckets is None:
            yield index, latency.histogram, latency.threshold


def _bounds(prometheus: str, histogram: Selector) -> tuple[float, ...]:
    """The finite bounds of a histogram's buckets that have samples within the last minutes."""
    buckets = Selector(f"{histogram.metric}_bucket", histogram.matchers)
    found = [float(sample.labels["le"]) for sample in instant_query(prometheus, f"count by (le) ({buckets})")]
    return tuple(bound for bound in found if not isinf(bound))


def _source(path: Path, root: Path) -> Source:
    shown = shown_path(path, root)
    return parse_yaml(read_text(path, shown), shown)

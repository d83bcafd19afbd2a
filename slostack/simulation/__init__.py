"""What alerts do over days and months, found in minutes: rules in simulated time on Prometheus' own packages."""

from slostack.simulation.result import Result, Sample, Transition
from slostack.simulation.scenario import (
    DAY,
    START,
    Counters,
    Gauge,
    Histogram,
    Incident,
    Query,
    Scenario,
    ScrapeFailures,
    Scraping,
    SkippedEvaluations,
    Span,
    Target,
    Traffic,
)
from slostack.simulation.simulate import Recording, record, recorded, replay, simulate

__all__ = [
    "DAY",
    "START",
    "Counters",
    "Gauge",
    "Histogram",
    "Incident",
    "Query",
    "Recording",
    "Result",
    "Sample",
    "Scenario",
    "ScrapeFailures",
    "Scraping",
    "SkippedEvaluations",
    "Span",
    "Target",
    "Traffic",
    "Transition",
    "record",
    "recorded",
    "replay",
    "simulate",
]

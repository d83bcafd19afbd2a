"""A past made up of arrays: events of every half minute, what is recorded of them, and a Prometheus that holds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from slostack import names
from slostack.backtest.fetch import short_windows
from slostack.backtest.history import Floats, History, Times, milliseconds
from slostack.backtest.prometheus import Prometheus, Query, Series
from slostack.backtest.recorded import COUNT_HEARTBEAT, HEARTBEAT
from slostack.backtest.subjects import Version
from slostack.spec import Duration, parse_service
from tests.unit.spec.files import RIGHT

START = 1_800_000_000_000
"""Unix milliseconds; a Friday morning."""
STEP, COUNT_STEP = 30_000, 300_000
HOUR = 120
"""In evaluations."""


def version(text: str = RIGHT, **slo: Any) -> Version:
    """The SLO of a file, with other values of some fields."""
    service = parse_service(text, "api.yaml")
    return Version(service, service.slos[0].model_copy(update=slo))


def history(of: Version, events: Floats, bad: Floats) -> History:
    """What an SLO records of the events of each evaluation's half minute."""
    at = START + STEP * np.arange(1, len(events) + 1)
    rates, ratios = {}, {}
    for window in short_windows([of]):
        total, failed = (_over(counts, window.seconds // 30) for counts in (events, bad))
        with np.errstate(invalid="ignore"):
            rates[window], ratios[window] = total / window.seconds, np.where(total > 0, failed / total, np.nan)
    every = COUNT_STEP // STEP
    counts = [_over(counts, every)[every - 1 :: every] for counts in (bad, events)]
    return History((), at, ratios, rates, at[every - 1 :: every], *counts)


def _over(values: Floats, steps: int) -> Floats:
    sums = np.concatenate(([0.0], np.cumsum(values)))
    ends = np.arange(1, len(values) + 1)
    return sums[ends] - sums[np.maximum(ends - steps, 0)]


@dataclass(frozen=True)
class HoldsRecorded(Prometheus):
    """Answers what is asked about recorded series, and nothing about raw ones."""

    series: Mapping[str, tuple[Times, Floats]] = field(default_factory=dict)
    samples: list[int] = field(default_factory=list)
    """How many were given by each answer."""

    def ask(self, queries: Sequence[Query]) -> list[list[Series]]:
        answers = [list(self._answers(query)) for query in queries]
        self.samples.extend(sum(len(series.times) for series in answer) for answer in answers)
        return answers

    def _answers(self, query: Query) -> list[Series]:
        if query.step:
            function = re.fullmatch(r"(?:max\()?(\w+)_over_time\(([\w:]+)\{.*\}\[1h\]\)+", query.expr)
            return [self._hourly(query, *function.groups())] if function else []
        wanted = re.match(r'\{__name__=~"([^"]+)"|([\w:]+)\{', query.expr)
        assert wanted, query.expr
        found = []
        for name, (times, values) in self.series.items():
            within = (times > query.start) & (times <= query.end) & ~np.isnan(values)
            if re.fullmatch(wanted[1] or wanted[2], name) and within.any():
                found.append(Series({"__name__": name}, times[within], values[within]))
        return found

    def _hourly(self, query: Query, function: str, name: str) -> Series:
        assert query.step == 3_600_000
        ends, (times, values) = np.arange(query.start + query.step, query.end + 1, query.step), self.series[name]
        reduce: Callable[[Floats], float] = len if function == "count" else np.max
        given = [(end, values[(times > end - query.step) & (times <= end) & ~np.isnan(values)]) for end in ends]
        kept = [(end, float(reduce(part))) for end, part in given if len(part)]
        return Series({}, np.array([at for at, _ in kept], np.int64), np.array([value for _, value in kept]))


def holding(past: History, missed: np.ndarray[Any, np.dtype[np.bool_]]) -> HoldsRecorded:
    """A Prometheus that recorded a history, but for the evaluations that were missed."""
    at = past.evaluated[~missed]
    series = {HEARTBEAT: (at, np.ones(len(at))), COUNT_HEARTBEAT: (past.counted, past.events)}
    series |= {names.error_ratio(window): (at, values[~missed]) for window, values in past.ratios.items()}
    series |= {names.event_rate(window): (at, values[~missed]) for window, values in past.rates.items()}
    series |= {names.BAD_EVENTS: (past.counted, past.bad), names.EVENTS: (past.counted, past.events)}
    return HoldsRecorded("http://made.up", series=series)


def window(text: str) -> Duration:
    """A length of time."""
    return Duration.parse(text)


assert milliseconds(names.EVALUATION_INTERVAL) == STEP

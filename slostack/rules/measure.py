"""What an SLI counts, as PromQL: the rate of its events over a window, and their number in a span that has passed.

Each kind of SLI is a pair of measures, of all events and of the bad (or good) ones; the rules know nothing else of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from slostack import names
from slostack.rules import logs
from slostack.rules.grouping import SEEN, Grouping
from slostack.rules.uncounted import LONGEST_GAP, MARGIN, Uncounted
from slostack.spec.quantities import Duration, Selector, WindowedPromQL
from slostack.spec.service import Service
from slostack.spec.sli import EventRatio, LatencyRatio, LogRatio, QueryRatio, Uptime
from slostack.spec.slices import TimeSlices
from slostack.spec.slo import Slo

LOOKBACK = Duration(15 * 60)
"""How long a counter may go unscraped before its increase meanwhile is lost."""
_PRESENT = Duration(300)
"""How lately the series of a label set must have been seen."""
_NO_TIME = Duration(0)
_MINUTE = Duration(60)
NEWEST = Duration(names.TIER_INTERVAL.seconds + names.EVALUATION_INTERVAL.seconds)
"""A count of five minutes is found in it, even while the next one is under way."""
_HISTOGRAM_COUNT = "histogram_count({0})"


@dataclass(frozen=True)
class Measure:
    """One number of events."""

    rate: Callable[[Duration], str]
    """Events per second over a window, aggregated."""
    count: Callable[[Duration, Duration], str]
    """Events per series over a span that ended an offset ago; NaN or negative where a series tells nothing."""
    count_since: Callable[[Uncounted, Duration], str]
    """Events per series that are not counted yet, up to an offset ago; nothing where no count was missed."""


@dataclass(frozen=True)
class Measures:
    """All events of an SLI, and a part of them: the bad ones or the good ones."""

    total: Measure
    part: Measure
    part_is_good: bool
    present: str
    """Something for each label set whose series exist, idle ones too; the more, the busier. Never NaN."""
    looks_back: Duration
    """How far before its span a count can reach: to the scrape before it, a slice's start, or the age of log lines."""


def measures(service: Service, slo: Slo, by: Grouping, identity: str) -> Measures:
    """The measures of an SLO's SLI."""
    scrape = service.scrape_interval
    match slo.sli.kind:
        case EventRatio(bad=Selector() as bad, total=total):
            return _of_counters(total, bad, by, scrape, part_is_good=False)
        case EventRatio(good=Selector() as good, total=total):
            return _of_counters(total, good, by, scrape, part_is_good=True)
        case LatencyRatio(histogram=Selector()) as latency:
            return _of_counters(latency.total, latency.good, by, scrape, part_is_good=True)
        case LatencyRatio(native_histogram=Selector() as native, threshold=threshold):
            within = f"histogram_fraction(-Inf, {threshold:.12g}, {{0}}) * histogram_count({{0}})"
            every, fast = _counter(native, by, scrape, _HISTOGRAM_COUNT), _counter(native, by, scrape, within)
            return _measures(every, fast, scrape, part_is_good=True)
        case Uptime(gauge=gauge):
            step = service.interval_of(gauge).seconds
            return _measures(_watched(gauge, step, by), _down(gauge, step, by))
        case TimeSlices() as slices:
            value, present = slice_value(slices, by), f"({_slices_present(slices, by)} >= 0)"
            operator, limit = slices.bad_comparison
            is_bad = f"{value} {operator} bool {limit:.12g}"
            return Measures(
                _slices("count_over_time", value, f" or 0 * {present}", slices, names.EVENTS, by, identity),
                _slices("sum_over_time", is_bad, "", slices, names.BAD_EVENTS, by, identity),
                part_is_good=False,
                present=present,
                looks_back=slices.length,
            )
        case LogRatio():
            lines = _lines(names.LOG_EVENTS, by, identity, quiet=_quiet_lines(by, identity))
            return _measures(lines, _lines(names.LOG_BAD_EVENTS, by, identity), logs.AGE)
        case QueryRatio(bad=WindowedPromQL() as bad, total=WindowedPromQL() as total):
            return _measures(_query(total, by), _query(bad, by))
        case QueryRatio(error_ratio=WindowedPromQL() as ratio):
            watched = _time_of(ratio, by, "0 * {0} + 1", lambda window: f" or 0 * {_asked(ratio, window, by)}")
            down = _time_of(ratio, by, "{0}", lambda _: "")
            return Measures(watched, down, False, _asked(ratio, _PRESENT, by), _NO_TIME)
    raise AssertionError(slo.sli)


def _measures(
    total: Measure, part: Measure, looks_back: Duration = _NO_TIME, *, part_is_good: bool = False
) -> Measures:
    return Measures(total, part, part_is_good, f"({total.rate(_PRESENT)} >= 0)", looks_back)


def _of_counters(total: Selector, part: Selector, by: Grouping, scrape: Duration, *, part_is_good: bool) -> Measures:
    return _measures(_counter(total, by, scrape), _counter(part, by, scrape), scrape, part_is_good=part_is_good)


def _counter(counter: Selector, by: Grouping, scrape: Duration, value: str = "{0}") -> Measure:
    """The difference of its last values, which survives failed scrapes, late commits and pods that come and go;
    where a counter was reset, or is younger than the span, `increase`. `value` turns a histogram into a number."""

    def count(span: Duration, offset: Duration) -> str:
        before, watched = Duration(span.seconds + offset.seconds), Duration(span.seconds + MARGIN.seconds)
        last = value.format(f"last_over_time({counter}[{LOOKBACK}] offset {offset})")
        first = value.format(f"last_over_time({counter}[{LOOKBACK}] offset {before})")
        grown = value.format(f"increase({counter}[{span}] offset {offset})")
        return f"  ({last} - {first} >= 0)\n  unless resets({counter}[{watched}] offset {offset}) > 0\n  or {grown}"

    def count_since(uncounted: Uncounted, offset: Duration) -> str:
        last = value.format(f"last_over_time({counter}[{LONGEST_GAP}] offset {offset})")
        step = max(scrape, names.EVALUATION_INTERVAL)
        # The first step is half a step early or half a step late, so that neither too much nor too little is counted.
        since = uncounted.of(value.format(counter), step, offset, -(step.seconds // 2) - 1)
        reset = f"resets({counter}[{LONGEST_GAP}] offset {offset}) > 0"
        return f"  {last} - min_over_time({since})\n  unless {reset}\n  or increase({since})"

    return Measure(lambda window: _rate(counter, window, by, value), count, count_since)


def _rate(counter: Selector, window: Duration, by: Grouping, value: str = "{0}") -> str:
    """The rate of a counter, aggregated; `value` turns a histogram into a number."""
    summed = by.sum(f"rate({counter}[{window}])")
    return summed if value == "{0}" else value.format(summed)


def _watched(gauge: Selector, step: int, by: Grouping) -> Measure:
    """The seconds for which gauges were watched: each sample stands for the time to the next."""
    return Measure(
        lambda window: f"{by.sum(f'count_over_time({gauge}[{window}])')} * {step} / {window.seconds}",
        lambda span, offset: f"  {step} * count_over_time({gauge}[{span}] offset {offset})",
        lambda uncounted, offset: f"  {step} * count_over_time({_scraped(gauge, step, uncounted, offset)})",
    )


def _down(gauge: Selector, step: int, by: Grouping) -> Measure:
    """The seconds for which gauges were not 1; a gauge that was NaN or above 1 tells nothing."""

    def zeros(samples: str) -> str:
        return f"count_over_time({samples}) - sum_over_time({samples})"

    return Measure(
        lambda window: f"{by.sum(zeros(f'{gauge}[{window}]') + ' >= 0')} * {step} / {window.seconds}",
        lambda span, offset: f"  {step} * ({zeros(f'{gauge}[{span}] offset {offset}')})",
        lambda uncounted, offset: f"  {step} * ({zeros(_scraped(gauge, step, uncounted, offset))})",
    )


def _scraped(gauge: Selector, step: int, uncounted: Uncounted, offset: Duration) -> str:
    """A gauge's uncounted samples: nothing for scrapes that there weren't."""
    each = Duration(step)
    return uncounted.of(f"last_over_time({gauge}[{each}])", each, offset)


def _slices(
    over_time: str, value: str, idle: str, slices: TimeSlices, recorded: str, by: Grouping, identity: str
) -> Measure:
    """Slices of time, on the clock: each is counted once, when it ends. A window shorter than a slice, or than the time
    between counts, is that of the last one; a count that may still be under way is in none."""
    counts = f"{recorded}{{{identity}}}"

    def rate(window: Duration) -> str:
        span = max(window, slices.length, names.TIER_INTERVAL)
        lately = f"sum_over_time({counts}[{span}] offset {names.EVALUATION_INTERVAL})"
        goes_on = f" and last_over_time({counts}[{NEWEST}])" if span > window else ""
        return f"{by.sum(f'{lately}{goes_on}')} / {span.seconds}"

    return Measure(
        rate,
        lambda span, offset: f"  {over_time}(({value})[{span}:{slices.length}] offset {offset}){idle}",
        lambda uncounted, offset: f"  {over_time}({uncounted.of(f'({value})', slices.length, offset)})",
    )


def _slices_present(slices: TimeSlices, by: Grouping) -> str:
    if slices.histogram:
        count = Selector(f"{slices.histogram.metric}_count", slices.histogram.matchers)
        return _rate(count, _PRESENT, by)
    if slices.native_histogram:
        return _rate(slices.native_histogram, _PRESENT, by, _HISTOGRAM_COUNT)
    if slices.total:
        return _rate(slices.total, _PRESENT, by)
    assert slices.value is not None
    return _asked(slices.value, slices.length, by)


def slice_value(slices: TimeSlices, by: Grouping) -> str:
    """The value of the slice that ends now, nothing where it can't be told (NaN)."""
    length = slices.length
    if slices.histogram:
        buckets = Selector(f"{slices.histogram.metric}_bucket", slices.histogram.matchers)
        value = f"histogram_quantile({slices.quantile:.12g}, {by.sum(f'rate({buckets}[{length}]) >= 0', 'le')})"
    elif slices.native_histogram:
        value = f"histogram_quantile({slices.quantile:.12g}, {by.sum(f'rate({slices.native_histogram}[{length}])')})"
    elif slices.total:
        total, part = (by.sum(f"rate({counter}[{length}])") for counter in (slices.total, slices.bad or slices.good))
        value = f"({part} or 0 * {total}) / ({total} > 0)"
    else:
        assert slices.value is not None
        worst = "max" if slices.bad_comparison[0] in (">", ">=") else "min"
        value = by.aggregate(worst, slices.value.over(length))
    return f"({value}) >= -Inf"


def _lines(recorded: str, by: Grouping, identity: str, quiet: str = "") -> Measure:
    """Log lines, as Loki's ruler has counted them minute by minute."""
    lines = f"{recorded}{{{identity}}}"
    return Measure(
        lambda window: f"({by.sum(f'sum_over_time({lines}[{window}])')} / {window.seconds}{quiet})",
        lambda span, offset: f"  sum_over_time({lines}[{span}] offset {offset}){quiet}",
        lambda uncounted, offset: (
            f"  sum_over_time({uncounted.of(f'last_over_time({lines}[{_MINUTE}])', _MINUTE, offset)})"
        ),
    )


def _quiet_lines(by: Grouping, identity: str) -> str:
    """0 for an hour after a label set's last line: Loki counts none of those that have no lines."""
    if not by.labels:
        return ""
    return f" or {by.on} 0 * {by.sum(f'last_over_time({names.LOG_EVENTS}{{{identity}}}[{SEEN}])')}"


def _query(query: WindowedPromQL, by: Grouping) -> Measure:
    return Measure(
        lambda window: f"{by.sum(query.over(window))} / {window.seconds}",
        lambda span, _offset: f"  ({query.over(span)})",
        lambda uncounted, offset: f"  {_counts_since(f'({query.over(names.TIER_INTERVAL)})', uncounted, offset)}",
    )


def _time_of(ratio: WindowedPromQL, by: Grouping, share: str, idle: Callable[[Duration], str]) -> Measure:
    """Seconds, of which a share is bad that can only be asked for, not counted."""

    def mean(window: Duration) -> str:
        return share.format(f"clamp_max({by.aggregate('avg', f'({ratio.over(window)}) >= 0 < Inf')}, 1)")

    return Measure(
        lambda window: f"({mean(window)}{idle(window)})",
        lambda span, _offset: f"  {span.seconds} * ({mean(span)}){idle(span)}",
        lambda uncounted, offset: (
            f"  {_counts_since(f'{names.TIER_INTERVAL.seconds} * ({mean(names.TIER_INTERVAL)})', uncounted, offset)}"
        ),
    )


def _counts_since(count: str, uncounted: Uncounted, offset: Duration) -> str:
    """The sum of counts of five minutes: all that is told by what can be asked of a window alone, up to now."""
    since = uncounted.of(count, _MINUTE, _NO_TIME, offset.seconds, every=names.TIER_INTERVAL)
    return f"sum_over_time({since})"


def _asked(query: WindowedPromQL, window: Duration, by: Grouping) -> str:
    """How many series a query gives, of whatever value."""
    return by.aggregate("count", query.over(window))

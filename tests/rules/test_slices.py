"""Time slices: each is judged on the clock by its value and a limit, and one without a value isn't judged."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from slostack.rules import RecordingRule, service_groups
from slostack.spec import parse_service
from slostack.spec.quantities import Duration
from tests.rules.evaluating import evaluate
from tests.rules.histograms import classic, native
from tests.rules.playing import DAY, HOUR, MINUTE, play, slo_file

BAD, EVENTS = (f"sum(sum_over_time(slo:{name}:count5m[%s]))" for name in ("bad_events", "events"))
VALUE = "slo:slice:value"
SLICES_PER_HOUR = {"1m": 60, "5m": 12, "10m": 6}


def sliced(keys: str) -> str:
    return slo_file(f"sli: {{slices: {{{keys}}}}}", objective=95)


def repeat(*parts: tuple[str, int]) -> str:
    """Values, each so many times."""
    return " ".join(" ".join([value] * times) for value, times in parts)


@pytest.mark.parametrize(
    ("length", "limit", "bad_at_it"),
    [("1m", "below", 1), ("5m", "at_most", 0), ("10m", "above", 1), ("5m", "at_least", 0)],
)
def test_at_the_exact_limit(length: str, limit: str, bad_at_it: int) -> None:
    """A day, of which two hours are a little below the limit, two at it and two above."""
    series = {"load": repeat(("0.1", 24), ("0.2", 24), ("0.3", 24), ("_", 216))}
    played = play(
        sliced(f"length: {length}, value: max(load), {limit}: 0.2"),
        series,
        {BAD % "1d": [DAY], EVENTS % "1d": [DAY]},
        step=300,
        every=300,
    )
    per_hour = SLICES_PER_HOUR[length]
    assert played.value(EVENTS % "1d", DAY) == pytest.approx(6 * per_hour, abs=per_hour / 6)
    assert played.value(BAD % "1d", DAY) == pytest.approx((2 + 2 * bad_at_it) * per_hour, abs=per_hour / 6)


def test_slices_end_on_the_clock() -> None:
    """One minute of load in the slice from 1:10 to 1:20."""
    minutes = 3 * HOUR // MINUTE
    series = {"load": repeat(("0", 75), ("9", 1), ("0", minutes - 75))}
    slo = sliced("length: 10m, value: 'max(max_over_time(load[$window]))', below: 1")
    times = range(HOUR, 2 * HOUR, 300)
    played = play(slo, series, {"slo:bad_events:count5m": times}, step=60, every=300)
    assert [at // MINUTE - 60 for at in times if played.value("slo:bad_events:count5m", at)] == [25]


@pytest.mark.parametrize("length", ["10m", "25m", "1h"])
def test_each_slice_is_counted_once_and_the_last_one_is_seen_until_the_next_ends(length: str) -> None:
    """Every other slice is bad."""
    seconds, day = Duration.parse(length).seconds, 12 * HOUR
    slots = seconds // MINUTE
    series = {"load": "0 " + " ".join(repeat(("0", slots), ("9", slots)) for _ in range(day // seconds // 2 + 1))}
    slo = sliced(f"length: {length}, value: 'max(min_over_time(load[$window]))', below: 1")
    ratio, ends = "slo:error_ratio:rate5m", range(4 * seconds, day, seconds)
    seen = [at for end in ends for at in range(end + 600, end + seconds + 600, 300)]
    played = play(slo, series, {ratio: seen, BAD % "12h": [day], EVENTS % "12h": [day]}, step=60, every=300)
    assert [played.value(ratio, at) for at in seen] == [(at - 600) // seconds % 2 == 0 for at in seen]
    judged = (day - 60) // seconds
    assert played.value(EVENTS % "12h", day) == judged + 1, "one ends at the beginning"
    assert played.value(BAD % "12h", day) == judged // 2


@pytest.mark.parametrize(
    ("length", "every"), [("10m", 900), ("10m", 1500), ("25m", 600), ("25m", 3300), ("1h", 1200), ("1h", 2400)]
)
def test_slices_are_counted_once_after_missed_counts(length: str, every: int) -> None:
    end = 33000 // every * every
    played = play(
        sliced(f"length: {length}, value: max(load), below: 1"),
        {"load": repeat(("9", end // MINUTE + 1))},
        {EVENTS % "1d": [end], BAD % "1d": [end]},
        step=60,
        every=every,
    )
    counted = (end - 1) // Duration.parse(length).seconds + 1  # and one that ends at the beginning
    assert played.value(EVENTS % "1d", end) == counted
    assert played.value(BAD % "1d", end) == counted


@pytest.mark.parametrize(("blips", "alerted"), [(1, False), (2, True)])
def test_one_bad_slice_alerts_nobody_and_two_do(blips: int, alerted: bool) -> None:
    """A few minutes make a slice of an hour bad."""
    hours = 12
    series = {"depth": repeat(("0", 7 * 60 + 30), *[("900", 3), ("0", 57)] * blips, ("0", (hours - 7 - blips) * 60))}
    slo = sliced("length: 1h, value: 'max(max_over_time(depth[$window]))', below: 100")
    firing, failures = 'count(ALERTS{alertstate="firing"})', "slo:failures:count6h"
    times = range(300, hours * HOUR, 300)
    played = play(slo, series, {firing: times, failures: [10 * HOUR]}, step=60, every=300)
    assert played.value(failures, 10 * HOUR) == blips
    alerts = [at for at in times if played.value(firing, at)]
    assert bool(alerts) == alerted
    if alerted:
        assert alerts[0] == 9 * HOUR + 300


def test_counts_of_one_minute_slices_are_right() -> None:
    """Three of sixty minutes are bad; each is counted once."""
    series = {"load": repeat(("0", 60), ("9", 1), ("0", 11), ("9", 2), ("0", 60))}
    slo = sliced("length: 1m, value: max(load), below: 1")
    at = 2 * HOUR
    played = play(
        slo,
        series,
        {BAD % "1h": [at], EVENTS % "1h": [at], "slo:error_ratio:rate1h": [at], VALUE: [HOUR, HOUR + 30, at]},
        step=60,
    )
    assert played.value(BAD % "1h", at) == 3
    assert played.value(EVENTS % "1h", at) == 60
    assert played.value("slo:error_ratio:rate1h", at) == pytest.approx(0.05)
    assert [played.value(VALUE, at) for at in (HOUR, HOUR + 30, at)] == [9, 9, 0]


def observations() -> list[tuple[int, int]]:
    """By scrapes of 15 s: an hour of fast ones, one of slow ones, one without any, and one of fast ones again."""
    hours = [(20 * n, 0) for n in range(240)], [(4800, 20 * n) for n in range(240)], [(4800, 4800)] * 240
    return [*itertools.chain(*hours), *((4800 + 20 * n, 4800) for n in range(241))]


@pytest.mark.parametrize(("kind", "length"), [("histogram", "1m"), ("native_histogram", "5m"), ("histogram", "10m")])
def test_quantiles_and_idle_hours(kind: str, length: str) -> None:
    slo = sliced(f"length: {length}, quantile: 0.95, {kind}: seconds, below: 0.6")
    series = (classic if kind == "histogram" else native)("seconds", observations())
    asked = {BAD % "4h": [4 * HOUR], EVENTS % "4h": [4 * HOUR], "count(slo:events:count5m)": range(300, 4 * HOUR, 300)}
    asked |= {VALUE: [HOUR, 2 * HOUR, 150 * MINUTE], "slo:error_budget_remaining:ratio": [4 * HOUR]}
    played = play(slo, series, asked, every=300)
    per_hour = SLICES_PER_HOUR[length]
    assert played.value(BAD % "4h", 4 * HOUR) == pytest.approx(per_hour, abs=per_hour / 6)
    assert played.value(EVENTS % "4h", 4 * HOUR) == pytest.approx(3 * per_hour, abs=per_hour / 6)
    fast, slow, idle = (played.value(VALUE, at) for at in (HOUR, 2 * HOUR, 150 * MINUTE))
    assert fast is not None
    assert slow is not None
    assert fast < 0.6 < slow
    assert idle is None
    assert all(played.value("count(slo:events:count5m)", at) for at in range(600, 4 * HOUR, 300)), "idle is not absent"
    # a third of the judged slices is bad, over 48 of a month's 8,640 counts
    left = played.value("slo:error_budget_remaining:ratio", 4 * HOUR)
    assert left == pytest.approx(1 - (1 / 3) / 0.05 * 48 / 8640, abs=0.005)


@pytest.mark.parametrize("part", ["bad: bad_total", "good: good_total"])
def test_ratios_of_bad_and_of_good_events(part: str) -> None:
    """An hour in which one of 64 events is bad, then one in which two are, then one without traffic."""
    series = {
        "all_total": "0+64x240 15424+64x239 30720x240",
        "bad_total": "0+1x240 242+2x239 720x240",
        "good_total": "0+63x240 15182+62x239 30000x240",
    }
    limit = "at_most: 0.016" if part.startswith("bad") else "at_least: 0.984"
    slo = sliced(f"length: 5m, {part}, total: all_total, {limit}")
    played = play(slo, series, {BAD % "3h": [3 * HOUR], EVENTS % "3h": [3 * HOUR], VALUE: [HOUR, 3 * HOUR]}, every=300)
    assert played.value(BAD % "3h", 3 * HOUR) == pytest.approx(12, abs=1)
    assert played.value(EVENTS % "3h", 3 * HOUR) == pytest.approx(24, abs=1)
    assert played.value(VALUE, HOUR) == pytest.approx(1 / 64 if part.startswith("bad") else 63 / 64)
    assert played.value(VALUE, 3 * HOUR) is None


def test_an_infinite_value_is_judged_but_not_shown() -> None:
    series = {"a": "1x60", "b": "0x30 1x30"}
    slo = sliced("length: 5m, value: max(a / b), below: 2")
    played = play(slo, series, {BAD % "1h": [HOUR], VALUE: [20 * MINUTE, 50 * MINUTE]}, step=60)
    assert played.value(BAD % "1h", HOUR) == pytest.approx(6, abs=1)
    assert played.value(VALUE, 20 * MINUTE) is None
    assert played.value(VALUE, 50 * MINUTE) == 1


def test_a_bad_slice_of_the_present_pages() -> None:
    """All slices of half an hour are bad: by then, nearly three quarters of the last hour's would have to be."""
    firing = 'ALERTS{alertstate="firing",tier="page-1h"}'
    series = {"load": repeat(("0", 60), ("9", 80))}
    slo = slo_file(
        "sli: {slices: {length: 5m, value: max(load), below: 1}}\nalerting: {policy: workbook}", objective=97
    )
    times = [HOUR + 25 * MINUTE, HOUR + 35 * MINUTE]
    played = play(slo, series, {firing: times}, step=60)
    assert [played.value(firing, at) for at in times] == [None, 1]


@pytest.mark.parametrize(("limit", "bad"), [("below: 2", 12), ("at_least: 2", 12), ("at_most: 3", 0), ("above: 0", 0)])
def test_the_worst_of_several_series_is_judged(limit: str, bad: int) -> None:
    series = {'load{pod="1"}': "1x60", 'load{pod="2"}': "3x60"}
    played = play(sliced(f"length: 5m, value: load, {limit}"), series, {BAD % "1h": [HOUR]}, step=60, every=300)
    assert played.value(BAD % "1h", HOUR) == pytest.approx(bad, abs=1)


def test_the_last_slice_is_judged_while_the_next_count_is_under_way(tmp_path: Path) -> None:
    """The groups of 30 s and of five minutes are evaluated at the same time; the count of now isn't there yet."""
    groups = service_groups(parse_service(sliced("length: 5m, value: max(load), below: 1"), "api.yaml"))
    rules = {rule.record: rule.expr for group in groups for rule in group.rules if isinstance(rule, RecordingRule)}
    counts = 'slo:events:count5m{service="api",slo="it"}'
    series = {counts: "1 " + "_x9 1 " * 3}
    assert evaluate(rules["slo:events:rate5m"], series, "20m", tmp_path) == pytest.approx(1 / 300)
    assert evaluate(rules["slo:events:rate5m"], series, "21m", tmp_path) is None

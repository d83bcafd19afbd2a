"""What is recorded for people: burn rates, the budget, how long it lasts, counts; never NaN, whatever comes in."""

from __future__ import annotations

import pytest

from slostack import names, plain_yaml
from slostack.spec.quantities import Duration
from tests.rules.histograms import classic, native
from tests.rules.playing import DAY, HEAD, HOUR, MINUTE, play, repeated, slo_file

EVENTS = "sli: {events: {bad: bad_total, total: all_total}}"
REMAINING, EXHAUSTION = names.BUDGET_REMAINING, names.EXHAUSTION
BY_TIER = 'count by (tier) (ALERTS{alertname="ErrorBudgetBurn",alertstate="firing"})'


def test_it_is_known_how_fast_the_budget_burns_and_how_long_it_lasts() -> None:
    """Nothing fails for 20 minutes, then a hundredth does."""
    series = {"all_total": "0+1500x240", "bad_total": "0x80 0+15x160"}
    at = HOUR
    burns = [names.burn_rate(Duration(seconds)) for seconds in (300, 1800, HOUR, 2 * HOUR, 30 * DAY)]
    counts = [names.WINDOW_EVENTS, names.WINDOW_BAD_EVENTS]
    asked = {each: [at] for each in (*burns, *counts, names.OBJECTIVE, names.BUDGET)}
    asked |= {REMAINING: [300, at], EXHAUSTION: [19 * MINUTE, at]}
    asked |= {"slo:info": [at], names.event_rate(Duration(HOUR)): [at]}
    played = play(slo_file(EVENTS + "\nlabels: {journey: pay}"), series, asked)
    assert [played.value(each, at) for each in burns[:3]] == pytest.approx([10, 10, 10 * 2 / 3], rel=0.02)
    assert [played.value(each, at) for each in burns[3:]] == pytest.approx([10 * 2 / 3] * 2, rel=0.06)
    assert [played.value(each, at) for each in counts] == pytest.approx([360000, 2400], rel=0.06)
    assert played.value(names.OBJECTIVE, at) == 0.999
    assert played.value(names.BUDGET, at) == 0.001
    assert played.value(REMAINING, 300) == 1
    left = played.value(REMAINING, at)
    assert left == pytest.approx(1 - 40 * MINUTE * 10 / (30 * DAY), rel=0.001)
    assert played.value(EXHAUSTION, 19 * MINUTE) is None
    assert played.value(EXHAUSTION, at) == pytest.approx((left or 0) * 30 * DAY / (10 * 2 / 3), rel=0.02)
    (info,) = played.answers["slo:info", at]
    assert {("team", "web"), ("journey", "pay"), ("sli", "events"), ("window", "30d")} <= info


def test_an_overspent_budget_is_gone_now() -> None:
    series = {"all_total": "0+150x200 30000x1000", "bad_total": "0+150x200 30000x1000"}
    burning, quiet = 45 * MINUTE, 2 * HOUR + 30 * MINUTE
    played = play(
        slo_file(EVENTS, window="1d"), series, {REMAINING: [burning], EXHAUSTION: [burning, quiet]}, every=300
    )
    assert played.value(REMAINING, burning) == pytest.approx(1 - 1000 * 9 / 288, rel=0.02)
    assert played.value(EXHAUSTION, burning) == 0
    assert played.value(EXHAUSTION, quiet) is None


WINDOWS = {
    # window: its tiers, the burn of the first, and the hours after which a hundredth of errors spends all of its budget
    "1h": ({"page-5m", "ticket-5m"}, 1),
    "1d": ({"page-10m", "ticket-2h25m"}, 24),
    "7d": ({"page-5m", "page-15m", "page-1h25m", "ticket-5h35m", "ticket-16h50m"}, 168),
    "90d": ({"page-5m", "page-1h", "page-6h", "ticket-1d", "ticket-3d"}, 2160),
}


@pytest.mark.parametrize(("window", "tiers", "hours"), [(window, *rest) for window, rest in WINDOWS.items()])
def test_rolling_windows(window: str, tiers: set[str], hours: int) -> None:
    """Everything fails for three hours after three good ones; then nothing does, and short windows forget it."""
    series = {"all_total": "0+600x800", "bad_total": "0x180 0+600x180 108000x400"}
    ends, forgot = 6 * HOUR, 7 * HOUR + 300
    asked = {BY_TIER: [3 * HOUR - 300, ends - 300], REMAINING: [3 * HOUR - 300, ends, forgot]}
    played = play(slo_file(EVENTS, window=window, objective=99.0), series, asked, step=60, every=300)
    assert played.values(BY_TIER, 3 * HOUR - 300, "tier") == {}
    fired, pages = set(played.values(BY_TIER, ends - 300, "tier")), {tier for tier in tiers if tier.startswith("page")}
    assert fired - pages == tiers - pages
    assert len(fired & pages) == 1
    assert played.value(REMAINING, 3 * HOUR - 300) == 1
    spent = min(3, hours) / hours * 100
    assert played.value(REMAINING, ends) == pytest.approx(1 - spent, rel=0.04, abs=0.01)
    later = 0 if window == "1h" else spent
    assert played.value(REMAINING, forgot) == pytest.approx(1 - later, rel=0.04, abs=0.01)


SERIES = '{__name__=~"slo:.+"}'
NOT_FINITE = f"{SERIES} unless on (__name__, service, slo, route, period) ({SERIES} > -Inf < Inf)"
SLIS = {
    "bad": "events: {bad: bad_total, total: all_total}",
    "good": "events: {good: bad_total, total: all_total}",
    "latency": "latency: {histogram: seconds, threshold: 0.5}",
    "native": "latency: {native_histogram: native, threshold: 0.5}",
    "uptime": "uptime: works",
    "quantile": "slices: {length: 5m, quantile: 0.9, histogram: seconds, below: 1}",
    "native quantile": "slices: {length: 5m, quantile: 0.9, native_histogram: native, below: 1}",
    "ratio": "slices: {length: 10m, bad: bad_total, total: all_total, at_most: 0.1}",
    "value": "slices: {length: 1m, value: max(works), below: 1}",
    "error_ratio": "queries: {error_ratio: 'sum without (pod) (rate(bad_total[$window]))"
    " / sum without (pod) (rate(all_total[$window]))'}",
    "counts": "queries: {bad: 'sum(increase(bad_total[$window]))', total: 'sum(increase(all_total[$window]))'}",
}
HOURS = 2
NANS = repeated("NaN", 30)
PASTS = {
    "NaN": {
        **dict.fromkeys(("bad_total", 'seconds_bucket{le="0.5"}', 'seconds_bucket{le="1"}'), f"0+1x40 {NANS} 0+1x60"),
        **dict.fromkeys(("all_total", "seconds_count", 'seconds_bucket{le="+Inf"}'), f"0+9x20 {NANS} 0+9x80"),
        "works": f"1x40 {NANS} Inf -Inf 1x50",
    },
    "infinite": {
        **dict.fromkeys(("bad_total", 'seconds_bucket{le="0.5"}', 'seconds_bucket{le="1"}'), "0+1x40 Inf 42+1x60"),
        "all_total": "0+9x110",
        "works": "1x40 -Inf 1x50",
    },
    "all infinite": {
        **dict.fromkeys(("all_total", "seconds_count", 'seconds_bucket{le="+Inf"}'), "0+9x40 Inf 378+9x60"),
        "bad_total": "0+1x110",
        "works": "1x40 Inf 1x50",
    },
    "idle": {
        **dict.fromkeys(("bad_total", "all_total", "works"), "0x120"),
        **classic("seconds", [(0, 0)] * 120),
        **native("native", [(0, 0)] * 120),
    },
    "now and then": {
        **dict.fromkeys(("bad_total", "all_total", "works"), "0 _x20 1 stale _x30 1 1 2 0 0 stale _x40 0 0 1 0 0 7 7"),
        **classic("seconds", [(n // 40, n // 60) if n % 50 < 30 else None for n in range(120)]),
        **native("native", [(n // 40, n // 60) if n % 50 < 30 else None for n in range(120)]),
    },
    "no bad ones": {"all_total": "0+9x120"},
    "no total": {"bad_total": "0+9x120"},
    "bad ones of none": {"bad_total": "0+9x120", "all_total": "0x120", "seconds_count": "0x120"},
}


def of_all_kinds() -> str:
    """An SLO of each kind, and some by label sets."""
    keys = {"description": "It works", "objective": 95, "window": "1d", "runbook": "a.md"}
    kinds: list[tuple[str, dict[str, object]]] = [(sli, {}) for sli in SLIS.values()]
    kinds += [(SLIS[kind], {"group_by": ["route"], "window": "month"}) for kind in ("bad", "native", "error_ratio")]
    slos = [
        {**keys, **more, "name": f"it-{number}", "sli": plain_yaml.load(f"{{{sli}}}")}
        for number, (sli, more) in enumerate(kinds)
    ]
    return HEAD + plain_yaml.dump({"slos": slos})


@pytest.mark.parametrize("past", PASTS.values(), ids=PASTS)
def test_nothing_recorded_is_ever_no_number(past: dict[str, str]) -> None:
    times = range(300, HOURS * HOUR, 300)
    everything = f"count({SERIES})"
    played = play(of_all_kinds(), past, {NOT_FINITE: times, everything: times}, step=60, every=300)
    assert {name for at in times for labels in played.answers[NOT_FINITE, at] for name in labels} == set()
    assert all((played.value(everything, at) or 0) > 40 for at in times)

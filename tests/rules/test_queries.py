"""PromQL in place of selectors: counts of events, or an error ratio that stands for the time that it was asked of."""

from __future__ import annotations

import pytest

from tests.rules.playing import HOUR, MINUTE, play, slo_file

BAD, EVENTS = (f"sum(sum_over_time(slo:{name}:count5m[3h]))" for name in ("bad_events", "events"))
RATIO5, RATIO1H, RATIO6H = (f"slo:error_ratio:rate{window}" for window in ("5m", "1h", "6h"))
REMAINING = "slo:error_budget_remaining:ratio"
END = 3 * HOUR


def test_counts_are_judged_as_events_are() -> None:
    series = {"all_total": "0+150x720", "bad_total": "0x240 0+30x240 7200x240"}
    asked = {BAD: [END], EVENTS: [END], RATIO5: [100 * MINUTE], RATIO1H: [END - HOUR], RATIO6H: [END], REMAINING: [END]}
    queries = "{bad: 'sum(increase(bad_total[$window]))', total: 'sum(increase(all_total[$window]))'}"
    by_counts, by_events = (
        play(slo_file(f"sli: {{{sli}}}"), series, asked, every=300)
        for sli in (f"queries: {queries}", "events: {bad: bad_total, total: all_total}")
    )
    for query, (at,) in asked.items():
        assert by_counts.value(query, at) == pytest.approx(by_events.value(query, at), rel=0.01), query
    assert by_counts.value(BAD, END) == pytest.approx(7200, rel=0.01)


def test_a_missing_series_of_bad_events_is_none_of_them() -> None:
    queries = "{bad: 'sum(increase(bad_total[$window]))', total: 'sum(increase(all_total[$window]))'}"
    played = play(
        slo_file(f"sli: {{queries: {queries}}}"), {"all_total": "0+9x240"}, {RATIO5: [HOUR], REMAINING: [HOUR]}
    )
    assert played.value(RATIO5, HOUR) == 0
    assert played.value(REMAINING, HOUR) == 1


def test_an_error_ratio_is_weighted_by_time() -> None:
    """A tenth for an hour at a tenth of the traffic, nothing for an hour, and an hour in which it can't be told."""
    series = {"all_total": "0+15x240 3600+150x240 39600x240", "bad_total": "0+1.5x240 360x480"}
    slo = slo_file("sli: {queries: {error_ratio: 'sum(rate(bad_total[$window])) / sum(rate(all_total[$window]))'}}")
    asked = {BAD: [END], EVENTS: [END], RATIO5: [HOUR, END], RATIO1H: [HOUR], RATIO6H: [END], REMAINING: [END]}
    played = play(slo, series, asked, every=300)
    assert played.value(BAD, END) == pytest.approx(HOUR / 10, rel=0.06)
    assert played.value(EVENTS, END) == pytest.approx(2 * HOUR, rel=0.06)
    assert played.value(RATIO5, HOUR) == pytest.approx(0.1)
    assert played.value(RATIO5, END) is None
    assert played.value(RATIO1H, HOUR) == pytest.approx(0.1, rel=0.01)
    assert played.value(RATIO6H, END) == pytest.approx(0.05, rel=0.06)
    assert played.value(REMAINING, END) == pytest.approx(1 - 50 * 36 / 8640, rel=0.02)


def test_an_error_ratio_pages() -> None:
    pages = 'count by (tier) (ALERTS{alertname="ErrorBudgetBurn",alertstate="firing",severity="critical"})'
    slo = slo_file("sli: {queries: {error_ratio: 'avg(avg_over_time(share[$window]))'}}")
    times = [HOUR, HOUR + 90, HOUR + 15 * MINUTE, HOUR + 30 * MINUTE]
    played = play(slo, {"share": "0x240 0.2x60 0x80"}, {pages: times})
    assert [set(played.values(pages, at, "tier")) for at in times] == [
        set(),
        {"page-5m"},
        {"page-5m"},
        set(),
    ]


def test_an_error_ratio_is_no_more_than_all() -> None:
    """Rates of counters that are not scraped together give a little more than 1."""
    slo = slo_file("sli: {queries: {error_ratio: 'avg(avg_over_time(share[$window]))'}}")
    played = play(slo, {"share": "1.25x120"}, {RATIO5: [HOUR], BAD: [HOUR], EVENTS: [HOUR]}, step=30, every=300)
    assert played.value(RATIO5, HOUR) == 1
    assert played.value(BAD, HOUR) == played.value(EVENTS, HOUR)

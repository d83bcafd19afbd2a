"""Availability of 0/1 gauges: the share of series and time at which they are 1."""

from __future__ import annotations

import pytest

from tests.rules.playing import HEAD, HOUR, MINUTE, play, repeated, slo_file

PROBED = HEAD + "probes: [{name: health, path: /health, interval: 60s}]\n"
RATIO5, RATIO1H, RATIO6H = (f"slo:error_ratio:rate{window}" for window in ("5m", "1h", "6h"))
BAD, EVENTS = (f"sum(sum_over_time(slo:{name}:count5m[3h]))" for name in ("bad_events", "events"))
REMAINING = "slo:error_budget_remaining:ratio"
END = 3 * HOUR


def test_it_is_weighted_by_time_over_several_series() -> None:
    """Of three targets one is down for half an hour, and one is only there in the second and third hour."""
    series = {
        'up{job="api",instance="a"}': "1x720",
        'up{job="api",instance="b"}': "1x480 0x119 1x120",
        'up{job="api",instance="c"}': "_x240 1x480",
    }
    asked = {BAD: [END], EVENTS: [END], RATIO5: [150 * MINUTE], RATIO1H: [END], RATIO6H: [END], REMAINING: [END]}
    played = play(slo_file("sli: {uptime: 'up{job=\"api\"}'}"), series, asked, every=300)
    assert played.value(BAD, END) == pytest.approx(30 * MINUTE, rel=0.02)
    assert played.value(EVENTS, END) == pytest.approx((3 + 3 + 2) * HOUR, rel=0.02)
    assert played.value(RATIO5, 150 * MINUTE) == pytest.approx(1 / 3)
    assert played.value(RATIO1H, END) == pytest.approx(0.5 / 3, rel=0.02)
    assert played.value(RATIO6H, END) == pytest.approx(0.5 / 8, rel=0.02)
    assert played.value(REMAINING, END) == pytest.approx(1 - 62.5 * 36 / 8640, abs=0.01)


def test_a_gauge_that_is_nan_or_above_1_hides_no_other() -> None:
    """Of four targets one is NaN and one is 3 all the time; the fourth goes down after an hour."""
    works = {"a": repeated("NaN", 300), "b": "3x300", "c": "1x300", "d": "1x240 0x60"}
    series = {f'works{{instance="{instance}"}}': values for instance, values in works.items()}
    at = HOUR + 5 * MINUTE
    played = play(slo_file("sli: {uptime: works}"), series, {RATIO5: [HOUR, at], RATIO1H: [HOUR]})
    assert (played.value(RATIO5, HOUR), played.value(RATIO1H, HOUR)) == (0, 0)
    assert played.value(RATIO5, at) == pytest.approx(1 / 4)


def test_a_probe_of_every_minute_fails_now_and_then() -> None:
    """One probe in twenty fails; its seconds are counted by the probe's interval, whatever the service's is."""
    series = {'probe_success{job="api/health"}': " ".join(["1x18 0"] * 9)}
    slo = slo_file("sli: {uptime: 'probe_success{job=\"api/health\"}'}", head=PROBED, objective=99)
    asked = {BAD: [END], EVENTS: [END], RATIO1H: [END], "slo:events:rate1h": [END]}
    played = play(slo, series, asked, step=60, every=300)
    assert played.value(BAD, END) == pytest.approx(9 * MINUTE, rel=0.12)
    assert played.value(EVENTS, END) == pytest.approx(3 * HOUR, rel=0.03)
    assert played.value(RATIO1H, END) == pytest.approx(0.05, rel=0.02)
    assert played.value("slo:events:rate1h", END) == pytest.approx(1, rel=0.02)


def test_a_probe_that_fails_pages_and_resets() -> None:
    series = {'probe_success{job="api/health"}': "1x60 0x19 1x100"}
    slo = slo_file("sli: {uptime: 'probe_success{job=\"api/health\"}'}", head=PROBED)
    times = [HOUR, HOUR + 150, HOUR + 20 * MINUTE, HOUR + 35 * MINUTE]
    pages = 'count(ALERTS{alertstate="firing",severity="critical"}) or vector(0)'
    played = play(slo, series, {pages: times}, step=60)
    assert [played.value(pages, at) for at in times] == [0, 1, 1, 0]


def test_no_data_is_no_judgement() -> None:
    """Series that vanish for an hour burn nothing; what they say before and after is judged."""
    series = {"works": "1x230 0x9 _x240 1x240"}
    gap = [80 * MINUTE, 110 * MINUTE]
    burns = {
        RATIO5: gap,
        "slo:events:count5m": gap,
        BAD: [END],
        EVENTS: [END],
        REMAINING: gap,
    }
    played = play(slo_file("sli: {uptime: works}"), series, burns, every=300)
    for at in gap:
        assert played.value(RATIO5, at) is None
        assert played.value("slo:events:count5m", at) is None
    assert played.value(BAD, END) == pytest.approx(150, abs=15)
    assert played.value(EVENTS, END) == pytest.approx(2 * HOUR, rel=0.02)
    left = [played.value(REMAINING, at) for at in gap]
    assert left == [pytest.approx(1 - 150 / 3600 / 0.001 * 12 / 8640, abs=0.01)] * 2


def test_missed_samples_are_left_out() -> None:
    """Every second scrape is missing: what is there is judged, half of it is bad."""
    series = {"works": " ".join(["1 _ 0 _"] * 180)}
    asked = {RATIO5: [END], RATIO1H: [END], BAD: [END], EVENTS: [END]}
    played = play(slo_file("sli: {uptime: works}"), series, asked, every=300)
    assert played.value(RATIO5, END) == pytest.approx(0.5, abs=0.1)
    assert played.value(RATIO1H, END) == pytest.approx(0.5, abs=0.01)
    bad, events = played.value(BAD, END), played.value(EVENTS, END)
    assert bad is not None
    assert events is not None
    assert bad / events == pytest.approx(0.5, abs=0.01)


def test_missed_counts_of_time_are_made_up_for() -> None:
    """Prometheus is down for half an hour in which nothing is scraped either; the time around it is counted once."""
    series = {"works": "0x360 _x119 0x240", "slo:dummy": "0x1"}
    played = play(slo_file("sli: {uptime: works}"), series, {BAD: [END], EVENTS: [END]}, every=300)
    assert played.value(BAD, END) == played.value(EVENTS, END) == pytest.approx(150 * MINUTE, rel=0.01)

"""SLOs from logs: what Loki has counted minute by minute is judged as events are."""

from __future__ import annotations

import pytest

from tests.rules.playing import HOUR, MINUTE, play, repeated, slo_file

LOGS = """sli: {logs: {bad: '{service="api"} |= "error"', total: '{service="api"}'}}"""
LINES, BAD_LINES = (f'slo:log_{name}:count1m{{service="api",slo="it"}}' for name in ("events", "bad_events"))
RATIO5, RATIO1H, RATIO6H = (f"slo:error_ratio:rate{window}" for window in ("5m", "1h", "6h"))
RATE5 = "slo:events:rate5m"
BAD, EVENTS = (f"sum(sum_over_time(slo:{name}:count5m[3h]))" for name in ("bad_events", "events"))
PAGES = 'count(ALERTS{alertstate="firing",severity="critical"}) or vector(0)'
END = 3 * HOUR
START = "2026-03-04T00:00:00Z"


def test_a_share_of_bad_lines_pages_and_resets() -> None:
    """An hour of good lines, half an hour in which a fifth is bad, then good ones again."""
    series = {LINES: "60x180", BAD_LINES: "0x60 12x29 0x90"}
    times = [HOUR, HOUR + 2 * MINUTE, HOUR + 8 * MINUTE, HOUR + 66 * MINUTE]
    asked = {PAGES: times, RATIO5: times, RATE5: [HOUR], BAD: [END], EVENTS: [END], RATIO6H: [END]}
    played = play(slo_file(LOGS), series, asked, step=60)
    assert [played.value(RATIO5, at) for at in times] == pytest.approx([0, 0.08, 0.2, 0])
    assert [played.value(PAGES, at) for at in times] == [0, 1, 1, 0]
    assert played.value(RATE5, HOUR) == pytest.approx(1)
    assert played.value(BAD, END) == 30 * 12
    assert played.value(EVENTS, END) == pytest.approx(180 * 60, rel=0.02)
    assert played.value(RATIO6H, END) == pytest.approx(30 * 0.2 / 180, rel=0.02)


def test_quiet_minutes_are_idle_not_absent() -> None:
    """No line for half an hour: nothing is judged, nobody is told that the series are gone."""
    alerting = "alerting: {absence: {for: 10m, severity: high}}"
    series = {LINES: "60x60 0x29 60x90", BAD_LINES: "0x180"}
    quiet = HOUR + 25 * MINUTE
    absent = 'ALERTS{alertname="SLIAbsent"}'
    asked = {RATIO5: [HOUR, quiet], RATE5: [quiet], absent: [quiet]}
    played = play(slo_file(f"{LOGS}\n{alerting}"), series, asked, step=60)
    assert played.value(RATIO5, HOUR) == 0
    assert played.value(RATIO5, quiet) is None
    assert played.value(RATE5, quiet) == 0
    assert played.value(absent, quiet) is None


def test_minutes_that_loki_did_not_count_are_lost_and_no_others() -> None:
    """Loki is down for 20 minutes of an incident: the counts around that are counted once, and absence is told."""
    alerting = "alerting: {absence: {for: 10m, severity: high}}"
    series = {LINES: "60x69 _x20 60x90", BAD_LINES: "30x69 _x20 30x90"}
    down = HOUR + 28 * MINUTE
    absent = 'count(ALERTS{alertname="SLIAbsent",alertstate="firing"})'
    asked = {RATIO5: [HOUR, down, END], absent: [down, END], BAD: [END], EVENTS: [END]}
    played = play(slo_file(f"{LOGS}\n{alerting}"), series, asked, step=60)
    assert [played.value(RATIO5, at) for at in (HOUR, down, END)] == [0.5, None, 0.5]
    assert [played.value(absent, at) for at in (down, END)] == [1, None]
    assert played.value(EVENTS, END) == pytest.approx((70 + 91) * 60, rel=0.03)
    assert played.value(BAD, END) == pytest.approx((70 + 91) * 30, rel=0.03)


def test_lines_of_maintenance_that_are_counted_after_it_are_left_out() -> None:
    """All lines of half an hour are bad; the last of them are in a count of 90 s later."""
    maintenance = "maintenance: [{cron: '30 1 * * *', duration: 30m}]"
    first, last = 91, 121
    bad = f"{repeated('0', first)} {repeated('60', last - first + 1)} 0x60"
    times = [2 * HOUR + seconds for seconds in (0, 60, 150, 330, 390, 420, 600)]
    asked = {BAD: [END], RATIO5: times, PAGES: times}
    played = play(slo_file(f"{LOGS}\n{maintenance}"), {LINES: "60x190", BAD_LINES: bad}, asked, step=60, start=START)
    assert played.value(BAD, END) == 0
    assert [played.value(RATIO5, at) or 0 for at in times] == [0] * len(times)
    assert [played.value(PAGES, at) for at in times] == [0] * len(times)


def test_label_sets_are_judged_apart() -> None:
    series = {
        f'slo:log_{name}:count1m{{service="api",slo="it",route="{route}"}}': value
        for name, route, value in (
            ("events", "/a", "60x180"),
            ("bad_events", "/a", "_x60 6x120"),
            ("events", "/b", "6x180"),
        )
    }
    grouped = slo_file(f"{LOGS}\ngroup_by: [route]")
    played = play(grouped, series, {RATIO1H: [END], RATIO6H: [END]}, step=60)
    assert played.values(RATIO1H, END, "route") == pytest.approx({"/a": 0.1, "/b": 0})
    assert played.values(RATIO6H, END, "route") == pytest.approx({"/a": 0.1 * 2 / 3, "/b": 0}, rel=0.03)

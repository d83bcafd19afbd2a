"""Label sets: each has its own ratio, budget and alerts, as many as the limit allows; a place is kept for an hour."""

from __future__ import annotations

import re

import pytest

from tests.rules.playing import HOUR, MINUTE, annotated, play, slo_file

EVENTS = "events: {bad: bad_total, total: all_total}"
ADMITTED = "slo:group_admitted:bool"
JUDGED = "slo:events:rate5m"
REFUSED = "slo:groups_refused:count"
REMAINING = "slo:error_budget_remaining:ratio"
FIRING = 'count by (route) (ALERTS{alertname="ErrorBudgetBurn",alertstate="firing"})'


def grouped(sli: str, limit: int = 2, more: str = "") -> str:
    return slo_file(f"sli: {{{sli}}}\ngroup_by: [route]\ngroup_limit: {limit}\n{more}")


def scrapes(per_second: float, start: int, end: int) -> str:
    """A counter that is there from a time to another, scraped every 15 s."""
    before = f"_x{start // 15 - 1} " if start else ""
    return f"{before}0+{15 * per_second}x{(end - start) // 15} stale"


def test_each_label_set_has_its_own_ratio_budget_and_alerts() -> None:
    series = {
        'all_total{route="/a",pod="1"}': "0+150x500",
        'all_total{route="/a",pod="2"}': "0+150x500",
        'all_total{route="/b",pod="1"}': "0+150x500",
        'all_total{pod="1"}': "0+15x500",
        'bad_total{route="/a",pod="2"}': "0+30x500",
    }
    at = 2 * HOUR
    ratio, long_ratio = "slo:error_ratio:rate1h", "slo:error_ratio:rate6h"
    played = play(grouped(EVENTS, limit=3), series, {each: [at] for each in (ratio, long_ratio, REMAINING, FIRING)})
    assert played.values(ratio, at, "route") == pytest.approx({"/a": 0.1, "/b": 0, "": 0})
    assert played.values(long_ratio, at, "route") == pytest.approx({"/a": 0.1, "/b": 0, "": 0})
    assert played.values(REMAINING, at, "route") == pytest.approx({"/a": 1 - 100 * 24 / 8640, "/b": 1, "": 1}, abs=0.01)
    assert played.values(FIRING, at, "route") == {"/a": 3}, "a page and two tickets"


def test_admitted_ones_stay_when_a_busier_one_arrives() -> None:
    series = {
        'all_total{route="/a"}': scrapes(1, 0, 2 * HOUR),
        'all_total{route="/b"}': scrapes(2, 0, 2 * HOUR),
        'all_total{route="/late"}': scrapes(50, 20 * MINUTE, 2 * HOUR),
        'all_total{route="/later"}': scrapes(0, 30 * MINUTE, 2 * HOUR),
        'bad_total{route="/late"}': scrapes(50, 20 * MINUTE, 2 * HOUR),
    }
    times = [10 * MINUTE, 28 * MINUTE, 40 * MINUTE, 110 * MINUTE]
    asked = {
        JUDGED: times,
        REFUSED: times,
        ADMITTED: times,
        "slo:events:count5m": [35 * MINUTE, 110 * MINUTE],
        FIRING: times,
    }
    played = play(grouped(EVENTS), series, asked)
    for at in times:
        assert set(played.values(JUDGED, at, "route")) == {"/a", "/b"}
        assert played.values(ADMITTED, at, "route") == {"/a": 1, "/b": 1}
        assert not played.values(FIRING, at, "route")
    assert [played.value(REFUSED, at) for at in times] == [0, 1, 2, 2]
    for at in (35 * MINUTE, 110 * MINUTE):
        assert set(played.values("slo:events:count5m", at, "route")) == {"/a", "/b"}


def test_the_busiest_are_admitted_first() -> None:
    series = {f'all_total{{route="/{n}"}}': scrapes(n, 0, HOUR) for n in range(1, 7)}
    played = play(grouped(EVENTS, limit=3), series, {JUDGED: [20 * MINUTE], REFUSED: [20 * MINUTE]})
    assert set(played.values(JUDGED, 20 * MINUTE, "route")) == {"/4", "/5", "/6"}
    assert played.value(REFUSED, 20 * MINUTE) == 3


def test_a_vanished_one_keeps_its_place_for_an_hour() -> None:
    gone, back = 30 * MINUTE, 75 * MINUTE
    series = {
        'all_total{route="/steady"}': scrapes(1, 0, 3 * HOUR),
        'all_total{route="/back"}': scrapes(1, 0, gone),
        'all_total{route="/back",pod="2"}': scrapes(1, back, 90 * MINUTE),
        'all_total{route="/waits"}': scrapes(50, 20 * MINUTE, 3 * HOUR),
    }
    free = 90 * MINUTE + 20 * MINUTE + HOUR  # the tier reaches back 15 minutes
    times = [back - MINUTE, back + 10 * MINUTE, free - 25 * MINUTE, free + 5 * MINUTE]
    played = play(grouped(EVENTS), series, {JUDGED: times, ADMITTED: times})
    judged = [set(played.values(JUDGED, at, "route")) for at in times]
    assert judged == [{"/steady"}, {"/steady", "/back"}, {"/steady"}, {"/steady", "/waits"}]


BAD, ALL = (f"sum by (route) (increase({name}_total[$window]))" for name in ("bad", "all"))
KINDS = {
    "ratio": "slices: {length: 5m, bad: bad_total, total: all_total, at_most: 0.01}",
    "value": f"slices: {{length: 1m, value: '{BAD}', below: 5}}",
    "error_ratio": f"queries: {{error_ratio: '{BAD} / {ALL}'}}",
    "counts": f"queries: {{bad: '{BAD}', total: '{ALL}'}}",
    "uptime": "uptime: works",
}


@pytest.mark.parametrize("sli", KINDS.values(), ids=KINDS)
def test_every_kind_is_judged_by_label_set(sli: str) -> None:
    """`/a` fails in the last half hour, `/b` never; nothing that is recorded is needed to begin with."""
    series = {
        'all_total{route="/a"}': "0+150x240",
        'all_total{route="/b"}': "0+150x240",
        'bad_total{route="/a"}': "0x120 0+150x120",
        'bad_total{route="/b"}': "0x240",
        'works{route="/a"}': "1x120 0x120",
        'works{route="/b"}': "1x240",
    }
    bad, events = (f"sum by (route) (sum_over_time(slo:{name}:count5m[1h]))" for name in ("bad_events", "events"))
    share = f"{bad} / {events}"
    played = play(grouped(sli), series, {share: [HOUR], ADMITTED: [HOUR]})
    assert played.values(ADMITTED, HOUR, "route") == {"/a": 1, "/b": 1}
    assert played.values(share, HOUR, "route") == pytest.approx({"/a": 0.5, "/b": 0}, abs=0.12)


def test_a_label_set_without_log_lines_is_idle_for_an_hour() -> None:
    """Lines come every twenty minutes for two hours: the budget counts the time between them."""
    lines = " ".join(["60", "_ " * 19] * 6 + ["_ " * 120])
    series = {
        f'slo:log_{name}:count1m{{service="api",slo="it",route="/a"}}': lines for name in ("events", "bad_events")
    }
    logs = """logs: {bad: '{app="a"} |= "x"', total: '{app="a"}'}"""
    counted, left = "slo:events:count5m", "count_over_time(slo:events:count5m[4h])"
    times = [90 * MINUTE, 150 * MINUTE, 3 * HOUR]
    played = play(grouped(logs), series, {counted: times, left: [4 * HOUR], JUDGED: times}, step=60)
    assert [played.value(counted, at) for at in times] == [0, 0, None]
    assert [played.value(JUDGED, at) for at in times] == [0, 0, None]
    assert played.value(left, 4 * HOUR) == pytest.approx((100 + 60) / 5, abs=2)


def test_no_more_slices_are_shown_than_are_judged() -> None:
    series = {f'load{{route="/{n}"}}': f"{n}x60" for n in range(4)}
    slices = "slices: {length: 5m, value: max by (route) (load), below: 9}"
    played = play(grouped(slices, limit=3), series, {"slo:slice:value": [HOUR], JUDGED: [HOUR]}, step=60)
    assert len(played.values(JUDGED, HOUR, "route")) == 3
    assert set(played.values("slo:slice:value", HOUR, "route")) == set(played.values(JUDGED, HOUR, "route"))


def test_an_outage_costs_each_label_set_its_own_traffic_however_long_it_is() -> None:
    down = 30 * MINUTE
    series = {
        'up{job="api"}': f"1x{down // 15} 0x{3 * HOUR // 15}",
        'all_total{route="/a"}': f"0+150x{down // 15 - 1} stale",
        'all_total{route="/b"}': f"0+30x{down // 15 - 1} stale",
    }
    at = down + 90 * MINUTE
    bad = "slo:bad_events:count5m"
    asked = {bad: [down, at], ADMITTED: [at]}
    played = play(grouped(EVENTS + ", up: 'up{job=\"api\"}'"), series, asked)
    assert played.values(bad, down, "route") == {"/a": 0, "/b": 0}
    assert played.values(bad, at, "route") == pytest.approx({"/a": 3000, "/b": 600}, rel=0.01)
    assert played.values(ADMITTED, at, "route") == {"/a": 1, "/b": 1}


def test_annotations_tell_of_the_label_set_that_fires() -> None:
    route = '/a"b{c}'
    series = {
        'all_total{route="/a\\"b{c}"}': "0+150x240",
        'bad_total{route="/a\\"b{c}"}': "0+30x240",
        'all_total{route="/b"}': "0+150x240",
        'bad_total{route="/b"}': "0x240",
    }
    said = annotated(grouped(EVENTS), series, "ErrorBudgetBurn", HOUR - 30)
    assert f"(route {route})".replace('"', '\\"') in said
    assert "20% of all events were bad" in said
    assert re.search(r"Budget left: 74\.5%, gone in 2h 41m at this rate\.", said)
    assert "not known yet" not in said
    assert "/b)" not in said


def test_absence_is_told_without_a_label_set() -> None:
    series = {'all_total{route="/a"}': scrapes(1, 0, 30 * MINUTE)}
    said = annotated(grouped(EVENTS, more="alerting: {absence: {for: 5m}}"), series, "SLIAbsent", HOUR)
    assert "api it: nothing is measured" in said

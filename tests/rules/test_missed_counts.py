"""The tier makes up for counts that were missed: nothing is counted twice, and little is lost, whatever the gap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from slostack import names
from slostack.rules.uncounted import LONGEST_GAP
from tests.rules.evaluating import SLO_FILE, evaluate, expression

PER_SCRAPE = 3.0
PER_MINUTE = 2 * PER_SCRAPE
NOW = 240
"""Minutes."""
END = 2 * NOW
"""Scrapes."""
IDENTITY = 'service="api",slo="success"'
EVENTS = "events: {bad: bad_total, total: all_total}"


def slo(sli: str, more: str = "") -> str:
    """The SLO file with another SLI, and with further keys."""
    return SLO_FILE.replace(
        "{events: {bad: bad_total, total: all_total}, up: 'up{job=\"api\"}'}", f"{{{sli}}}"
    ).replace("    runbook", f"{more}    runbook")


def last_counts(gap: int, now: int = NOW) -> str:
    """Counts every five minutes until a gap."""
    return " ".join([*["_"] * ((now - gap) % 5 * 2), "30", *(["_x9", "30"] * ((now - gap) // 5))])


def values(per_scrape: Iterable[float]) -> str:
    """A counter that grows by so much from scrape to scrape."""
    total, found = 0.0, []
    for grown in per_scrape:
        total += grown
        found.append(f"{total:g}")
    return " ".join(found)


def counted(
    gap: int,
    series: Mapping[str, str],
    folder: Path,
    *,
    record: str = names.EVENTS,
    file: str = SLO_FILE,
    of: str = "",
    now: int = NOW,
) -> float:
    """What the tier counts `gap` minutes after its last count, of a grouped SLO for one route."""
    counts = {f"{name}{{{IDENTITY}}}": last_counts(gap, now) for name in (names.EVENTS, names.BAD_EVENTS)}
    expr = expression(record, file)
    if of:
        expr = f'sum(({expr}) and on (route) label_replace(vector(1), "route", "{of}", "", ""))'
    uncounted = {names.UNCOUNTED: expression(names.UNCOUNTED, file)}
    events = evaluate(expr, {**counts, **series}, f"{now}m", folder, recorded=uncounted)
    assert events is not None
    return events


GAPS = range(5, LONGEST_GAP.seconds // 60, 5)


@pytest.mark.parametrize("gap", GAPS)
def test_counts_missed_while_scrapes_went_on(gap: int, tmp_path: Path) -> None:
    events = counted(gap, {'all_total{job="api"}': f"0+{PER_SCRAPE}x{END}"}, tmp_path)
    assert events == pytest.approx(gap * PER_MINUTE, rel=0.01)


@pytest.mark.parametrize("gap", GAPS)
def test_counts_missed_while_prometheus_was_down(gap: int, tmp_path: Path) -> None:
    before, after = (NOW - gap) * 2, 2
    missing = END - before - after
    scrapes = f"0+{PER_SCRAPE}x{before} _x{missing - 1} {(END - after) * PER_SCRAPE}+{PER_SCRAPE}x{after}"
    events = counted(gap, {'all_total{job="api"}': scrapes}, tmp_path)
    assert gap * PER_MINUTE * 0.93 <= events <= gap * PER_MINUTE * 1.01


def test_after_a_longer_gap_counting_starts_anew(tmp_path: Path) -> None:
    events = counted(LONGEST_GAP.seconds // 60 + 5, {"all_total": f"0+{PER_SCRAPE}x{END}"}, tmp_path)
    assert events == pytest.approx(5 * PER_MINUTE, rel=0.01)


@pytest.mark.parametrize("gap", [10, 40, 65])
def test_a_counter_that_was_reset_in_the_gap(gap: int, tmp_path: Path) -> None:
    middle = END - gap
    series = {"all_total": f"0+{PER_SCRAPE}x{middle} 0+{PER_SCRAPE}x{END - middle - 1}"}
    assert counted(gap, series, tmp_path) == pytest.approx(gap * PER_MINUTE, rel=0.06)


@pytest.mark.parametrize("gap", [10, 40, 65])
def test_a_pod_that_took_anothers_place_in_the_gap(gap: int, tmp_path: Path) -> None:
    middle = END - gap
    series = {
        'all_total{pod="a"}': f"0+{PER_SCRAPE}x{middle}",
        'all_total{pod="b"}': f"_x{middle} 0+{PER_SCRAPE}x{END - middle - 1}",
    }
    assert counted(gap, series, tmp_path) == pytest.approx(gap * PER_MINUTE, rel=0.06)


@pytest.mark.parametrize("gap", [10, 40, 65])
def test_a_process_that_crashes_every_two_minutes(gap: int, tmp_path: Path) -> None:
    series = {"all_total": " ".join([f"0+{PER_SCRAPE}x3"] * (END // 4 + 1))}
    assert counted(gap, series, tmp_path) == pytest.approx(gap * PER_MINUTE * 3 / 4, rel=0.07)


@pytest.mark.parametrize(("record", "seconds"), [(names.BAD_EVENTS, 30), (names.EVENTS, 180)])
def test_time_without_scrapes_is_not_judged(record: str, seconds: float, tmp_path: Path) -> None:
    """A gauge is 0 in the last scrape before Prometheus is down for 18 minutes, and 1 in those after."""
    before, after = (NOW - 20) * 2, 4
    gauge = f"1x{before} 0 _x{END - before - after - 2} 1x{after}"
    found = counted(20, {"works": gauge}, tmp_path, record=record, file=slo("uptime: works"))
    assert found == pytest.approx(seconds)


def test_the_last_minute_of_lines_is_counted_once(tmp_path: Path) -> None:
    """A hundred lines, then neither counts of Loki nor evaluations for 17 minutes, then a line a minute."""
    last = NOW - 20 - 1
    lines = " ".join(
        f"{100 if minute == last else '_' if last < minute < last + 18 else 1} _" for minute in range(NOW + 1)
    )
    logs = slo("""logs: {bad: '{job="api"} |= "x"', total: '{job="api"}'}""")
    bad = counted(20, {f"{names.LOG_BAD_EVENTS}{{{IDENTITY}}}": lines}, tmp_path, record=names.BAD_EVENTS, file=logs)
    assert bad == pytest.approx(102, abs=1)


@pytest.mark.parametrize(
    ("minutes", "counts"), [((240, 242), 40), ((230, 232), 40), ((222, 224), 40), ((220, 222), 0), ((200, 202), 0)]
)
def test_a_query_is_asked_for_the_minutes_of_the_gap(minutes: tuple[int, int], counts: float, tmp_path: Path) -> None:
    """Whatever the times at which the tier is evaluated: here two minutes after every fifth."""
    start, end = minutes
    bursts = values(10 if 2 * start < scrape <= 2 * end else 0 for scrape in range(END + 5))
    queries = slo("queries: {bad: 'sum(increase(bad_total[$window]))', total: 'sum(increase(all_total[$window]))'}")
    series = {"bad_total": bursts, "all_total": f"0+30x{END + 4}"}
    found = counted(20, series, tmp_path, record=names.BAD_EVENTS, file=queries, now=NOW + 2)
    assert found == pytest.approx(counts, abs=9)


def grouped(gaps: Mapping[str, int]) -> dict[str, str]:
    """Routes that have events all the while, and counts until gaps of their own."""
    series = {}
    for route, gap in gaps.items():
        series[f'{names.GROUP_ADMITTED}{{{IDENTITY},route="{route}"}}'] = f"1x{END}"
        series[f'all_total{{job="api",route="{route}"}}'] = f"0+{PER_SCRAPE}x{END}"
        series[f'{names.EVENTS}{{{IDENTITY},route="{route}"}}'] = last_counts(gap)
    return series


def test_each_label_set_makes_up_for_its_own_gap(tmp_path: Path) -> None:
    gaps = {"/late": 20, "/new": 5}
    for route, gap in gaps.items():
        events = counted(5, grouped(gaps), tmp_path, file=slo(EVENTS, "    group_by: [route]\n"), of=route)
        assert events == pytest.approx(gap * PER_MINUTE, rel=0.01), route


def test_maintenance_in_the_gap_of_one_label_set_is_no_others(tmp_path: Path) -> None:
    """It ended 60 minutes ago."""
    more = '    group_by: [route]\n    maintenance: [{cron: "0 2 * * *", duration: 1h}]\n'
    gaps = {"/late": 20, "/new": 5}
    late, new = (counted(5, grouped(gaps), tmp_path, file=slo(EVENTS, more), of=route) for route in gaps)
    assert late == 0
    assert new == pytest.approx(5 * PER_MINUTE, rel=0.01)


def test_maintenance_in_a_gap_leaves_it_uncounted(tmp_path: Path) -> None:
    maintained = slo(EVENTS, '    maintenance: [{cron: "0 2 * * *", duration: 1h}]\n')
    series = {"all_total": f"0+{PER_SCRAPE}x{END}"}
    assert counted(20, series, tmp_path, file=maintained) == 0
    assert counted(5, series, tmp_path, file=maintained) == pytest.approx(5 * PER_MINUTE, rel=0.01)

"""Maintenance: it is found when cron says so, burns nothing and alerts nobody, and hides no incident after it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cronsim import CronSim

from slostack.rules.maintenance import touched
from slostack.spec.maintenance import Maintenance
from slostack.spec.quantities import Duration
from tests.rules.playing import DAY, HOUR, MINUTE, ask, play, slo_file

STEP = 5 * MINUTE
DAYS = 6
STARTS = ["2028-02-26", "2027-02-25", "2027-04-27", "2027-12-29", "2027-08-11"]
"""Six days are watched from each: around a leap day, the ends of short months and of a year, and mid-month."""
WINDOWS = [
    ("0 2 * * *", "2h"),
    ("0 0 * * *", "23h"),
    ("30 23 * * SAT", "1h30m"),
    ("0 2 * * 0", "2h"),
    ("0 2 * * 7", "2h"),
    ("0 22 * * 1-5", "3h"),
    ("15,45 8,20 * * *", "10m"),
    ("*/20 3-5 * * *", "5m"),
    ("10-50/20 */6 * * *", "15m"),
    ("0 0 L * *", "1d"),
    ("0 12 15,L * *", "1h"),
    ("0 12 29 2 *", "6h"),
    ("0 1 30,31 * *", "2h"),
    ("0 3 1 * MON", "1h"),
    ("0 3 1-31 * MON", "1h"),
    ("0 3 1 * 0-6", "1h"),
    ("0 3 L * 2", "1h"),
    ("0 3 */2 * 3", "1h"),
    ("0 3 1-7 * *", "1h"),
    ("0 0 * JAN,MAR-APR *", "7d"),
    ("* 4 * * *", "30m"),
]


def maintenance(cron: str, duration: str) -> Maintenance:
    return Maintenance.model_validate({"cron": cron, "duration": duration})


def under_way(window: Maintenance, first: datetime, last: datetime) -> list[float]:
    """Every fifth minute of maintenance, by cronsim's own iteration."""
    lasts = timedelta(seconds=window.duration.seconds)
    begins = CronSim(window.cron, first - lasts - timedelta(minutes=1))
    times: set[float] = set()
    for began in begins:
        if began > last:
            break
        at = began + timedelta(seconds=-began.timestamp() % STEP)
        while at < began + lasts:
            if first < at <= last:
                times.add(at.timestamp())
            at += timedelta(seconds=STEP)
    return sorted(times)


@pytest.mark.parametrize("date", STARTS)
def test_it_is_when_cron_says_so(date: str) -> None:
    first = datetime.fromisoformat(f"{date}T00:00:00Z")
    windows = [maintenance(*window) for window in WINDOWS]
    since = f"vector(time() - {first.timestamp():.0f})"
    queries = [  # a day at a time, because promtool holds no more than 10,000 samples
        f"{function}((({touched((window,))}) * on () {since})[1d:{STEP}s] offset {days}d)"
        for window in windows
        for function in ("count_over_time", "sum_over_time")
        for days in range(DAYS)
    ]
    answers = [sum(answer.values()) for answer in ask(queries, DAYS * DAY, f"{date}T00:00:00Z")]
    for number, window in enumerate(windows):
        times = under_way(window, first, first + timedelta(days=DAYS))
        counts, sums = (answers[(2 * number + each) * DAYS :][:DAYS] for each in (0, 1))
        assert (sum(counts), sum(sums)) == (len(times), sum(at - first.timestamp() for at in times)), window.cron


def test_the_oracle_sees_each_begin_and_end() -> None:
    firsts = [datetime.fromisoformat(f"{date}T00:00:00Z") for date in STARTS]
    for window in WINDOWS:
        last = timedelta(days=DAYS)
        found = sum(len(under_way(maintenance(*window), first, first + last)) for first in firsts)
        assert 0 < found < len(STARTS) * DAYS * DAY / STEP, window


def test_a_span_touches_what_ended_within_it() -> None:
    window = maintenance("0 2 * * *", "30m")
    query = f"sum_over_time((({touched((window,), Duration(HOUR))}) * on () vector(time()))[1d:{STEP}s])"
    (answer,) = ask([query], DAY, "1970-01-01T00:00:00Z")
    assert next(iter(answer.values())) == sum(range(2 * HOUR, 3 * HOUR + 30 * MINUTE, STEP))


NIGHTLY = """
sli: {events: {bad: bad_total, total: all_total}}
maintenance:
  - {cron: "0 1 * * *", duration: 30m}
  - {cron: "20 1 * * *", duration: 20m}
  - {cron: "0 5 * * *", duration: 1h}
alerting: {least_failures: 1, absence: {for: 1m}, spent: {share: 1}}
"""
BEGINS, ENDS, LATER = HOUR, 100 * MINUTE, 165 * MINUTE
FIRING = 'count(ALERTS{alertstate="firing"}) or vector(0)'
PAGES = 'count(ALERTS{alertstate="firing",severity="critical"}) or vector(0)'
BAD = "sum(sum_over_time(slo:bad_events:count5m[4h]))"
REMAINING = "slo:error_budget_remaining:ratio"


def failing(*incidents: tuple[int, int], until: int) -> str:
    """Counts of a request a second, all of which fail in some spans of time, scraped every 15 s."""
    count, values = 0, []
    for at in range(0, until + 15, 15):
        values.append(count)
        count += 15 * any(start <= at < end for start, end in incidents)
    return " ".join(map(str, values))


def night(*incidents: tuple[int, int], until: int = LATER) -> dict[str, str]:
    return {"all_total": f"0+15x{until // 15}", "bad_total": failing(*incidents, until=until)}


def test_errors_during_it_burn_nothing_and_alert_neither_then_nor_later() -> None:
    times = range(0, LATER + 1, 150)
    played = play(slo_file(NIGHTLY), night((BEGINS, ENDS)), {FIRING: times, BAD: [LATER], REMAINING: times})
    assert not any(played.value(FIRING, at) for at in times)
    assert played.value(BAD, LATER) == 0
    assert {played.value(REMAINING, at) for at in times[6:]} == {1}


@pytest.mark.parametrize("policy", ["google", "workbook"])
def test_what_fires_before_it_is_quiet_during_it(policy: str) -> None:
    slo = slo_file(NIGHTLY.replace("least_failures: 1", f"policy: {policy}"))
    before, times = BEGINS - 2 * MINUTE, range(BEGINS + 30, ENDS, 60)
    played = play(slo, night((BEGINS - 30 * MINUTE, BEGINS)), {FIRING: [before, *times]})
    assert (played.value(FIRING, before) or 0) >= 3
    assert not any(played.value(FIRING, at) for at in times)


def test_an_absent_service_is_quiet_during_it() -> None:
    series = {"all_total": f"0+15x{BEGINS // 15} _x{6 * HOUR // 15}"}
    times = range(BEGINS, ENDS, 30)
    played = play(slo_file(NIGHTLY), series, {FIRING: [*times, ENDS + 2 * MINUTE], "slo:maintenance:bool": times})
    assert not any(played.value(FIRING, at) for at in times)
    assert played.value(FIRING, ENDS + 2 * MINUTE) == 1
    assert {played.value("slo:maintenance:bool", at) for at in times} == {1}


def test_an_incident_that_begins_right_after_it_pages_in_time() -> None:
    quiet, paging = ENDS + 4 * MINUTE, ENDS + 5 * MINUTE + 30
    played = play(slo_file(NIGHTLY), night((BEGINS, LATER)), {PAGES: [quiet, paging, ENDS + 12 * MINUTE]})
    assert played.value(PAGES, quiet) == 0
    assert played.value(PAGES, paging) == 1
    assert played.value(PAGES, ENDS + 12 * MINUTE) == 1


def test_an_incident_that_goes_on_through_it_pages_before_and_after_it() -> None:
    times = [BEGINS - MINUTE, BEGINS + 11 * MINUTE, ENDS - MINUTE, ENDS + 6 * MINUTE]
    played = play(slo_file(NIGHTLY), night((BEGINS - 15 * MINUTE, LATER)), {PAGES: times})
    assert [played.value(PAGES, at) for at in times] == [1, 0, 0, 1]


def test_a_few_failures_after_it_are_not_multiplied_by_its_traffic() -> None:
    sli = "sli: {events: {bad: bad_total, total: all_total}}"
    slo = f'{sli}\nmaintenance: [{{cron: "0 1 * * *", duration: 40m}}]\nalerting: {{least_failures: 20}}'
    after = ENDS + 12 * MINUTE
    series = {
        "all_total": f"0+60x{ENDS // 15} _ _ {60 * ENDS // 15}+0.15x400",
        "bad_total": f"0x{ENDS // 15 + 20} 0+0.15x400",
    }
    played = play(slo_file(slo), series, {"slo:failures:count1h": [after], PAGES: [after]})
    assert played.value("slo:failures:count1h", after) == pytest.approx(5, abs=4)
    assert played.value(PAGES, after) == 0


@pytest.mark.parametrize(("length", "others"), [("1m", 120), ("10m", 17), ("1h", 2)])
def test_slices_that_began_in_it_are_not_judged(length: str, others: int) -> None:
    slo = f"""
    sli: {{slices: {{length: {length}, value: max(load), below: 1}}}}
    maintenance: [{{cron: "0 1 * * *", duration: 40m}}]
    """
    slo = slo.replace("max(load)", "'max(max_over_time(load[$window]))'")
    series = {"load": f"0x{BEGINS // 60} 2x{(ENDS - BEGINS) // 60 - 1} 0x200"}
    played = play(
        slo_file(slo),
        series,
        {BAD: [4 * HOUR], "sum(sum_over_time(slo:events:count5m[4h]))": [4 * HOUR]},
        step=60,
        every=300,
    )
    assert played.value(BAD, 4 * HOUR) == 0
    judged = played.value("sum(sum_over_time(slo:events:count5m[4h]))", 4 * HOUR)
    assert judged
    assert judged >= others


def test_an_outage_that_maintenance_left_behind_costs_the_traffic_before_it() -> None:
    slo = """
    sli: {events: {bad: bad_total, total: all_total}, up: 'up{job="api"}'}
    maintenance: [{cron: "0 1 * * *", duration: 40m}]
    """
    down = BEGINS + 20 * MINUTE
    series = {"up{job='api'}": f"1x{down // 15} 0x{4 * HOUR // 15}", "all_total": f"0+15x{down // 15 - 1} stale"}
    counted = "slo:bad_events:count5m"
    times = [ENDS, ENDS + 15 * MINUTE, ENDS + 50 * MINUTE, ENDS + 90 * MINUTE]
    played = play(slo_file(slo), series, {counted: times})
    assert [played.value(counted, at) for at in times] == pytest.approx([0, 300, 300, 300], rel=0.02)

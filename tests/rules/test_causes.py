"""While its cause fires a budget's alerts don't begin, nor its pages as long after as they see what the cause did."""

from __future__ import annotations

from tests.rules.playing import HOUR, MINUTE, Played, play, repeated, slo_file

FIRING = 'ALERTS{alertname="ErrorBudgetBurn",alertstate="firing"}'
PAGES = f'count({FIRING.removesuffix("}")},tier=~"page-.*"}})'
TICKETS = f'count({FIRING.removesuffix("}")},tier=~"ticket-.*"}})'
ABSENT = 'count(ALERTS{alertname="SLIAbsent",alertstate="firing"})'
BROKEN = 'count(ALERTS{alertname="Broken",alertstate="firing"})'
FILE = (
    slo_file(
        "sli: {events: {bad: bad_total, total: all_total}}\nalerting: {silenced_by: [Broken], absence: {}}",
    )
    + "alerts: [{name: Broken, expr: broken == 1, for: 1m, severity: critical, summary: B, runbook: a.md}]\n"
)
STEP = 30


def played(ill: tuple[int, int], broken: tuple[float, int], until: int) -> Played:
    """An hour and more, in minutes: from when until when half of all requests fail, and the cause is there."""
    failing = [STEP * 5 * (ill[0] * MINUTE <= at * STEP < ill[1] * MINUTE) for at in range(until * MINUTE // STEP)]
    errors = [sum(failing[:index]) for index in range(len(failing))]
    lengths = (("0", broken[0]), ("1", broken[1] - broken[0]))
    series = {
        "all_total": f"0+{STEP * 10}x{len(errors)}",
        "bad_total": " ".join(map(str, errors)),
        "broken": " ".join([*(repeated(value, round(n * 2)) for value, n in lengths), "0x400"]),
    }
    times = range(HOUR, until * MINUTE, 30)
    return play(FILE, series, dict.fromkeys((PAGES, TICKETS, BROKEN), times), step=STEP)


def minutes(of: Played, query: str) -> list[float]:
    """When something fires, as the minutes at which that begins and ends."""
    firing = [
        (at, value is not None) for (asked, at) in of.answers if asked == query for value in [of.value(query, at)]
    ]
    changes = [at / 60 for (at, fires), (_, before) in zip(firing[1:], firing, strict=False) if fires != before]
    return [firing[0][0] / 60, *changes] if firing[0][1] else changes


def test_what_a_cause_does_is_never_a_page_and_a_ticket_once_it_is_over() -> None:
    of = played(ill=(62, 80), broken=(61, 80), until=130)
    assert minutes(of, BROKEN) == [62, 80]
    assert minutes(of, PAGES) == []
    assert minutes(of, TICKETS)[0] == 80.5


def test_what_burns_at_once_waits_for_a_cause_that_is_evaluated_later() -> None:
    of = played(ill=(61, 80), broken=(61.5, 80), until=100)
    assert minutes(of, BROKEN) == [62.5, 80]
    assert minutes(of, PAGES) == []


def test_what_goes_on_when_the_cause_is_over_is_a_page_minutes_later() -> None:
    of = played(ill=(62, 120), broken=(61, 70), until=120)
    (begin,) = minutes(of, PAGES)
    assert begin == 73.5


def test_what_fails_for_a_minute_as_it_comes_back_is_no_page() -> None:
    assert minutes(played(ill=(62, 71), broken=(61, 70), until=100), PAGES) == []


def test_a_single_failure_after_the_cause_is_no_page() -> None:
    series = {
        "all_total": "0+30x240",
        "bad_total": f"0x120 {' '.join(str(30 * at) for at in range(1, 21))} 600x18 601x80",
        "broken": f"0x119 {repeated('1', 21)} 0x100",
    }
    of = play(FILE, series, dict.fromkeys((BROKEN, PAGES), range(HOUR, 100 * MINUTE, 30)), step=STEP)
    assert minutes(of, BROKEN) == [61, 70.5]
    assert minutes(of, PAGES) == []


def test_a_page_that_was_there_before_ends_by_itself_while_the_cause_fires() -> None:
    begin, end = minutes(played(ill=(60, 75), broken=(65, 110), until=110), PAGES)
    assert begin <= 62
    assert 75 <= end <= 80


def test_nothing_that_is_measured_is_no_alert_while_the_cause_fires() -> None:
    series = {"all_total": "0+100x20 stale", "bad_total": "0x20 stale", "broken": "0x19 1x60 0x200"}
    times = [30 * MINUTE, 38 * MINUTE, 60 * MINUTE]
    of = play(FILE, series, {ABSENT: times}, step=STEP)
    assert [of.value(ABSENT, at) for at in times] == [None, None, 1]


CAUSE = "{name: Cause, expr: cause == 1, for: 1m, severity: critical, summary: C, runbook: a.md"
SYMPTOM = "severity: critical, summary: S, runbook: a.md, silenced_by: [Cause]}"
THRESHOLDS = (
    slo_file("sli: {events: {bad: bad_total, total: all_total}}")
    + f"""alerts:
  - {CAUSE}}}
  - {CAUSE.replace("Cause", "Slow").replace("for: 1m", "for: 10m")}}}
  - {CAUSE.replace("Cause", "Kept")}, keep_firing_for: 6m}}
  - {{name: Gauge, expr: ill == 1, for: 2m, {SYMPTOM}
  - {{name: Window, expr: 'max_over_time(ill[5m]) == 1', {SYMPTOM}
  - {{name: Waits, expr: 'max_over_time(ill[5m]) == 1', for: 4m, {SYMPTOM}
  - {{name: Past, expr: 'ill - avg_over_time(ill[1h] offset 1d) > 0 or ill > resets(ill[1h]) / 2', {SYMPTOM}
  - {{name: AfterKept, expr: 'max_over_time(ill[5m]) == 1', {SYMPTOM.replace("Cause", "Kept")}
  - {{name: Patient, expr: ill == 1, for: 1m, {SYMPTOM.replace("Cause", "Slow")}
"""
)


def first_told(alert: str, broken: tuple[int, int], until: int = 100) -> float:
    """The minute at which an alert begins; something is ill from minute 61 on, and the cause there in some minutes."""
    query = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'
    cause = " ".join([repeated("0", broken[0] * 2), repeated("1", (broken[1] - broken[0]) * 2), "0x400"])
    series = {"ill": f"{repeated('0', 122)} 1x400", "cause": cause}
    of = play(THRESHOLDS, series, {query: range(HOUR, until * MINUTE, 30)}, step=STEP)
    return minutes(of, query)[0]


def test_a_symptom_waits_after_its_cause_for_what_it_sees_of_it_less_what_its_for_waits() -> None:
    told = {name: first_told(name, (60, 70)) for name in ("Gauge", "Window", "Waits", "Past", "AfterKept")}
    assert told == {"Gauge": 72, "Window": 75.5, "Waits": 75.5, "Past": 70.5, "AfterKept": 76}


def test_a_symptom_with_a_for_does_not_wait_for_a_cause_that_is_slower() -> None:
    assert first_told("Patient", (60, 90)) == 62


GROUPED = (
    slo_file(
        "sli: {events: {bad: bad_total, total: all_total}}\n"
        "group_by: [region]\nalerting: {silenced_by: [RegionCut, EverywhereCut]}"
    )
    + """alerts:
  - {name: RegionCut, expr: max by (region) (cut) == 1, severity: critical, summary: C, runbook: a.md}
  - {name: EverywhereCut, expr: max(cut) == 2, severity: critical, summary: C, runbook: a.md}
  - name: Full
    expr: disk > 0.9
    severity: high
    summary: F
    runbook: a.md
    silenced_by: [RegionCut]
  - name: Slow
    expr: max by (region, route) (latency) > 1
    severity: high
    summary: S
    runbook: a.md
    silenced_by: [RegionCut]
"""
)


def grouped(series: dict[str, str], alert: str, label: str, at: int) -> set[str]:
    """The values of a label of those label sets of an alert that fire at a minute."""
    query = f'max by ({label}) (ALERTS{{alertname="{alert}",alertstate="firing"}})'
    return set(play(GROUPED, series, {query: [at * MINUTE]}, step=STEP).values(query, at * MINUTE, label))


def failing(region: str, since: int) -> dict[str, str]:
    """Requests of a region of which half fail since a minute."""
    labels = f'{{job="api",region="{region}"}}'
    return {f"all_total{labels}": "0+300x400", f"bad_total{labels}": f"0x{since * 2} 150+150x200"}


BURN = "ErrorBudgetBurn"


def test_a_cause_silences_what_is_of_its_own_group_alone() -> None:
    cut = {'cut{region="a"}': "0x119 1x200", 'cut{region="b"}': "0x400"}
    series = {**failing("a", 61), **failing("b", 61), **cut}
    assert grouped(series, BURN, "region", 70) == {"b"}
    assert grouped({**series, 'cut{region="b"}': "0x119 2x200"}, BURN, "region", 70) == set()


def test_a_group_that_was_told_before_goes_on_and_lets_no_other_through() -> None:
    series = {**failing("a", 61), **failing("b", 75), 'cut{region="c"}': "0x139 2x200"}
    assert grouped(series, BURN, "region", 69) == {"a"}
    assert grouped(series, BURN, "region", 85) == {"a"}


def test_a_symptom_with_labels_of_its_own_is_told_apart_by_all_of_them() -> None:
    full = {
        f'disk{{job="api",region="b",device="{device}"}}': f"0x{at * 2} 1x200" for device, at in (("x", 5), ("y", 15))
    }
    series = {**full, 'cut{region="a"}': "0x19 1x200"}
    assert grouped(series, "Full", "device", 9) == {"x"}
    assert grouped(series, "Full", "device", 20) == {"x"}


def test_a_symptom_of_more_labels_than_its_cause_is_matched_by_those_of_both() -> None:
    slow = {
        f'latency{{region="{region}",route="{route}"}}': f"0x{at * 2} 2x200"
        for region, route, at in (("a", "/x", 5), ("a", "/y", 15), ("b", "/x", 15))
    }
    series = {**slow, 'cut{region="a"}': "0x19 1x200"}
    assert grouped(series, "Slow", "route", 9) == {"/x"}
    query = 'count(ALERTS{alertname="Slow",alertstate="firing"})'
    at = 20 * MINUTE
    assert play(GROUPED, series, {query: [at]}, step=STEP).value(query, at) == 2

"""The made-up month of the demo's SLOs, as their rules record them."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from slostack import names
from slostack.demo.recorded_history import GRAPHED, LENGTH, STEP, recorded_history
from slostack.demo.scenarios import MODELS
from slostack.spec import SLO_FOLDER, Duration, Service, load_service, parse_service

ROOT = Path(__file__).parents[3]
FILE = ROOT / SLO_FOLDER / "learnsnap.yaml"
NOW = 1_800_000_123.9
_LINE = re.compile(r'(\S+)\{service="learnsnap",slo="([^"]+)"\} (\S+) (\d+)\n')

Series = dict[tuple[str, str], dict[int, float]]


@pytest.fixture(scope="module")
def learnsnap() -> Service:
    return load_service(FILE, ROOT)


@pytest.fixture(scope="module")
def history(learnsnap: Service) -> Series:
    series: Series = defaultdict(dict)
    for line in recorded_history(learnsnap, MODELS["learnsnap"], NOW):
        if match := _LINE.fullmatch(line):
            series[match[1], match[2]][int(match[4])] = float(match[3])
    return series


def test_every_slo_has_a_month_that_ends_now(learnsnap: Service, history: Series) -> None:
    for slo in learnsnap.slos:
        times = list(history[names.EVENTS, slo.name])
        assert len(times) == LENGTH.seconds // STEP
        assert times[-1] == int(NOW)
        assert {later - earlier for earlier, later in pairwise(times)} == {STEP}
        for name in (names.BAD_EVENTS, names.BUDGET_REMAINING, names.OBJECTIVE):
            assert list(history[name, slo.name]) == times
        for name in (names.error_ratio(slo.window), names.burn_rate(slo.window)):
            assert list(history[name, slo.name]) == times[-GRAPHED.seconds // STEP :]
        assert list(history[names.tier(names.error_ratio(slo.window)), slo.name]) == times[-1:]


def test_good_events_are_recorded_where_the_sli_counts_them(history: Series) -> None:
    with_good = {slo for name, slo in history if name == names.GOOD_EVENTS}
    assert with_good == {"ai-success", "payment-success", "quiz-latency-p95", "quiz-latency-p99"}
    for slo in with_good:
        for time, good in history[names.GOOD_EVENTS, slo].items():
            assert good + history[names.BAD_EVENTS, slo][time] == history[names.EVENTS, slo][time]


def test_the_month_is_healthy_in_its_own_way(learnsnap: Service, history: Series) -> None:
    left = {slo.name: history[names.BUDGET_REMAINING, slo.name][int(NOW)] for slo in learnsnap.slos}
    assert len({round(each, 3) for each in left.values()}) == len(learnsnap.slos)
    for slo in learnsnap.slos:
        bad, events = sum(history[names.BAD_EVENTS, slo.name].values()), sum(history[names.EVENTS, slo.name].values())
        assert 0.2 <= bad / events / slo.budget <= 0.8
        for window in (Duration(86400), Duration(3 * 86400)):
            assert max(list(history[names.error_ratio(window), slo.name].values())[-2000:]) < slo.budget


def test_an_incident_weeks_ago_hit_some(learnsnap: Service, history: Series) -> None:
    """At the same time, and so long ago that no window that alerts, and no report of the last weeks, has it."""
    hit = {}
    for slo in learnsnap.slos:
        bad, events = history[names.BAD_EVENTS, slo.name], history[names.EVENTS, slo.name]
        times = [time for time in bad if bad[time] > 8 * events[time] * slo.budget]
        if times:
            hit[slo.name] = times
            assert max(times) < NOW - 20 * 86400
            assert max(times) - min(times) < 4 * 3600
    assert hit.keys() == {"quiz-latency-p95", "ai-success", "payment-success"}
    assert len({times[-1] for times in hit.values()}) == 1 or len({times[0] for times in hit.values()}) == 1


def test_what_is_derived_agrees_with_the_counts(learnsnap: Service, history: Series) -> None:
    slo = learnsnap.slos[0]
    bad, events = (list(history[name, slo.name].values()) for name in (names.BAD_EVENTS, names.EVENTS))
    day = 86400 // STEP
    ratio = sum(bad[-day:]) / sum(events[-day:])
    assert history[names.error_ratio(Duration(86400)), slo.name][int(NOW)] == pytest.approx(ratio)
    left = 1 - sum(bad) / sum(events) / slo.budget
    assert history[names.BUDGET_REMAINING, slo.name][int(NOW)] == pytest.approx(left)
    half = len(events) // 2
    weighted = 1 - sum(bad[:half]) / sum(events[:half]) / slo.budget / 2
    assert list(history[names.BUDGET_REMAINING, slo.name].values())[half - 1] == pytest.approx(weighted)


def test_traffic_has_the_shape_of_a_day(history: Series) -> None:
    by_hour: dict[int, float] = defaultdict(float)
    for time, count in history[names.EVENTS, "availability"].items():
        by_hour[time // 3600 % 24] += count
    assert max(by_hour, key=by_hour.__getitem__) in (16, 17)
    assert min(by_hour, key=by_hour.__getitem__) in (4, 5)
    assert max(by_hour.values()) > 1.5 * min(by_hour.values())


def test_the_same_time_gives_the_same_history(learnsnap: Service) -> None:
    one = learnsnap.model_copy(update={"slos": learnsnap.slos[:1]})
    assert list(recorded_history(one, MODELS["learnsnap"], NOW)) == list(
        recorded_history(one, MODELS["learnsnap"], NOW)
    )


def test_what_the_demo_does_not_count_has_no_history() -> None:
    text = FILE.read_text().replace("ai_generations_total", "other_total")
    other = parse_service(text, "learnsnap.yaml")
    lines = "".join(recorded_history(other, MODELS["learnsnap"], NOW))
    assert "ai-success" not in lines
    assert "payment-success" in lines

"""The simulation does what a running Prometheus does: when samples are seen, go stale, and alerts change."""

from __future__ import annotations

import pytest

from slostack import plain_yaml
from slostack.errors import SlostackError
from slostack.simulation import (
    Counters,
    Gauge,
    Histogram,
    Incident,
    Query,
    Result,
    Scenario,
    ScrapeFailures,
    Scraping,
    SkippedEvaluations,
    Span,
    Target,
    Traffic,
    simulate,
)
from slostack.simulation.scrapes import scrapes

LENGTH = 1800.0
EVERY_FIVE_SECONDS = tuple(range(5, int(LENGTH), 5))
BROKEN = Incident(600, 900, 1.0)


def target(scraping: Scraping, **changes: object) -> Target:
    """A pod of ten requests a second and a gauge that falls to 0 while BROKEN."""
    fields: dict[str, object] = {
        "labels": {"job": "api", "instance": "a"},
        "traffic": Traffic(10, exact=True),
        "life": Span(0, LENGTH),
        "incidents": (BROKEN,),
        "exposes": (Counters(), Gauge("healthy")),
        "scraping": scraping,
    }
    return Target(**{**fields, **changes})  # type: ignore[arg-type]


def rules(**alert: object) -> dict[str, str]:
    """A rule file with one alert, evaluated every 30 s, and a recording of the gauge."""
    recording = {"record": "recorded", "expr": "healthy"}
    fires = {"alert": "Ill", "expr": "healthy == 0", **alert}
    group = {"name": "g", "interval": "30s", "rules": [recording, fires]}
    return {"rules.yaml": plain_yaml.dump({"groups": [group]})}


def values(result: Result, query: str) -> dict[float, float | None]:
    return {float(at): result.value(query, at) for at in EVERY_FIVE_SECONDS}


def run(scenario: Scenario, exprs: dict[str, str], **alert: object) -> Result:
    return simulate(rules(**alert), scenario, {name: Query(expr, EVERY_FIVE_SECONDS) for name, expr in exprs.items()})


def test_a_sample_is_stamped_with_its_scrapes_start_and_seen_at_its_end() -> None:
    slow = Scenario((target(Scraping(duration=12, interval=30)),), LENGTH)
    result = run(slow, {"age": "time() - timestamp(healthy)"})
    ages = [age for age in values(result, "age").values() if age is not None]
    assert 12 <= min(ages) < 17
    assert 37 <= max(ages) < 42


def test_a_failed_scrape_makes_series_stale_and_up_zero() -> None:
    failing = Scraping(failures=(ScrapeFailures(1000, 1200, 1.0),))
    result = run(Scenario((target(failing),), LENGTH), {"up": "up", "healthy": "healthy"})
    for at in EVERY_FIVE_SECONDS:
        if 20 < at < 1000 or at > 1220:
            assert (result.value("up", at), result.value("healthy", at) is None) == (1, False)
        elif 1020 < at < 1200:
            assert (result.value("up", at), result.value("healthy", at)) == (0, None)


def test_a_vanished_target_is_stale_soon_but_a_restarted_server_does_not_know_of_it() -> None:
    """Staleness markers come after 2.1 intervals; without them the last value is seen for five minutes."""
    short = target(Scraping(), life=Span(0, 1000))
    gone = run(Scenario((short,), LENGTH), {"up": "up"})
    down = run(Scenario((short,), LENGTH, server_down=(Span(995, 1060),)), {"up": "up"})
    assert 1015 <= _last_seen(gone, "up") < 1060
    assert 1280 <= _last_seen(down, "up") < 1300


def test_counters_restart_from_nothing_and_error_series_are_born_with_their_first_error() -> None:
    result = run(
        Scenario((target(Scraping(), restarts=(1200.0,)),), LENGTH),
        {"bad": 'http_requests_total{code="500"}', "resets": 'resets(http_requests_total{code="200"}[10m])'},
    )
    bad = values(result, "bad")
    assert bad[595] is None
    assert bad[1190] == pytest.approx(3000)
    assert bad[1230] is None
    assert values(result, "resets")[1300] == 1


def test_a_histogram_counts_bad_requests_as_slow_ones() -> None:
    result = run(
        Scenario((target(Scraping(), exposes=(Histogram(), Gauge("healthy"))),), LENGTH),
        {"fast": 'http_request_duration_seconds_bucket{le="0.3"}', "all": "http_request_duration_seconds_count"},
    )
    assert result.value("fast", 1795) == pytest.approx(17_900 - 3000, abs=200)
    assert result.value("all", 1795) == pytest.approx(17_900, abs=200)


def test_alerts_wait_and_keep_firing_as_their_rules_say() -> None:
    result = run(Scenario((target(Scraping()),), LENGTH), {}, **{"for": "1m", "keep_firing_for": "2m"})
    states = [(each.state, each.at) for each in result.transitions]
    (pending, began), (firing, fired), (inactive, ended) = states
    assert (pending, firing, inactive) == ("pending", "firing", "inactive")
    assert 600 <= began < 650
    assert fired - began == 60
    assert 1020 <= ended < 1075


def test_rules_read_what_they_recorded_themselves() -> None:
    """And recorded results that vanish are stale at once."""
    scenario = Scenario((target(Scraping(), life=Span(0, 1000)),), LENGTH)
    alert = {"expr": "count_over_time(recorded[2m]) >= 3 unless recorded"}
    (fired,) = run(scenario, {}, **alert).firing(alertname="Ill")
    assert 1030 < fired.start < 1120


def test_missed_evaluations_record_nothing() -> None:
    missed = SkippedEvaluations("g", (Span(900, 1200),))
    result = run(Scenario((target(Scraping()),), LENGTH, skipped=(missed,)), {"n": "count_over_time(recorded[4m])"})
    assert values(result, "n")[900] == 8
    assert values(result, "n")[1195] is None
    assert result.firing(alertname="Ill")[0].end > 1200, "the alert was not evaluated meanwhile"


def test_a_restart_loses_alerts_until_they_are_evaluated_again() -> None:
    down = Span(700, 760)
    result = run(Scenario((target(Scraping()),), LENGTH, server_down=(down,)), {"up": "up"})
    first, second = result.firing(alertname="Ill")
    assert first.end == 700
    assert 760 < second.start <= 830
    (lost,) = [each for each in result.transitions if each.state == "lost"]
    assert lost.until is not None
    assert 840 < lost.until <= 940, "four minutes after it was last sent"
    assert 725 not in result.answers["up"], "nobody answers while the server is down"


def test_a_rule_that_fails_is_an_error() -> None:
    twins = tuple(target(Scraping(), labels={"job": "api", "instance": name}) for name in "ab")
    with pytest.raises(SlostackError, match=r"group g, rule Ill: .*duplicate series"):
        run(Scenario(twins, LENGTH), {}, expr="up * on (job) healthy")


def test_a_rule_file_that_cannot_be_loaded_is_an_error() -> None:
    with pytest.raises(SlostackError, match="could not parse expression"):
        run(Scenario((target(Scraping()),), LENGTH), {}, expr="sum(")


def test_the_same_seed_gives_the_same_scrapes_in_order() -> None:
    def of(seed: int) -> Scenario:
        noisy = target(Scraping(jitter=3), traffic=Traffic(0.5, 0.3, 0.01, 1.0))
        return Scenario((noisy, noisy), LENGTH, seed)

    once, again, other = (list(scrapes(of(seed))) for seed in (1, 1, 2))
    assert once == again != other
    assert [each.seen for each in once] == sorted(each.seen for each in once)


def _last_seen(result: Result, query: str) -> float:
    return max(at for at, value in values(result, query).items() if value is not None)

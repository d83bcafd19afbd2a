"""The simulated LearnSnap: repeatable, healthy by default, and broken in the right place."""

from __future__ import annotations

import pytest

from slostack.demo.conditions import ORDINARY, Conditions
from tests.unit.demo.playing import Play, samples

MINUTE, HOUR, DAY = 60, 3600, 86400


def everything(play: Play) -> list[tuple[str, dict[str, str], float]]:
    return [(sample.name, sample.labels, sample.value) for sample in samples(play.families())]


def test_the_same_seed_and_clock_give_the_same_metrics() -> None:
    plays = Play(seed=1), Play(seed=1), Play(seed=2)
    for play in plays:
        play.run(HOUR, "errors", step=5)
    assert everything(plays[0]) == everything(plays[1])
    assert everything(plays[0]) != everything(plays[2])


def test_every_counter_is_there_from_the_start() -> None:
    play = Play()
    before = {(name, *labels.items()) for name, labels, _ in everything(play)}
    play.run(3 * HOUR, "payment-replay", "database-exhausted", "quiz-timeout", "session-lost", step=5)
    assert {(name, *labels.items()) for name, labels, _ in everything(play)} == before
    assert Play().value("http_requests_total") == 0


def test_an_ordinary_day_is_well_inside_every_objective() -> None:
    play = Play()
    play.run(DAY, step=15)
    answered = play.value("http_requests_total")
    failed = play.value("http_requests_total", status="500") + play.value("http_requests_total", status="503")
    assert 20 < answered / play.now < 40
    assert 0.0002 * 0.5 < failed / answered < 0.0003 * 1.3
    quizzes = play.value("quiz_generation_duration_seconds_count")
    assert play.value("quiz_generation_duration_seconds_bucket", le="60.0") / quizzes > 0.99
    assert play.value("quiz_generation_duration_seconds_bucket", le="120.0") / quizzes > 0.998
    generated = play.value("ai_generations_total")
    assert play.value("ai_generations_total", result="success") / generated == pytest.approx(0.985, abs=0.005)
    begun = play.value("payments_total", result="initiated")
    assert play.value("payments_total", result="completed") / begun == pytest.approx(0.997, abs=0.002)
    assert play.value("quiz_queue_jobs", state="dead") == 0


def test_the_first_hour_after_a_start_has_no_chance_failures() -> None:
    for seed in range(5):
        play = Play(seed)
        play.run(HOUR - 15, step=15)
        assert play.value("http_requests_total", status="500") == 0
        assert play.value("ai_generations_total", result="failure") == 0
        assert play.value("payments_total", result="initiated") == play.value("payments_total", result="completed")


def test_a_long_pause_is_not_made_up() -> None:
    play = Play()
    play.service.advance(DAY, ORDINARY)
    assert play.value("http_requests_total") < 50 * MINUTE


def test_a_clock_that_goes_back_stops_time_and_breaks_nothing() -> None:
    play = Play(start=1000)
    play.run(MINUTE)
    before = play.value("http_requests_total")
    for now in (900, 1000, 1000 + MINUTE):
        play.service.advance(now, ORDINARY)
        assert play.value("http_requests_total") == before
    play.service.advance(1000 + 2 * MINUTE, ORDINARY)
    assert play.value("http_requests_total") > before


def test_outage_counts_nothing_and_ends_with_a_restart() -> None:
    play = Play()
    play.run(HOUR, step=5)
    assert play.increase(10 * MINUTE, "http_requests_total", "outage") == 0
    assert not play.service.conditions.answers
    [step] = play.run(1)
    assert step.crashed
    assert play.value("process_start_time_seconds") == play.now
    assert play.value("http_requests_total") < 100


def test_errors_fail_a_tenth_of_the_requests() -> None:
    play = Play()
    failed = play.increase(10 * MINUTE, "http_requests_total", "errors", status="500")
    assert failed / play.value("http_requests_total") == pytest.approx(0.10, abs=0.01)


def test_exhausted_connections_are_18_or_more_and_fail_requests() -> None:
    play = Play()
    play.run(MINUTE)
    assert play.value("pg_stat_activity_count") == 8
    assert play.increase(10 * MINUTE, "http_requests_total", "database-exhausted", status="503") > 150
    assert 18 <= play.value("pg_stat_activity_count") <= 20


def test_a_rate_limit_opens_geminis_breaker_and_dips_success() -> None:
    play = Play()
    play.run(HOUR, "ai-rate-limited")
    assert play.value("circuit_breaker_state", provider="gemini", state="OPEN") == 1
    assert play.value("circuit_breaker_state", provider="gemini", state="CLOSED") == 0
    assert play.value("circuit_breaker_state", provider="openai", state="OPEN") == 0
    assert play.value("ai_generations_total", provider="gemini") < 5
    success = play.value("ai_generations_total", result="success") / play.value("ai_generations_total")
    assert success == pytest.approx(0.83, abs=0.05)


def test_a_leak_passes_800_mb_without_eating_any() -> None:
    play = Play()
    play.run(MINUTE)
    assert play.value("process_resident_memory_bytes") < 400e6
    play.run(6 * MINUTE, "memory-leak")
    assert 800e6 < play.value("process_resident_memory_bytes") < 900e6
    play.run(10 * MINUTE)
    assert play.value("process_resident_memory_bytes") < 400e6


def test_replayed_webhooks_complete_payments_twice_and_fail() -> None:
    play = Play()
    play.run(30 * MINUTE, "payment-replay")
    assert play.value("payments_total", result="completed") > 3 * play.value("payments_total", result="initiated")
    failed = play.value("http_requests_total", route="/api/webhooks/paylink", status="500")
    assert failed / play.value("http_requests_total") > 0.05


def test_crashes_reset_the_counters_and_lose_the_sessions() -> None:
    play = Play()
    play.run(HOUR, step=5)
    steps = play.run(10 * MINUTE, "session-lost")
    assert sum(step.crashed for step in steps) == 5
    assert play.value("http_requests_total") < 150 * 20
    lost = sum(n for step in steps for outcome, n in step.requests.items() if outcome.error_type == "SessionLost")
    failed = sum(n for step in steps for outcome, n in step.requests.items() if outcome.status == "503")
    assert lost > 300
    assert failed / sum(sum(step.requests.values()) for step in steps) > 0.03


def test_slow_generations_miss_the_promise_and_are_dead_lettered() -> None:
    play = Play()
    play.run(30 * MINUTE, "quiz-timeout")
    quizzes = play.value("quiz_generation_duration_seconds_count")
    assert play.value("quiz_generation_duration_seconds_bucket", le="90.0") / quizzes < 0.5
    dead = play.value("quiz_queue_jobs", state="dead")
    assert dead > 5
    play.run(30 * MINUTE)
    assert play.value("quiz_queue_jobs", state="dead") <= dead + 10
    assert play.value("quiz_queue_jobs", state="waiting") <= 3


def test_stuck_payments_are_begun_and_not_completed() -> None:
    play = Play()
    play.run(30 * MINUTE, "payment-stuck")
    completed = play.value("payments_total", result="completed") / play.value("payments_total", result="initiated")
    assert completed == pytest.approx(0.3, abs=0.1)


def test_a_dependency_is_down_and_no_payment_is_completed() -> None:
    play = Play()
    play.run(10 * MINUTE, "dependency-down")
    assert play.value("dependency_up", dependency="paylink") == 0
    assert play.value("dependency_up", dependency="gemini") == 1
    assert play.value("payments_total", result="completed") == 0
    assert play.value("payments_total", result="initiated") > 50


def test_late_backups_are_over_an_hour_old_and_healing_makes_one() -> None:
    play = Play(start=5 * DAY)
    play.run(MINUTE)
    assert play.now - play.value("backup_last_success_timestamp_seconds") <= 900
    play.run(MINUTE, "backup-late")
    age = play.now - play.value("backup_last_success_timestamp_seconds")
    assert age > 3600
    play.run(MINUTE, "backup-late")
    assert play.now - play.value("backup_last_success_timestamp_seconds") == pytest.approx(age + MINUTE)
    play.run(MINUTE)
    assert play.now - play.value("backup_last_success_timestamp_seconds") <= 900


def test_several_scenarios_add_up() -> None:
    play = Play()
    play.run(10 * MINUTE, "errors", "database-exhausted", "memory-leak")
    assert play.value("http_requests_total", status="500") > 300
    assert play.value("http_requests_total", status="503") > 200
    assert play.value("process_resident_memory_bytes") > 800e6


def test_healing_ends_the_failures() -> None:
    play = Play()
    play.run(10 * MINUTE, "errors", "database-exhausted")
    assert play.increase(10 * MINUTE, "http_requests_total", status="500") == 0
    assert play.value("pg_stat_activity_count") == 8
    assert play.service.conditions == Conditions()

"""The log: JSON lines with what a search needs, few of them, without secrets."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from slostack.demo.logs import MOST_FAILURES, MOST_REQUESTS, LogLine, log_lines
from slostack.demo.scenarios import SCENARIOS
from slostack.demo.simulation import Step
from tests.unit.config.test_masks import masked
from tests.unit.demo.playing import SERVICE, Play


def lines(seconds: float, *scenarios: str) -> list[LogLine]:
    play, random = Play(), Random(1)
    return [line for step in play.run(seconds, *scenarios) for line in log_lines(random, step)]


def fields(line: LogLine) -> dict[str, Any]:
    data = json.loads(line.text)
    assert isinstance(data, dict)
    return data


def test_every_request_line_has_what_a_search_needs() -> None:
    requests = [fields(line) for line in lines(60, "errors") if "status" in line.text]
    assert requests
    for request in requests:
        assert {"ts", "level", "msg", "request_id", "route", "status", "duration_ms"} <= request.keys()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", request["ts"])
        assert re.fullmatch(r"[0-9a-f]{16}", request["request_id"])
        assert ("error_type" in request) == (request["status"] >= 400)
    ids = [request["request_id"] for request in requests]
    assert len(set(ids)) == len(ids)


def test_levels_follow_the_status() -> None:
    for line in lines(300, "errors"):
        data = fields(line)
        assert data["level"] == line.level
        if "status" in data:
            assert line.level == ("info" if data["status"] < 400 else "warn" if data["status"] < 500 else "error")
    assert {line.level for line in lines(300, "errors")} == {"info", "warn", "error"}


def test_few_lines_a_second_are_logged_however_many_requests_fail() -> None:
    play, random = Play(), Random(1)
    most = MOST_REQUESTS + 2 * MOST_FAILURES + 10
    for step in play.run(300, *(name for name in SCENARIOS[SERVICE] if name != "outage")):
        assert len(log_lines(random, step)) <= most
    assert 1 < len(lines(600)) / 600 < 5


def test_nothing_is_logged_while_nothing_answers() -> None:
    play = Play()
    assert [log_lines(Random(1), step) for step in play.run(10, "outage")] == [[]] * 10
    [restarted] = play.run(1)
    assert any(fields(line).get("error_type") == "Crash" for line in log_lines(Random(1), restarted))


def test_nothing_that_is_logged_is_a_secret_or_about_a_person() -> None:
    """No Alloy masks it: the demo pushes to Loki itself."""
    names = [name for name in SCENARIOS[SERVICE] if name != "outage"]
    logged = [line.text for line in lines(120, *names)]
    assert len(logged) > 200
    assert [line for line in logged if masked(line) != line] == []


def test_a_quiet_step_logs_nothing() -> None:
    assert log_lines(Random(1), Step(0.0, {})) == []


@pytest.mark.parametrize(
    ("scenario", "error_type"),
    [
        ("errors", "InternalError"),
        ("database-exhausted", "ConnectionPoolTimeout"),
        ("ai-rate-limited", "AIProviderError"),
        ("payment-replay", "DuplicateKey"),
        ("session-lost", "SessionLost"),
        ("session-lost", "Crash"),
        ("quiz-timeout", "QuizTimeout"),
        ("quiz-timeout", "QueueTimeout"),
        ("payment-stuck", "PaymentStuck"),
    ],
)
def test_a_scenario_is_seen_in_the_log(scenario: str, error_type: str) -> None:
    assert error_type in {fields(line).get("error_type") for line in lines(1200, scenario)}
    assert error_type not in {fields(line).get("error_type") for line in lines(1200)}


def test_lines_come_in_order_and_are_repeatable() -> None:
    once, again = lines(120, "quiz-timeout"), lines(120, "quiz-timeout")
    assert once == again
    assert all(later.time - earlier.time > -1 for earlier, later in pairwise(once))

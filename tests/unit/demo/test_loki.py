"""Pushing to Loki: in its format, without loss while it is away for a while, without end of memory while for long."""

from __future__ import annotations

import pytest

from slostack.demo.logs import LogLine
from slostack.demo.loki import LokiPusher
from tests.processes import free_port
from tests.unit.demo.fake_loki import fake_loki


def some_lines(first: int, count: int) -> list[LogLine]:
    return [LogLine(float(n), "error" if n % 2 else "info", f"line {n}") for n in range(first, first + count)]


def push_all(pusher: LokiPusher) -> None:
    while pusher.push():
        pass


def test_lines_are_pushed_as_streams_by_level() -> None:
    with fake_loki() as loki:
        pusher = LokiPusher(loki.url + "/", "learnsnap")
        pusher.add(some_lines(0, 3))
        push_all(pusher)
        [message] = loki.pushed
    assert message["streams"] == [
        {"stream": {"job": "learnsnap", "level": "info"}, "values": [["0", "line 0"], ["2000000000", "line 2"]]},
        {"stream": {"job": "learnsnap", "level": "error"}, "values": [["1000000000", "line 1"]]},
    ]


def test_nothing_to_say_asks_nothing() -> None:
    assert not LokiPusher("http://127.0.0.1:1", "learnsnap").push()


def test_what_could_not_be_pushed_is_pushed_when_loki_is_back() -> None:
    said: list[str] = []
    port = free_port()
    pusher = LokiPusher(f"http://127.0.0.1:{port}", "learnsnap", batch=4, report=said.append)
    for round_ in range(3):
        pusher.add(some_lines(round_ * 5, 5))
        assert not pusher.push()
    with fake_loki(port) as loki:
        push_all(pusher)
        assert sorted(loki.lines, key=lambda text: int(text.split()[1])) == [f"line {n}" for n in range(15)]
        assert len(loki.pushed) == 4
    assert len(said) == 2
    assert "doesn't take the log (ConnectionError)" in said[0]
    assert "takes the log again; 0 lines were dropped" in said[1]


def test_while_loki_is_away_the_newest_lines_are_kept() -> None:
    said: list[str] = []
    port = free_port()
    pusher = LokiPusher(f"http://127.0.0.1:{port}", "learnsnap", capacity=10, batch=4, report=said.append)
    for first in range(0, 1000, 100):
        pusher.add(some_lines(first, 100))
        assert not pusher.push()
    with fake_loki(port) as loki:
        push_all(pusher)
        assert sorted(int(text.split()[1]) for text in loki.lines) == list(range(990, 1000))
    assert said[-1].endswith("990 lines were dropped meanwhile")


def test_lines_that_come_while_a_push_fails_are_the_newest() -> None:
    lines = [LogLine(float(n), "info", f"line {n}") for n in range(12)]
    with fake_loki() as loki:
        pusher = LokiPusher(loki.url, "learnsnap", capacity=8, report=lambda _: None)
        pusher.add(lines[:8])
        loki.status, loki.meanwhile = 503, lambda: pusher.add(lines[8:])
        assert not pusher.push()
        loki.status, loki.meanwhile = 204, lambda: None
        push_all(pusher)
        assert loki.lines == [f"line {n}" for n in range(4, 12)]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_loki_that_is_overloaded_gets_them_later(status: int) -> None:
    said: list[str] = []
    with fake_loki() as loki:
        pusher = LokiPusher(loki.url, "learnsnap", report=said.append)
        loki.status = status
        pusher.add(some_lines(0, 5))
        assert not pusher.push()
        loki.status = 204
        push_all(pusher)
        assert len(loki.lines) == 5
    assert f"HTTP {status}" in said[0]


def test_what_loki_refuses_is_not_sent_again() -> None:
    said: list[str] = []
    with fake_loki() as loki:
        pusher = LokiPusher(loki.url, "learnsnap", report=said.append)
        loki.status = 400
        pusher.add(some_lines(0, 5))
        push_all(pusher)
        loki.status = 204
        push_all(pusher)
        assert loki.lines == []
    assert said == ["Loki refused 5 lines: HTTP 400 entry too far behind"]

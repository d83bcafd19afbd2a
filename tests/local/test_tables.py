"""What `slostack status` shows."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from slostack.approximately import duration
from slostack.cli.tables import show_alerts, show_servers, show_slos
from slostack.deploy.local import LocalStack, ProgramState
from slostack.deploy.local.slos import FiringAlert, SloState


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=100)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, "0s"), (59, "59s"), (3600, "1h"), (90061, "1d 1h"), (28_822, "8h"), (86399, "23h 59m"), (30 * 86400, "30d")],
)
def test_durations_have_their_two_largest_units(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_slos(console: Console) -> None:
    show_slos(
        console,
        [
            SloState("shop", "availability", 99.9, "30d", 0.61, 0.5, 3 * 86400, False),
            SloState("shop", "latency", 99, "28d", -0.2, 20.04, 0, False),
            SloState("shop", "silent", 99, "28d", 0.5, 100, 12096, True),
            SloState("shop", "new", 95, None, None, None, None, False),
            SloState("shop", "calm", 99, "30d", 0.98, 0.25, 118 * 86400, False),
            SloState("shop", "monthly", 99, "month", 1, 0.5, 62 * 86400, False),
        ],
    )
    _, availability, latency, silent, new, calm, monthly = text(console).splitlines()
    assert calm.split()[-2:] == ["over", "30d"]
    assert monthly.split()[-3:] == ["over", "a", "month"]
    assert availability.split() == ["shop", "availability", "99.9", "%", "/", "30d", "61.0%", "0.5", "3d"]
    assert latency.split() == ["shop", "latency", "99", "%", "/", "28d", "-20.0%", "20.0", "spent"]
    assert silent.split() == ["shop", "silent", "99", "%", "/", "28d", "50.0%", "down", "3h", "21m"]
    assert new.split() == ["shop", "new", "95", "%", "not", "known", "yet", "no", "traffic"]


def test_names_stay_whole_on_a_narrow_terminal() -> None:
    console = Console(file=io.StringIO(), width=60)
    show_slos(console, [SloState("stolen-tee", "upload-processing-success", 95, "30d", 0.5, 0.5, 60.0, False)])
    assert "stolen-tee upload-processing-success" in text(console)


def test_no_slo_and_no_alert(console: Console) -> None:
    show_slos(console, [])
    show_alerts(console, [])
    assert text(console) == "no SLO has been judged yet\nno alert fires\n"


def test_alerts(console: Console) -> None:
    burn = FiringAlert("ErrorBudgetBurn", "shop", "availability", "critical", "page-1h", "", "burns", quiet=True)
    show_alerts(
        console, [burn, FiringAlert("ServiceDown", "shop", "", "critical", "", "2026-01-02T03:04:05.6Z", "down", False)]
    )
    _, first, second = text(console).splitlines()
    assert first.split() == ["ErrorBudgetBurn", "page-1h", "(inhibited", "or", "silenced)", "critical", "burns"]
    assert second.split() == ["ServiceDown", "critical", "2026-01-02", "03:04:05", "down"]


def test_servers_and_what_there_is_to_say_about_them(console: Console) -> None:
    ready = ProgramState("loki", "ready", "3.7.8", "http://127.0.0.1:3100", 7, "")
    dead = ProgramState("prometheus", "not running", "3.13.5", "http://127.0.0.1:9090", None, "see [prometheus].log")
    absent = ProgramState("grafana", "not running", None, None, None, "install it")
    stack = LocalStack("local", (dead, ready), (absent,), "digest")
    show_servers(console, stack)
    lines = text(console).splitlines()
    assert lines[1].split() == ["prometheus", "not", "running", "3.13.5", "http://127.0.0.1:9090"]
    assert lines[-2:] == ["prometheus: see [prometheus].log", "grafana: install it"]
    assert not stack.ready
    assert LocalStack("local", (ready,), (absent,), "digest").ready

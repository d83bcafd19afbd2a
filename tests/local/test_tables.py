"""What `slostack status` shows."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from slostack.approximately import duration
from slostack.cli.tables import console_of_tables, show_alerts, show_servers, show_slos
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


def state(
    slo: str, left: float | None, burn: float | None, seconds: float | None = None, window: str = "30d", **more: bool
) -> SloState:
    """One of the service shop."""
    return SloState("shop", slo, 99, window, left, burn, seconds, **{"down": False, "counted": True, **more})


@pytest.mark.parametrize(
    ("slo", "shown"),
    [
        (state("calm", 0.98, 0.25, 118 * 86400), "99 % / 30d  98.0% 0.2 over 30d"),
        (state("monthly", 1, 0.5, 62 * 86400, "month"), "99 % / month 100.0% 0.5 over a month"),
        (state("ill", 0.61, 0.5, 3 * 86400), "99 % / 30d 61.0% 0.5 3d"),
        (state("spent", -0.2, 20.04, 0), "99 % / 30d -20.0% 20.0 spent"),
        (state("silent", 0.5, 100, 12096, down=True), "99 % / 30d 50.0% down 3h 21m"),
        (state("unused", None, None), "99 % / 30d no events no traffic"),
        (state("started", None, None, counted=False), "99 % / 30d known within 5m not known yet"),
    ],
    ids=lambda value: value.slo if isinstance(value, SloState) else "",
)
def test_an_slo(console: Console, slo: SloState, shown: str) -> None:
    show_slos(console, [slo])
    _, line, legend = text(console).splitlines()
    assert line.split() == ["shop", slo.slo, *shown.split()]
    assert legend.startswith("burn: how many times too fast the budget is spent; spent in: ")


def test_names_stay_whole_on_a_narrow_terminal() -> None:
    console = Console(file=io.StringIO(), width=60)
    show_slos(console, [replace(state("upload-processing-success", 0.5, 0.5), service="stolen-tee")])
    assert "stolen-tee upload-processing-success" in text(console)


def test_no_slo_and_no_alert(console: Console) -> None:
    show_slos(console, [])
    show_alerts(console, [])
    show_alerts(console, [], so_far=True)
    assert text(console) == "no SLO has been judged yet\nno alert fires\nno alert fires so far\n"


SINCE = "2026-01-02T03:04:05.6Z"
BURN = FiringAlert(
    *("ErrorBudgetBurn", "shop", "availability", "medium", "ticket-3d", SINCE),
    "shop availability: the error budget burns 69.8 times too fast",
    "inhibited",
)
DOWN = FiringAlert("ServiceDown", "shop", "", "critical", "", SINCE, "shop is down", "")


def test_alerts_fit_a_terminal_with_what_is_wrong_whole() -> None:
    console = Console(file=io.StringIO(), width=80)
    show_alerts(console, [DOWN, BURN])
    assert text(console).splitlines() == [
        "firing alert               severity  since (UTC)",
        "ServiceDown                critical  2026-01-02 03:04",
        "  shop is down",
        "ErrorBudgetBurn ticket-3d  medium    2026-01-02 03:04  inhibited",
        "  shop availability: the error budget burns 69.8 times too fast",
    ]


def test_what_is_piped_is_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    long = "word " * 40
    show_alerts(console_of_tables(), [replace(DOWN, summary=long)])
    assert capsys.readouterr().out.splitlines()[-1].strip() == long.strip()


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

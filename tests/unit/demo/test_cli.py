"""`slostack demo`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from slostack.cli.demo import command
from slostack.demo import read_switches, state_folder
from slostack.demo.scenarios import SCENARIOS
from slostack.demo.switches import STATE_FILE, running
from slostack.errors import SlostackError


def run(root: Path, *arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, obj=root, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A project whose demo runs."""
    with running(state_folder(tmp_path), ["learnsnap"]):
        yield tmp_path


def test_list_shows_every_scenario_with_its_alerts(tmp_path: Path) -> None:
    shown = run(tmp_path, "list")
    for scenario in (each for scenarios in SCENARIOS.values() for each in scenarios.values()):
        assert f"  {scenario.name} " in shown
        assert scenario.description in shown
        assert f"raises {scenario.raises}" in shown


def test_list_shows_those_of_one_service(tmp_path: Path) -> None:
    shown = run(tmp_path, "list", "postfacta").splitlines()
    assert shown[0] == "postfacta"
    assert [line.split()[0] for line in shown[1::2]] == list(SCENARIOS["postfacta"])


def test_break_and_heal(root: Path) -> None:
    shown = run(root, "break", "learnsnap", "errors")
    assert "learnsnap is broken from now on: 10 % of all requests" in shown
    assert "expected: ErrorBudgetBurn availability" in shown
    assert "already broken by errors" in run(root, "break", "learnsnap", "errors")
    run(root, "break", "learnsnap", "memory-leak")
    assert list(read_switches(state_folder(root))["learnsnap"]) == ["errors", "memory-leak"]
    assert run(root, "heal", "learnsnap", "errors") == "learnsnap is healed: errors\n"
    assert run(root, "heal", "learnsnap", "errors") == "learnsnap was not broken by errors\n"
    assert run(root, "heal", "learnsnap") == "learnsnap is healed: memory-leak\n"
    assert run(root, "heal", "learnsnap") == "learnsnap was not broken\n"


def test_heal_without_a_name_heals_every_service(tmp_path: Path) -> None:
    with running(state_folder(tmp_path), ["learnsnap", "junkos"]):
        assert run(tmp_path, "heal") == "nothing was broken\n"
        run(tmp_path, "break", "junkos", "errors")
        run(tmp_path, "break", "learnsnap", "outage")
        run(tmp_path, "break", "learnsnap", "errors")
        assert run(tmp_path, "heal") == "learnsnap is healed: errors, outage\njunkos is healed: errors\n"
        assert run(tmp_path, "heal") == "nothing was broken\n"


def test_break_without_a_scenario_names_those_of_the_service(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["break", "postfacta"], obj=tmp_path)
    assert result.exit_code == 2
    assert "no scenario of postfacta is named, expected one of\n" in result.output
    for scenario in SCENARIOS["postfacta"].values():
        assert f"  {scenario.name} " in result.output
        assert f"raises {scenario.raises}" in result.output


def test_status(root: Path) -> None:
    assert run(root, "status") == "learnsnap: healthy\n"
    run(root, "break", "learnsnap", "outage")
    shown = run(root, "status")
    assert shown.startswith("learnsnap: broken\n  outage since 20")
    assert "doesn't run" not in shown


def test_status_says_that_the_demo_does_not_run(tmp_path: Path) -> None:
    assert "the demo doesn't run; `slostack up` starts it" in run(tmp_path, "status")


def test_what_is_not_played_is_not_switched(root: Path) -> None:
    with pytest.raises(SlostackError, match=r"the demo doesn't play junkos here, expected one of learnsnap; .*local"):
        run(root, "break", "junkos", "errors")


@pytest.mark.parametrize("arguments", [("break", "learnsnap", "errors"), ("heal", "learnsnap"), ("heal",)])
def test_without_a_running_demo_nothing_is_switched(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SlostackError, match=r"the demo doesn't run, expected .*start it by `slostack up`"):
        run(tmp_path, *arguments)
    assert not (state_folder(tmp_path) / STATE_FILE).exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("break", "shop", "errors"), "no demo of a service 'shop', expected one of learnsnap"),
        (("break", "learnsnap", "fire"), "no scenario 'fire' for learnsnap, expected one of outage, errors"),
        (("break", "shop"), "no demo of a service 'shop', expected one of learnsnap"),
        (("list", "shop"), "no demo of a service 'shop', expected one of learnsnap, postfacta, stolen-tee, junkos"),
        (("heal", "shop"), "no demo of a service 'shop', expected one of learnsnap"),
        (("heal", "learnsnap", "fire"), "no scenario 'fire' for learnsnap, expected one of outage, errors"),
    ],
)
def test_unknown_names_are_answered_even_when_the_demo_does_not_run(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(SlostackError, match=said):
        run(tmp_path, *arguments)

"""`slostack backtest`: what can't be asked for, and a start that doesn't wait for numpy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slostack.cli import cli
from slostack.errors import SlostackError
from tests.unit.review.conftest import Repository, repository
from tests.unit.spec.files import RIGHT, edited

__all__ = ["repository"]
NOWHERE = ("--prometheus", "http://127.0.0.1:1")


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--root", str(root), "backtest", *arguments], catch_exceptions=False)


def test_no_other_command_loads_numpy() -> None:
    loads_all = "import sys, slostack.cli as c; [c.cli.get_command(None, name) for name in c.COMMANDS]"
    program = f"{loads_all}; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_edit_of_nothing_asks_nobody(repository: Repository) -> None:
    done = run(repository.root, *NOWHERE)
    assert "no SLO is changed against HEAD" in done.output
    assert done.exit_code == 0


def test_an_edit_of_texts_alone_asks_nobody(repository: Repository) -> None:
    repository.edit("description: It answers", "description: It does answer")
    assert "no SLO is changed against HEAD" in run(repository.root, *NOWHERE).output


@pytest.mark.parametrize("arguments", [("--all",), ("--slo", "api"), ("--slo", "api/availability")])
def test_slos_that_are_asked_for_are_replayed(repository: Repository, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SlostackError, match=r"^http://127\.0\.0\.1:1 can't be reached"):
        run(repository.root, *NOWHERE, *arguments)


@pytest.mark.parametrize(
    ("revision", "hint"),
    [("api", "api"), ("api/availability", "api/availability"), ("nowhere", None)],
)
def test_a_service_in_place_of_a_revision_is_told_how_it_is_named(
    repository: Repository, revision: str, hint: str | None
) -> None:
    with pytest.raises(SlostackError) as said:
        run(repository.root, *NOWHERE, revision)
    unknown = f"no git revision {revision!r}, expected a commit, branch or tag of this clone"
    told = f"; a service is replayed by `slostack backtest --slo {hint}`" if hint else ""
    assert str(said.value) == f"{unknown}{told}"


def test_an_edit_is_replayed(repository: Repository) -> None:
    repository.write("slos/api.yaml", edited("objective: 99.9", "objective: 99.5"))
    with pytest.raises(SlostackError, match="can't be reached"):
        run(repository.root, *NOWHERE)
    repository.write("slos/api.yaml", RIGHT)


def test_without_a_stack_or_a_url_there_is_no_past(repository: Repository) -> None:
    message = "no Prometheus runs on this machine, expected `slostack up`, or --prometheus URL, or --from FILE"
    with pytest.raises(SlostackError, match=message):
        run(repository.root)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--until", "yesterday"), "--until 'yesterday', expected a time such as 2026-11-03T10:15:00Z"),
        (("--from", "gone.zip"), "gone.zip can't be read"),
        (("--only", "eu-1"), "'eu-1', expected a label and its value, such as cluster=eu-1"),
        (("--token-file", "gone"), "--token-file gone can't be read"),
        (("--slo", "api/nope"), "no SLO 'api/nope', expected a service or service/slo of slos/"),
        (("--incidents", "gone.yaml"), r"gone\.yaml:1:1: can't be read"),
    ],
)
def test_what_cannot_be_asked_for(repository: Repository, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(SlostackError, match=message):
        run(repository.root, *(() if "--from" in arguments else NOWHERE), *arguments)


def test_a_file_is_replayed_as_it_is(repository: Repository) -> None:
    done = run(repository.root, "--from", "x.zip", "--days", "3")
    assert (done.exit_code, "--from replays a file as it is" in done.output) == (2, True)

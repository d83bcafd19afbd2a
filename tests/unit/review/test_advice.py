"""What `slostack diff` says at its end of an objective that was changed."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from slostack.cli.diff import command
from tests.unit.review.conftest import Repository

BACKTEST = "`slostack backtest` shows which alerts the new objective would have fired"
RUNBOOK = """\
# The budget burns

The promise is 99.9 %, so 0.1% may fail. Not 10.1 %, nor 199.9 %; 0.10 s is no share.
"""


def last_lines(repository: Repository, *arguments: str) -> list[str]:
    """The last paragraph that the command prints."""
    result = CliRunner().invoke(command, ["HEAD", *arguments], obj=repository.root, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output.rstrip().split("\n\n")[-1].splitlines()


def test_a_changed_objective_leads_to_the_backtest_and_to_runbooks_that_name_the_old_one(
    repository: Repository,
) -> None:
    repository.write("runbooks/api/down.md", RUNBOOK)
    repository.write("runbooks/api/other.md", "# Other\n\nHalf of 0.15 % and 1 in 1,000.\n")
    repository.commit()
    repository.edit("objective: 99.9", "objective: 99.5")
    assert last_lines(repository) == ["runbooks that name the old objective: runbooks/api/down.md:3", BACKTEST]
    repository.write("runbooks/api/down.md", RUNBOOK.replace("99.9 %, so 0.1%", "99.5 %, so 0.5 %"))
    assert last_lines(repository) == [BACKTEST]


@pytest.mark.parametrize("form", ["md", "json"])
def test_reports_for_reviews_and_programs_have_no_advice(repository: Repository, form: str) -> None:
    repository.edit("objective: 99.9", "objective: 99.5")
    assert BACKTEST not in last_lines(repository, "--format", form)


def test_another_edit_leads_nowhere(repository: Repository) -> None:
    repository.edit("page: critical", "page: high")
    assert BACKTEST not in last_lines(repository)

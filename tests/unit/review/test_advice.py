"""What `slostack diff` says of an objective that was changed, beside the change."""

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


STALE = "runbooks that name the old objective"


def told(repository: Repository, *arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(command, ["HEAD", *arguments], obj=repository.root, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_changed_objective_leads_to_the_backtest_on_the_terminal(repository: Repository) -> None:
    repository.edit("objective: 99.9", "objective: 99.5")
    assert told(repository).endswith(f"\n\n{BACKTEST}\n")
    for form in ("md", "html", "json"):
        assert BACKTEST not in told(repository, "--format", form)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("terminal", f"\n{STALE}: runbooks/api/down.md:3\n"),
        ("md", f"\n- {STALE}: `runbooks/api/down.md:3`\n\n### "),
        ("html", f"<li>{STALE}: <code>runbooks/api/down.md:3</code></li>"),
        ("json", '"stale_runbooks": [\n    "runbooks/api/down.md:3"\n  ]'),
    ],
)
def test_every_report_names_runbooks_with_the_old_objective(repository: Repository, form: str, said: str) -> None:
    repository.write("runbooks/api/down.md", RUNBOOK)
    repository.write("runbooks/api/other.md", "# Other\n\nHalf of 0.15 % and 1 in 1,000.\n")
    repository.commit()
    repository.edit("objective: 99.9", "objective: 99.5")
    assert said in told(repository, "--format", form)
    repository.write("runbooks/api/down.md", RUNBOOK.replace("99.9 %, so 0.1%", "99.5 %, so 0.5 %"))
    mended = told(repository, "--format", form)
    assert STALE not in mended
    assert "down.md:3" not in mended


def test_another_edit_leads_nowhere(repository: Repository) -> None:
    repository.edit("page: critical", "page: high")
    assert BACKTEST not in told(repository)

"""LearnSnap with a lower objective, another alert and moved panels: every change is named once, nothing else is."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from slostack.cli.diff import command
from slostack.review import as_html, as_markdown, as_text
from tests.unit.review.conftest import Repository
from tests.unit.review.test_panel_changes import at

PROJECT = Path(__file__).parents[3]
DOCUMENT = (PROJECT / "docs/review.md").read_text(encoding="utf-8")
ALERT = """\
alerts:
  - name: TooManySessions
    expr: sum(active_sessions{job="learnsnap"}) > 5000
    for: 10m
    severity: high
    summary: More than 5,000 sessions
    description: More than the machines are sized for
    runbook: learnsnap/error-budget-burn.md
"""
FIRST = re.compile(r"  - title: Payments a day\n(?:    .*\n)+")
"""The panel that comes first on the branch."""
OWN = "dashboards/custom/sign-in.json"


def own_dashboard(*panels: dict[str, object]) -> str:
    """A dashboard of a team's own."""
    return json.dumps({"title": "Sign-in", "panels": panels}, indent=2)


@pytest.fixture
def edited(tmp_path: Path) -> Repository:
    """The project's SLO file and stacks, edited on a branch."""
    for folder in ("slos", "runbooks", "stacks"):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    shutil.copy(PROJECT / "teams.yaml", tmp_path)
    repository = Repository(tmp_path)
    repository.write(OWN, own_dashboard(at("Logins", 0, 0), at("Sign-ups", 12, 0), at("Errors", 0, 8)))
    repository.git("init", "-q", "-b", "main")
    repository.commit()
    repository.git("checkout", "-q", "-b", "topic")
    slo_file = "slos/learnsnap.yaml"
    repository.edit("objective: 99.9", "objective: 99.5", slo_file)
    repository.edit("\nalerts:\n", f"\n{ALERT}", slo_file)
    repository.move(FIRST, "  - title: Quizzes a day\n", slo_file)
    repository.write(OWN, own_dashboard(at("Errors", 0, 0), at("Logins", 12, 0), at("Sign-ups", 0, 8)))
    return repository


def test_every_change_is_named_once_and_nothing_else_is(edited: Repository) -> None:
    review = edited.review("main")
    commit = edited.git("rev-parse", "--short", "main")
    assert click.unstyle(as_text(review)).replace(commit, "402bcd0") in DOCUMENT
    markdown = as_markdown(review)
    for named in ("99.9 %", "`TooManySessions`\n  - severity", "Too many sessions", "Payments a day", "line 8"):
        assert markdown.count(named) == 1, named


def test_a_panel_that_its_slo_file_moves_stands_elsewhere_in_the_picture(edited: Repository) -> None:
    page = as_html(edited.review("main"))
    titles = [re.findall(r"<title>(.*?)</title>", svg) for svg in re.findall(r"<svg.*?</svg>", page) if "cell" in svg]
    before, after, *_ = titles
    assert before.index("Payments a day") > before.index("Quizzes a day")
    assert after.index("Payments a day") == after.index("Quizzes a day") - 1
    assert len(re.findall(r'class="cell moved"[^>]*><title>Payments a day', page)) == 2


def test_an_edit_that_is_taken_back_leaves_nothing(edited: Repository) -> None:
    edited.git("checkout", "-q", ".")
    result = CliRunner().invoke(command, [], obj=edited.root, catch_exceptions=False)
    commit = edited.git("rev-parse", "--short", "main")
    assert (result.exit_code, result.output) == (0, f"no change against the merge base with main ({commit})\n")

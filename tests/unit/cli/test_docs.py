"""`slostack docs`: the documentation without a checkout, and without a project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from slostack.cli import cli
from slostack.errors import SlostackError

ROOT = Path(__file__).parents[3]
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
IN_A_PROJECT = ("slostack", "runbooks", "examples")


def docs(*arguments: str) -> str:
    return CliRunner().invoke(cli, ["docs", *arguments], catch_exceptions=False).output


def test_the_pages_are_listed_by_their_titles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listed = dict(line.split(maxsplit=1) for line in docs().splitlines())
    assert listed == {name: text.partition("\n")[0].removeprefix("# ") for name, text in PAGES.items()}


@pytest.mark.parametrize("name", ["slo-files", "slo-files.md", "docs/slo-files.md"])
def test_a_page_is_printed(name: str) -> None:
    assert docs(name) == PAGES["slo-files"]


def test_what_is_no_page_is_said() -> None:
    with pytest.raises(SlostackError, match=r"^no page '\.\./README', expected one of alerting, audit, "):
        docs("../README")


def test_what_a_project_has_names_pages_by_this_command_and_they_are_there() -> None:
    """A project that `slostack init` made has no docs/."""
    files = [path for folder in IN_A_PROJECT for path in (ROOT / folder).rglob("*") if path.is_file()]
    texts = [path.read_bytes().decode("utf-8", "ignore") for path in (*files, ROOT / "Pulumi.yaml", ROOT / "README.md")]
    named = {name for text in texts for name in re.findall(r"`slostack docs ([a-z-]+)", text)}
    assert named >= {"slo-files", "signals", "environments", "alerting", "teams"}
    assert named <= set(PAGES)
    shown = [path for path in files if path.suffix in (".j2", ".yaml", ".yml", ".md")]
    assert [path.name for path in shown if re.search(r"\bdocs/[a-z-]+\.md", path.read_text(encoding="utf-8"))] == []

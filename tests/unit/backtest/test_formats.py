"""A backtest in the terminal, as Markdown and as JSON; docs/backtest.md shows what is shown."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

from markdown_it import MarkdownIt
from rich.console import Console

from slostack.backtest import Backtest, as_json, as_markdown, load_incidents, show
from tests.unit.backtest.example import BACKTEST, with_notes

DOCUMENT = (Path(__file__).parents[3] / "docs/backtest.md").read_text(encoding="utf-8")
HOSTILE = "[red]|x](http://a) `b`\n<script> **c**"


def shown(backtest: Backtest) -> str:
    console = Console(file=io.StringIO(), width=110)
    show(console, backtest)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def test_the_document_shows_what_the_terminal_shows() -> None:
    assert f"```\n{shown(BACKTEST)}```" in DOCUMENT


def test_the_documents_incidents_load(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    file = tmp_path / "incidents.yaml"
    file.write_text(example, encoding="utf-8")
    assert [incident.title for incident in load_incidents(file, "incidents.yaml")] == [
        "Database failover",
        "Slow third party",
    ]


def test_the_documents_python_compiles_and_its_imports_exist() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    compile(example, "docs/backtest.md", "exec")
    exec("\n".join(line for line in example.splitlines() if "import" in line), {})


def test_markdown_has_the_same_figures_in_tables() -> None:
    text = as_markdown(BACKTEST)
    assert "| pages | 3 (0.8 a week) | 1 (0.2 a week) |" in text
    assert "| budget spent | 62.0% (at most 71.0%) | 12.0% (at most 14.0%) |" in text
    assert "| Bad release | 2026-11-21 14:02:00 | page-5m after 2m 11s | missed |" in text
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<table>") == 3
    assert html.count("</tr>") == (1 + 6) + (1 + 3) + (1 + 7)


def test_nothing_is_taken_for_markup() -> None:
    hostile = with_notes(HOSTILE)
    html = MarkdownIt("commonmark").enable("table").render(as_markdown(hostile))
    for markup in ("<script", "<strong", "<a ", "<code"):
        assert markup not in html
    assert "[red]|x](http://a) `b`" in shown(hostile)


def test_json_has_times_seconds_and_shares() -> None:
    document = json.loads(as_json(BACKTEST))
    assert document["start"] == "2026-11-01T00:00:00.000Z"
    (slo,) = document["slos"]
    assert slo["before"]["pages_per_week"] == 0.75
    assert slo["after"]["firings"][-1]["end"] is None
    assert slo["after"]["incidents"][2] == {
        "title": "Bad release",
        "start": "2026-11-21T14:02:00.000Z",
        "end": "2026-11-21T14:11:00.000Z",
        "caught_by": None,
        "detected_after_seconds": None,
        "paged_after_seconds": None,
    }


def test_an_slo_that_the_edit_does_not_touch_is_told_of_once() -> None:
    (case,) = BACKTEST.cases
    same = replace(BACKTEST, cases=(replace(case, before=case.after, same=True),))
    assert "as it is" in shown(same)
    assert "before" not in shown(same)
    assert "before" not in as_markdown(same)


def test_nothing_to_replay_is_said() -> None:
    nothing = replace(BACKTEST, cases=())
    assert "no SLO is changed against main (402bcd0)" in shown(nothing)
    assert "no SLO is changed against main (402bcd0)" in as_markdown(nothing)

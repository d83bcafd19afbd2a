"""A backtest in the same report as the review: its figures, and what fired when as a picture."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from slostack.backtest import words
from slostack.cli.diff import command
from slostack.review import Review, as_html
from slostack.review.timeline import replays
from tests.unit.backtest.example import BACKTEST, firing, incident
from tests.unit.backtest.test_prometheus import SUCCESS, server
from tests.unit.review.conftest import Repository


def test_firings_stand_where_they_fired() -> None:
    (replay, *_) = replays(BACKTEST)
    assert replay.sides == ("before", "after")
    assert ("incidents caught", "3 of 3", "1 of 3") in replay.rows
    pages = re.findall(r'class="page" x="([0-9.]+)" y="([0-9.]+)" width="([0-9.]+)"', replay.picture)
    assert len({y for _, y, _ in pages}) == 2
    assert [len([y for _, y, _ in pages if y == lane]) for lane in sorted({y for _, y, _ in pages}, key=float)] == [
        3,
        1,
    ]
    day = (930 - 60) / 28
    assert float(pages[0][0]) == pytest.approx(60 + 2.43 * day, abs=0.5)  # the third of November at half past ten
    still = re.findall(r'class="ticket" x="([0-9.]+)" y="[0-9.]+" width="([0-9.]+)"', replay.picture)[-1]
    assert sum(map(float, still)) == pytest.approx(930, abs=0.1)
    assert replay.picture.count('class="incident"') == 3


def test_what_fires_at_the_very_end_is_inside_the_picture() -> None:
    end = BACKTEST.end
    (case, *_) = BACKTEST.cases
    assert case.after
    late = replace(case.after, firings=(firing("page-5m", end - 1, None),))
    known = (incident("Known for a minute", end - 60, 1),)
    (replay,) = replays(replace(BACKTEST, cases=(replace(case, after=late),), incidents=known))
    rects = re.findall(r'class="(?:page|ticket|incident)" x="([0-9.]+)" y="[0-9.]+" width="([0-9.]+)"', replay.picture)
    assert max(float(x) + float(width) for x, width in rects) < 940
    assert re.search(r'text-anchor="end" x="93[0-9.]+" y="[0-9.]+">Known for a minute<', replay.picture)


def test_the_page_lists_what_the_picture_shows() -> None:
    text = as_html(Review("main (1)", ()), None, BACKTEST)
    (case, *_) = BACKTEST.cases
    for rows in (words.firings(case, BACKTEST.end), words.incidents(case)):
        assert len(rows) > 1
        for row in rows[1:]:
            assert "".join(f"<td>{cell}</td>" for cell in row) in text


def test_the_page_shows_it() -> None:
    text = as_html(Review("main (1)", ()), None, BACKTEST)
    assert "What it would have done" in text
    assert "known incidents" in text
    assert "no SLO is changed" in as_html(Review("main (1)", ()), None, replace(BACKTEST, cases=()))


def test_the_command_puts_both_in_one_report(repository: Repository) -> None:
    repository.edit("objective: 99.9", "objective: 99.5")

    def run(url: str, form: str) -> str:
        arguments = ["--backtest", url, "--format", form]
        result = CliRunner().invoke(command, arguments, obj=repository.root, catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout

    with server(200, SUCCESS % "") as url:
        assert json.loads(run(url, "json"))["backtest"]["slos"][0]["slo"] == "availability"
        markdown = run(url, "md")
        assert markdown.index("## Changes against") < markdown.index("## Backtest:")
        assert "api/availability" in run(url, "terminal")
        page = run(url, "html")
        assert "What it would have done" in page
        assert f"the last 6 h in {url}" in page


@pytest.mark.parametrize("arguments", [("--incidents", "x.yaml"), ("--token-file", "x"), ("--only", "a=b")])
def test_options_that_go_with_others(repository: Repository, arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(command, arguments, obj=repository.root)
    assert result.exit_code == 2
    assert "--incidents and --only go with --backtest" in result.output

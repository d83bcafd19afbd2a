"""A review on the terminal and as Markdown."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from slostack.cli.diff import command
from slostack.review import Change, Detail, Part, Review, Section, as_markdown, as_text
from slostack.review.changes import Costs, merged
from slostack.review.promql import changed_promql, normal
from tests.unit.review.conftest import Repository

LONG = "sum(rate(requests_total[5m])) " * 3
REVIEW = Review(
    "main (1234567)",
    (
        Part(
            "api",
            "changed",
            (
                Section("SLOs", (Change("changed", "availability", (Detail("objective", "99 %", "98 %", "much"),)),)),
                Section(
                    "Alerts",
                    (
                        Change("added", "A, b", (), "g", ("C",)),
                        Change("removed", "D"),
                        Change("changed", "E", (Detail("expr", LONG, LONG), Detail("for", "1m"), Detail("label x"))),
                    ),
                ),
            ),
        ),
        Part("web", "removed", (Section("SLOs", (Change("removed", "x", (Detail("", after="y", is_risk=True),)),)),)),
    ),
    ("old.yaml counts as absent",),
    (("dev", ("api",)), ("prod", ("api",))),
    Costs((("api", 1234, 2345),), "guessed"),
)
TEXT = f"""\
note: old.yaml counts as absent
Changes against main (1234567)
stack dev, prod: api
cost of api: 1,234 → 2,345 samples per 30 s (guessed)

api
  SLOs
    ~ availability: objective 99 % → 98 % (much)
  Alerts
    + g / A, b; C
    - D
    ~ E
        expr:
            {LONG}
          → {LONG}
        for 1m → (none)
        label x

- web (removed)
  SLOs
    - x: ⚠ y
"""
MARKDOWN = f"""\
## Changes against `main (1234567)`

> Note: `old.yaml counts as absent`

**⚠ 1 risk; SLOs: 1 removed, 1 changed; Alerts: 2 added, 1 removed, 1 changed**

- stack `dev, prod` gets `api`
- cost of api: 1,234 → 2,345 samples per 30 s (guessed)

### `api`

**SLOs**

- changed `availability`: objective `99 %` → `98 %` (much)

**Alerts**

- added `g` / `A, b`, `C`
- removed `D`
- changed `E`
  - expr `{LONG.strip()}` → `{LONG.strip()}`
  - for `1m` → (none)
  - label x

### `web` (removed)

**SLOs**

- removed `x`: ⚠ `y`
"""


def test_the_terminal() -> None:
    assert click.unstyle(as_text(REVIEW)) == TEXT


def test_markdown() -> None:
    assert as_markdown(REVIEW) == MARKDOWN


def test_long_values_without_a_field_stand_alone() -> None:
    change = Change("changed", "A", (Detail("", LONG.strip(), LONG.strip()),))
    review = Review("HEAD", (Part("p", "changed", (Section("S", (change,)),)),))
    assert click.unstyle(as_text(review)).splitlines()[4:] == [
        "    ~ A",
        f"          {LONG.strip()}",
        f"        → {LONG.strip()}",
    ]


def test_nothing_changed() -> None:
    assert as_text(Review("HEAD (1)", ())) == "no change against HEAD (1)\n"
    assert as_markdown(Review("HEAD (1)", ())) == "## Changes against `HEAD (1)`\n\nNo change.\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a`b", "``a`b``"),
        ("`a`", "`` `a` ``"),
        ("a ``` b", "````a ``` b````"),
        ("a\n\n# b", "`a # b`"),
    ],
)
def test_markdown_takes_nothing_for_markup(text: str, code: str) -> None:
    review = Review("HEAD", (Part("p", "changed", (Section("S", (Change("added", text),)),)),))
    assert f"- added {code}\n" in as_markdown(review)


def test_the_command_reports_and_succeeds(repository: Repository) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(command, arguments, obj=repository.root, catch_exceptions=False)
        assert result.exit_code == 0
        return result.output

    head = repository.git("rev-parse", "--short", "HEAD")
    assert run("HEAD") == f"no change against HEAD ({head})\n"
    repository.edit("objective: 99.9", "objective: 99.5")
    assert run().startswith(
        f"Changes against the merge base with main ({head})\n\napi\n  SLOs\n    ~ availability: objective 99.9 % → "
    )
    assert run("main", "--format", "md").startswith(f"## Changes against `main ({head})`\n\n**SLOs: 1 changed; ")
    (first, *_) = json.loads(run("main", "--format", "json"))["parts"][0]["sections"]
    assert first == {
        "title": "SLOs",
        "changes": [
            {
                "kind": "changed",
                "group": None,
                "names": ["availability"],
                "details": [
                    {
                        "field": "objective",
                        "before": "99.9 %",
                        "after": "99.5 %",
                        "meaning": "43.2 min → 216 min of budget in 30d",
                        "risk": False,
                    }
                ],
            }
        ],
    }
    file = repository.root / "out" / "report.txt"
    assert run("main", "--output", str(file)) == ""
    assert file.read_text(encoding="utf-8") == click.unstyle(run("main"))


def test_what_is_said_of_several_is_said_once() -> None:
    same, other = (Detail("x", "1", "2"),), (Detail("x", "1", "3"),)
    changes = [Change("changed", name, details, "g") for name, details in (("a", same), ("b", other), ("c", same))]
    assert merged([*merged(changes), Change("changed", "a", same, "h")]) == (
        Change("changed", "a", same, "g", ("c",)),
        Change("changed", "b", other, "g"),
        Change("changed", "a", same, "h"),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sum( up )", "sum(up)"),
        ("sum by (b, a) (up)", "sum by(a,b) (up)"),
        ("a * on (y, x) group_left (q, p) b", "a * on (x,y) group_left(p,q) b"),
        ("((a + b))", "a + b"),
        ("sum(up)by(job)", "sum by (job) (up)"),
        ('x{a="1",b="2"}', "x{ b = '2', a='1', }"),
        ("x[60m]", "x[1h]"),
        ("# why\nup", "up"),
        ("rate(x[$__interval]) > 1", "rate(x[$__interval])   >\n1"),
    ],
)
def test_formatting_is_no_change(old: str, new: str) -> None:
    assert normal(old) == normal(new)


@pytest.mark.parametrize(
    ("old", "new"),
    [("a - b - c", "a - (b - c)"), ("up > 1", "up > 2"), ("x[5m]", "x[6m]"), ('x{a="by (b, a)"}', 'x{a="by (a, b)"}')],
)
def test_meaning_is_a_change(old: str, new: str) -> None:
    assert normal(old) != normal(new)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("a + 1", "a + 2", ("… + 1", "… + 2")),
        ("1 + a + b", "2 + a + b", ("1 + …", "2 + …")),
        ("f(a) + b + g(c)", "f(a) + x + g(c)", ("… + b + …", "… + x + …")),
        ("a + b", "a + b + c", ("… + b", "… + b + c")),
        ("a", "b", ("a", "b")),
        ("f(1) + g(h(i(j(k)))) + 3", "f(2) + g(h(i(j(k)))) + 4", ("f(1) + … + 3", "f(2) + … + 4")),
    ],
)
def test_only_the_difference_is_shown(old: str, new: str, shown: tuple[str, str]) -> None:
    (detail,) = changed_promql("expr", old, new, short=0)
    assert (detail.before, detail.after) == shown


def test_a_very_long_expression_is_compared_without_being_parsed() -> None:
    text = "x" + " + x" * 20_000
    assert changed_promql("expr", text, text.replace(" ", "  ")) == ()

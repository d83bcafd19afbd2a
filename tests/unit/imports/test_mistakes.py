"""What an SLO file can't say, and what is wrong in a file, is a mistake at its place that says what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from slostack.imports.sloth_plugins import EXHAUSTED
from tests.unit.imports.reading import imported, lines, refused, the_file

MISTAKES = Path(__file__).parent / "mistakes"
SLOTH, PYRRA, OPENSLO = (
    (MISTAKES / f"{name}.yaml").read_text(encoding="utf-8") for name in ("sloth", "pyrra", "openslo")
)
TEXTS = {"sloth": SLOTH, "pyrra": PYRRA, "openslo": OPENSLO}
CALENDAR = "{duration: 1M, calendar: {startTime: 2022-01-01 00:00:00, timeZone: UTC}}"


def edited(text: str, old: str, new: str) -> str:
    """A text with one edit."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


@dataclass(frozen=True)
class Edit:
    """An edit that makes mistakes, and what is said of them."""

    id: str
    old: str
    new: str
    said: list[str]

    def apply(self, text: str) -> str:
        """A text with the edit."""
        return edited(text, self.old, self.new)


def edits(name: str) -> Iterator[Edit]:
    """The edits of one of the files in mistakes/."""
    blocks = (MISTAKES / f"{name}.txt").read_text(encoding="utf-8").strip().split("\n\n")
    for number, block in enumerate(blocks[1:], 1):
        old, new, said = (
            [line.removeprefix(mark) for line in block.splitlines() if re.match(mark, line)]
            for mark in ("- ", r"\+ ", r"\d")
        )
        new = [line.removeprefix("+ ") for line in new]
        yield Edit(f"{name}-{number}", "\n".join(old) + "\n", "\n".join([*new, ""]), said)


def table() -> Iterator[ParameterSet]:
    """Texts with one edit each, and the mistakes that importing them names."""
    for name, text in TEXTS.items():
        for edit in edits(name):
            yield pytest.param(edit.apply(text), edit.said, id=edit.id)


@pytest.mark.parametrize(("text", "said"), [*table()])
def test_a_mistake_is_named_at_its_place(text: str, said: list[str], tmp_path: Path) -> None:
    assert refused(tmp_path, text) == [f"a.yaml:{line}" for line in said]


@pytest.mark.parametrize("text", [SLOTH, PYRRA, OPENSLO, OPENSLO.replace("        good:", "        bad:")])
def test_the_right_files_are_right(text: str, tmp_path: Path) -> None:
    assert the_file(imported(tmp_path, text))


def test_all_mistakes_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    texts = [edited(SLOTH, "99.9", "100"), edited(PYRRA, '"99"', '"x"'), edited(OPENSLO, "0.99", "1")]
    assert [line.split(":")[0] for line in refused(tmp_path, *texts)] == ["a.yaml", "b.yaml", "c.yaml"]


def test_two_slos_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    assert refused(tmp_path, SLOTH, SLOTH) == [
        "b.yaml:14:7: a second SLO 'requests-availability' of shop (first a.yaml:14), expected another name"
    ]


def test_two_objects_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    assert refused(tmp_path, OPENSLO, OPENSLO) == [
        "b.yaml:3:18: metadata.name: a second SLO 'it', expected a name of its own"
    ]


def test_slos_of_one_service_from_several_files_and_formats_come_together(tmp_path: Path) -> None:
    found = imported(tmp_path, SLOTH, PYRRA)
    assert found.counts == {"shop": 2}
    assert "# Imported from sloth and pyrra (a.yaml, b.yaml)." in the_file(found)


@pytest.mark.parametrize(
    ("calendar", "window", "left"),
    [
        (CALENDAR, "month", []),
        (CALENDAR.replace("1M", "1Q"), "quarter", []),
        (CALENDAR.replace("1M", "1w").replace("01-01", "01-03"), "week", []),
        (CALENDAR.replace("UTC", "Asia/Tokyo"), "month", ["timeZone: Asia/Tokyo: a month begins at midnight in UTC"]),
        (CALENDAR.replace("00:00:00", "06:00:00"), "month", ["startTime: its time of day: a month begins at midnight"]),
        ("{duration: 12h, isRolling: true}", "12h", []),
        ("{duration: 1M, isRolling: true}", "30d", []),
        ("{duration: 28d}", "28d", []),
    ],
)
def test_windows(calendar: str, window: str, left: list[str], tmp_path: Path) -> None:
    found = imported(tmp_path, edited(OPENSLO, "{duration: 4w, isRolling: true}", calendar))
    assert f"    window: {window}\n" in the_file(found)
    of_calendar = [str(note) for note in found.left if "timeWindow" in note.key]
    assert [each.partition("calendar.")[2][: len(why)] for each, why in zip(of_calendar, left, strict=True)] == left


@pytest.mark.parametrize(
    ("policy", "alerting"),
    [
        ("", "alerting: {page: critical, ticket: none}"),
        ("alertWhenBreaching: false", "alerting: {page: none, ticket: none}"),
        ("alertWhenNoData: true", "absence: {for: 10m, severity: critical}"),
    ],
)
def test_alert_policies(policy: str, alerting: str, tmp_path: Path) -> None:
    text = edited(OPENSLO, "    - spec:\n        conditions", f"    - spec:\n        {policy}\n        conditions")
    assert alerting in the_file(imported(tmp_path, text))


PAGES = "{spec: {severity: page, condition: {lookbackWindow: 6h}}}"
FILES_TICKETS = "{spec: {severity: low, condition: {lookbackWindow: 1d}}}"
NO_TICKETS = "spec.alertPolicies: no condition looks back longer than 6h, as tickets do: no ticket alerts"
NO_PAGES = "spec.alertPolicies: no condition looks back 6h or less, as pages do: no page alerts"


@pytest.mark.parametrize(
    ("policies", "alerting", "said"),
    [
        ([[PAGES]], "{page: critical, ticket: none}", [NO_TICKETS]),
        ([[FILES_TICKETS]], "{page: none, ticket: low}", [NO_PAGES]),
        ([[PAGES, FILES_TICKETS]], "{page: critical, ticket: low}", []),
        ([[PAGES], [FILES_TICKETS]], "{page: critical, ticket: low}", []),
        ([[PAGES, FILES_TICKETS.replace("low", "odd")]], "{page: critical, ticket: medium}", []),
    ],
)
def test_a_policy_has_the_alerts_alone_that_its_conditions_ask_for(
    policies: list[list[str]], alerting: str, said: list[str], tmp_path: Path
) -> None:
    inline = ", ".join(f"{{spec: {{conditions: [{', '.join(conditions)}]}}}}" for conditions in policies)
    found = imported(tmp_path, f"{OPENSLO.partition('alertPolicies')[0]}alertPolicies: [{inline}]\n")
    assert f"    alerting: {alerting}\n" in the_file(found)
    assert [note.partition(": ")[2] for note in map(str, found.assumed) if "alertPolicies" in note] == said


def test_an_objective_that_pages_cannot_reach_has_none_and_says_so(tmp_path: Path) -> None:
    found = imported(tmp_path, edited(SLOTH, "99.9", "80"))
    assert "alerting: {page: none, ticket: none}" in the_file(found)
    assert "spec.slos[0].alerting: no page alerts: at 80 %, page-6h would need 120% errors" in lines(found.assumed)


def test_objectives_with_indicators_of_their_own_become_slos_of_their_own(tmp_path: Path) -> None:
    start = OPENSLO.index("  indicator:")
    end = OPENSLO.index("  timeWindow")
    shared = OPENSLO[start:end]
    own = "".join(f"    {line}\n" for line in shared.splitlines())
    text = OPENSLO[:start] + OPENSLO[end:]
    other = own.replace("good_total", "fast_total")
    text = edited(
        text, "    - target: 0.99\n", f"    - target: 0.99\n{own}    - target: 0.95\n      compositeWeight: 2\n{other}"
    )
    found = imported(tmp_path, text)
    assert found.counts == {"api": 2}
    assert "good: fast_total" in the_file(found)
    assert "compositeWeight: each objective is an SLO of its own; nothing judges them together" in lines(found.left)
    assert "indicator: each objective is an SLO of its own; nothing judges them together" in lines(found.assumed)


@pytest.mark.parametrize(
    ("of_file", "of_slo", "spent"),
    [
        ("", "chain: [{id: EXHAUSTED}]", "spent: {share: 100, severity: medium}"),
        ("chain: [{id: EXHAUSTED}]", "chain: []", "spent: {share: 100, severity: medium}"),
        ("chain: [{id: EXHAUSTED}]", "{overridePrevious: true, chain: []}", None),
        ("", "chain: [{id: EXHAUSTED, config: {threshold: 0.2}}]", "spent: {share: 80, severity: medium}"),
    ],
)
def test_sloths_plugin_for_a_spent_budget(of_file: str, of_slo: str, spent: str | None, tmp_path: Path) -> None:
    text = edited(SLOTH, "      description", f"      plugins: {braced(of_slo)}\n      description")
    text = edited(text, "  slos:\n", f"  sloPlugins: {braced(of_file)}\n  slos:\n")
    written = the_file(imported(tmp_path, text))
    assert spent in written if spent else "spent" not in written


def braced(keys: str) -> str:
    """Keys as a mapping on one line, with the plugin's name in full."""
    keys = keys.replace("EXHAUSTED", EXHAUSTED)
    return keys if keys.startswith("{") else f"{{{keys}}}"


PYRRA_OF_TEAM = edited(PYRRA, "shop-errors", "b").replace("pyrra.dev/team: checkout", "pyrra.dev/team: search")
OPENSLO_OF_TEAM = edited(OPENSLO, "{name: it}", "{name: it, labels: {team: a}}")
SERVICE = "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: api, labels: {owner: c}}\nspec: {}\n"


@pytest.mark.parametrize(
    ("texts", "team", "left"),
    [
        (
            [PYRRA, PYRRA_OF_TEAM],
            "checkout",
            ["b.yaml:10: metadata.labels.pyrra.dev/team: the team 'search' of b: the service 'shop' has one team"],
        ),
        ([PYRRA, PYRRA_OF_TEAM.replace("search", "checkout")], "checkout", []),
        (
            [SLOTH, PYRRA_OF_TEAM],
            "checkout",
            ["b.yaml:10: metadata.labels.pyrra.dev/team: the team 'search' of b: the service 'shop' has one team"],
        ),
        (
            [OPENSLO_OF_TEAM, OPENSLO_OF_TEAM.replace("name: it", "name: that").replace("team: a", "team: b"), SERVICE],
            "a",
            [
                "b.yaml:3: metadata.labels.team: the team 'b' of that: the service 'api' has one team, here 'a'",
                "c.yaml:3: metadata.labels.owner: the team 'c' of it, that: the service 'api' has one team, here 'a'",
            ],
        ),
    ],
)
def test_of_several_teams_of_a_service_the_others_are_listed(
    texts: list[str], team: str, left: list[str], tmp_path: Path
) -> None:
    found = imported(tmp_path, *texts)
    assert f"\nteam: {team}\n" in the_file(found)
    said = [str(note) for note in found.left if "the team" in note.why]
    assert [line[: len(start)] for line, start in zip(said, left, strict=True)] == left


def test_all_mistakes_of_an_object_are_named_at_once(tmp_path: Path) -> None:
    text = edited(PYRRA, '"99"', '"100"').replace("2w", "52w").replace('http_requests_total{job="shop"}\n', "sum(x)\n")
    said = refused(tmp_path, edited(text, "  indicator:", "  foo: 1\n  indicator:"))
    assert [line.split(": ")[1] for line in said] == [
        "spec.target",
        "spec.window",
        "spec.foo",
        "spec.indicator.ratio.total.metric",
    ]


def test_mistakes_of_every_slo_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    text = """
version: prometheus/v1
service: x
slos:
  - {name: a, objective: 99, sli: {plugin: {id: foo}}}
  - 1
  - {name: b, objective: "99", sli: {raw: {error_ratio_query: x}}}
  - {name: c, objective: 99, unknown: 3, sli: {raw: {error_ratio_query: "sum(x[{{.window}}]", more: 1}}}
"""
    assert [line.split(": ")[1] for line in refused(tmp_path, text)] == [
        "slos[0].sli.plugin",
        "slos[1]",
        "slos[2].objective",
        "slos[2].sli.raw.error_ratio_query",
        "slos[3].unknown",
        "slos[3].sli.raw.error_ratio_query",
    ]


@pytest.mark.parametrize(("document", "is_"), [("- 1", "a list"), ("null", "empty"), ("7", "7 (a number)")])
def test_what_is_no_mapping_hides_no_mistake_of_other_documents(document: str, is_: str, tmp_path: Path) -> None:
    bad = edited(SLOTH, "99.9", "100")
    assert [line.split(": ", 1)[1] for line in refused(tmp_path, f"{bad}---\n{document}\n---\n{bad}")] == [
        "spec.slos[0].objective: 100 %, expected a percentage above 0 and at most 99.99999",
        f"the document is {is_}, expected a YAML mapping",
        "spec.slos[0].objective: 100 %, expected a percentage above 0 and at most 99.99999",
    ]

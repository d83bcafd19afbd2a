"""The teams file: what is in it, and what is said of mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slostack import plain_yaml
from slostack.spec import SpecError, parse_service
from slostack.teams import check_teams, load_teams, parse_teams, teams_file_schema, teams_of, with_stubs
from tests.unit.config.conftest import SHOP

ROOT = Path(__file__).parents[3]
VALIDATOR = Draft202012Validator(teams_file_schema())
RIGHT = """\
teams:
  platform: {email: [platform@acme.example]}
  sales:
    email: [sales@acme.example, lead@acme.example]
    slack: {channel: "#sales", url: sales}
    pagerduty: sales
    sms: sales-lead
    business_hours: {hours: 08:30-17:00, days: [monday], time_zone: Europe/Berlin}
    escalation: {email: [senior@acme.example]}
"""
MISTAKES = {
    ("sales:\n    email", "sales:\n    emial"): "4:5: teams.sales.emial: unknown key (did you mean 'email'?)",
    ('"#sales"', '"# sales"'): """5:22: teams.sales.slack.channel: '# sales' (text), expected a channel such as""",
    (
        "08:30-17:00",
        "17:00-08:30",
    ): "8:29: teams.sales.business_hours.hours: '17:00-08:30' (text), expected an end",
    ("08:30-17:00", "9-5"): "8:29: teams.sales.business_hours.hours: '9-5' (text), expected hours such as 09:00-17:00",
    ("Europe/Berlin", "Mars"): "teams.sales.business_hours.time_zone: 'Mars' (text), expected a time zone such as",
    ("[monday]", "[]"): "teams.sales.business_hours.days: an empty list, expected at least one",
    ("{email: [senior@acme.example]}", "{}"): "9:17: teams.sales.escalation: nobody, expected `email`",
    ("platform: {email", "platfrom: {email"): "2:3: teams: no team platform, expected it beside the others",
    ("lead@acme.example", "lead"): "4:33: teams.sales.email[1]: 'lead' (text), expected an address such as",
    (
        "pagerduty: sales",
        "pagerduty: Sales Key",
    ): "teams.sales.pagerduty: 'Sales Key' (text), expected lower-case",
    ("  sales:", "  Sales:"): "3:3: teams.Sales: 'Sales' (text), expected lower-case words joined by hyphens",
}
OF_VALUES_ALONE = ("expected an end", "a time zone", "no team platform")
"""What no schema can tell."""


def refusal(text: str) -> str:
    with pytest.raises(SpecError) as refused:
        parse_teams(text)
    return str(refused.value)


@pytest.mark.parametrize(("edit", "said"), MISTAKES.items(), ids=lambda value: str(value)[:40])
def test_a_mistake_is_named_at_its_place(edit: tuple[str, str], said: str) -> None:
    assert edit[0] in RIGHT
    text = RIGHT.replace(*edit, 1)
    assert any(line.startswith("teams.yaml:") and said in line for line in refusal(text).splitlines())
    is_refused_by_schema = bool([*VALIDATOR.iter_errors(plain_yaml.load(text))])
    assert is_refused_by_schema != any(words in said for words in OF_VALUES_ALONE)


def test_the_right_file_is_right() -> None:
    assert set(parse_teams(RIGHT)) == {"platform", "sales"}
    assert [*VALIDATOR.iter_errors(plain_yaml.load(RIGHT))] == []


def test_the_projects_own_teams_are_right_and_begin_with_the_line_for_editors() -> None:
    text = (ROOT / "teams.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=schemas/teams.schema.json\n")
    assert [*VALIDATOR.iter_errors(plain_yaml.load(text))] == []
    assert "platform" in load_teams(ROOT)


def test_a_project_may_have_no_teams(tmp_path: Path) -> None:
    assert load_teams(tmp_path) == {}
    check_teams({}, {tmp_path / "slos/shop.yaml": parse_service(SHOP, "shop.yaml")}, tmp_path)


def test_a_service_of_an_unknown_team_is_named_where_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "slos/shop.yaml"
    file.parent.mkdir()
    file.write_text(SHOP.replace("team: sales", "team: slaes"), encoding="utf-8")
    service = parse_service(file.read_text(encoding="utf-8"), "shop.yaml")
    with pytest.raises(SpecError) as refused:
        check_teams(parse_teams(RIGHT), {file: service}, tmp_path)
    assert str(refused.value) == (
        "slos/shop.yaml:4:7: team: 'slaes' is not in teams.yaml, expected one of platform, sales"
    )


def test_the_teams_of_some_services_are_their_owners_and_the_stacks_own(tmp_path: Path) -> None:
    (tmp_path / "teams.yaml").write_text(f"{RIGHT}  other: {{email: [a@b.example]}}\n", encoding="utf-8")
    (tmp_path / "slos").mkdir()
    (tmp_path / "slos/shop.yaml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "slos/broken.yaml").write_text("team: [other", encoding="utf-8")
    assert set(teams_of(tmp_path, ["shop", "broken", "gone"])) == {"platform", "sales"}
    assert set(teams_of(tmp_path, [])) == {"platform"}


ADDED = "  crew:\n    email: [crew@acme.example] # to edit\n  'true':\n    email: [true@acme.example] # to edit\n"


@pytest.mark.parametrize(
    ("text", "added"),
    [
        (RIGHT, ADDED),
        (f"# Ours\n{RIGHT}\n  # more to come\n# The end", f"\n{ADDED}"),
        (RIGHT.replace("\n", "\r\n"), ADDED.replace("\n", "\r\n")),
        (
            "teams:\n      platform:\n        email: [a@b]\n",
            ADDED.replace("  crew", "      crew")
            .replace("  'true'", "      'true'")
            .replace("    email", "        email"),
        ),
    ],
    ids=["as it is", "comments", "CRLF", "indented"],
)
def test_stubs_follow_the_other_teams_and_the_text_before_them_is_kept(text: str, added: str) -> None:
    longer = with_stubs(text, ["crew", "true"])
    assert longer == text + added
    assert [*parse_teams(longer)] == [*parse_teams(text), "crew", "true"]


@pytest.mark.parametrize(
    "text",
    [
        "teams: {platform: {email: [a@b]}}\n",
        "teams:\n  {platform: {email: [a@b]}}\n",
        "{teams: {platform: {email: [a@b]}}}\n",
        "teams:\n  platform: {email: [a@b]}\n...\n",
    ],
)
def test_there_are_no_stubs_where_they_have_no_place(text: str) -> None:
    assert parse_teams(text)
    assert with_stubs(text, ["crew"]) is None

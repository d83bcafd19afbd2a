"""docs/routing.md: its examples load, its table is what is rendered, its messages are what is sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slostack import plain_yaml
from slostack.config.channels import CHANNELS, NOTICE_CHANNELS
from slostack.config.routes import PACES, SEVERITIES
from slostack.settings.receivers import Receivers
from slostack.spec import parse_service
from slostack.spec.alerting import RESPONSE
from slostack.teams import parse_teams, teams_file_schema
from tests.unit.config.conftest import SHOP
from tests.unit.config.test_messages import Render, message, render

__all__ = ["render"]
DOCUMENT = (Path(__file__).parents[2] / "docs/routing.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
EMAIL, SLACK, RECOVERY, _ = re.findall(r"```text\n(.*?)```", DOCUMENT, re.DOTALL)
DESCRIPTION = (
    "It answers: 99.9 % over 30d is promised. Over the last 1h 2.0% of all events were bad. "
    "Budget left: 61%, gone in 21h 3m at this rate."
)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.partition(":")[0])
def test_every_example_loads(example: str) -> None:
    match example.partition("\n")[0].partition(":")[0]:
        case "teams":
            assert parse_teams(example)
        case "slostack":
            assert Receivers.model_validate(plain_yaml.load(example)["slostack:receivers"])
        case _:
            assert parse_service(SHOP + example, "docs/routing.md")


def test_every_key_of_a_team_is_in_its_table() -> None:
    section = DOCUMENT.split("## By team")[1].split("\n## ")[0]
    documented = {
        key for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for key in re.findall("`(.*?)`", row)
    }
    parts = teams_file_schema()["$defs"]
    of_parts = {"slack": "SlackChannel", "business_hours": "BusinessHours", "escalation": "Escalation"}
    keys = {key for key in parts["Team"]["properties"] if key not in of_parts}
    keys |= {f"{key}.{name}" for key, part in of_parts.items() for name in parts[part]["properties"]}
    assert documented == keys


def test_the_table_of_severities_is_what_is_rendered() -> None:
    table = DOCUMENT.split("## By severity\n\n")[1].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table]
    columns = ("email", "slack", "pagerduty", "sms")
    for severity, row in zip(SEVERITIES, rows, strict=False):
        assert row[:2] == [f"`{severity}`", RESPONSE[severity]]
        assert [cell == "x" for cell in row[2:6]] == [column in CHANNELS[severity] for column in columns]
    assert [row[-1] for row in rows] == ["every 30 min", "every 2 h", "every 2 h", "daily, in business hours", ""]
    assert [PACES[severity].repeat.seconds for severity in SEVERITIES] == [1800, 7200, 7200, 86400]
    assert [cell == "x" for cell in rows[-1][2:6]] == [column in NOTICE_CHANNELS for column in columns]


@pytest.mark.parametrize(("name", "picture"), [("slostack.text", EMAIL), ("slostack.slack", SLACK)])
def test_the_pictures_are_what_is_sent(name: str, picture: str, render: Render) -> None:
    sent = render(name, message(description=DESCRIPTION))
    assert re.sub(r"\(.* ago\)", "(12m 3s ago)", sent) == picture.rstrip("\n")


def test_the_picture_of_a_recovery_is_what_is_sent(render: Render) -> None:
    assert render("slostack.text", message("resolved")).startswith(RECOVERY)
    assert f"`{render('slostack.title', message('resolved'))}`" in DOCUMENT

"""A project's own burn-rate policies: SLOs name them, and every mistake in one is said at its place, once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from slostack import plain_yaml
from slostack.spec import (
    Duration,
    Service,
    SpecError,
    load_policies,
    load_service,
    load_services,
    parse_policy,
    parse_service,
    policy_file_schema,
    slo_file_schema,
)
from slostack.spec.load import signal_place
from slostack.spec.policy import End, PolicyFile, Tier
from slostack.spec.source import parse_yaml
from tests.unit.spec.files import RIGHT, mistakes, project
from tests.unit.spec.schemas import ROOT

FAST = """\
description: One page, one ticket
period: 28d
tiers:
  - {kind: page, burn: 10, long: 1h, short: 5m}
  - {kind: page, burn: 4, long: 6h, short: 30m}
  - {kind: ticket, burn: 2, long: 1d, short: 2h}
end: {burn: 2, windows: [5m, 2m, 5m], expected_failures: 10}
"""
OWN = RIGHT.replace("policy: google", "policy: fast")
OF_SHAPE = {
    ("period: 28d", "perod: 28d"): (
        "1:1: period: missing, expected the SLO window for which the burn rates are stated, such as 30d",
        "2:1: perod: unknown key (did you mean 'period'?), expected one of description, period, tiers, end",
    ),
    ("description:", "name: fast\ndescription:"): (
        "1:1: name: unknown key, expected one of description, period, tiers, end",
    ),
    ("description: One page, one ticket", "description:"): (
        "1:13: description: empty, expected what it is for, in one sentence",
    ),
    ("kind: ticket", "kind: email"): ("6:12: tiers[2].kind: 'email' (text), expected 'page' or 'ticket'",),
    ("burn: 10,", "burn: 0,"): ("4:24: tiers[0].burn: 0 (a number), expected above 0",),
    ("burn: 10,", "burn: -1,"): ("4:24: tiers[0].burn: -1 (a number), expected above 0",),
    ("burn: 10,", "burn: '10',"): ("4:24: tiers[0].burn: '10' (text), expected a number",),
    ("long: 6h", "long: 6"): ("5:33: tiers[1].long: 6 (a number), expected a duration such as 30s, 5m, 1h30m or 30d",),
    ("[5m, 2m, 5m]", "[]"): ("7:25: end.windows: an empty list, expected at least one",),
    ("windows: [5m, 2m, 5m], ", ""): (
        "7:6: end.windows: missing, expected windows in which the end may be seen, 1m to 1h",
    ),
    (FAST[FAST.index("tiers:") : FAST.index("end:")], "tiers: []\n"): (
        "3:8: tiers: an empty list, expected at least one",
    ),
    (FAST, "- 1\n"): ("1:1: the document is a list, expected a YAML mapping",),
}
"""Edits of the right file, and what is said of them; the JSON Schema refuses them, too."""
OF_VALUES = {
    ("period: 28d", "period: 5m"): ("2:9: period: 5m, expected a window that an SLO can have, from 1h to 90d",),
    ("burn: 10,", "burn: .inf,"): ("4:24: tiers[0].burn: inf (a number), expected a finite number",),
    ("short: 30m", "short: 4m"): ("5:44: tiers[1].short: 4m, expected a window of whole 5m, such as 5m or 1h30m",),
    ("long: 6h", "long: 6h1m"): ("5:33: tiers[1].long: 6h1m, expected a window of whole 5m, such as 5m or 1h30m",),
    ("long: 6h", "long: 20m"): ("5:45: tiers[1].short: 30m, expected at most `long` (20m)",),
    ("long: 6h", "long: 1h"): ("5:33: tiers[1].long: a second page-1h, expected one page over 1h",),
    ("burn: 2, long: 1d", "burn: 0.1, long: 28d"): ("6:37: tiers[2].long: 28d, expected at most 27d",),
    ("burn: 10,", "burn: 400,"): (
        "4:24: tiers[0].burn: 400, at which page-1h fires when 60% of the budget are spent, "
        "expected at most 336, at which it is 50%",
    ),
    ("burn: 10,", "burn: 25,"): (
        "4:24: tiers[0].burn: 25, at which page-1h never fires before page-6h does, "
        "expected less than 4, or a shorter `long`",
    ),
    ("burn: 4,", "burn: 10,"): (
        "5:24: tiers[1].burn: 10, at which page-6h never fires before page-1h does, "
        "expected less than 10, or a shorter `long`",
    ),
    ("end: {burn: 2", "end: {burn: 4"): (
        "7:13: end.burn: 4, expected less than 3.85714, at which an SLO's slowest page can begin",
    ),
    ("[5m, 2m, 5m]", "[30s]"): ("7:26: end.windows[0]: 30s, expected a window from 1m to 1h",),
    (FAST[FAST.index("  - {kind: page") : FAST.index("  - {kind: ticket")], ""): (
        "5:6: end: an end of pages without a tier that pages, expected a tier of `kind: page`",
    ),
}
"""Those that a JSON Schema can't tell from right ones."""


def own_policy(root: Path, text: str = FAST, name: str = "fast.yaml") -> Path:
    """A policy file of a project."""
    path = root / "policies" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refusals(schema: dict[str, Any], text: str) -> list[ValidationError]:
    """What a JSON Schema finds wrong with a file."""
    return [*Draft202012Validator(schema).iter_errors(plain_yaml.load(text))]


def loaded(root: Path) -> Service:
    """The service of a project whose SLO names the policy `fast`."""
    return load_service(project(root, OWN), root)


def test_an_slo_is_alerted_by_a_policy_of_its_project(tmp_path: Path) -> None:
    own_policy(tmp_path)
    (slo,) = loaded(tmp_path).slos
    assert slo.policy.name == "fast"
    assert [(tier.name, tier.burn) for tier in slo.policy.tiers_for(Duration(28 * 86400))] == [
        ("page-1h", 10),
        ("page-6h", 4),
        ("ticket-1d", 2),
    ]
    assert [tier.name for tier in slo.tiers] == ["page-1h", "page-6h", "ticket-1d"]
    assert slo.model_dump(mode="json")["alerting"]["policy"] == "fast"


def test_in_whatever_order_its_file_says_it(tmp_path: Path) -> None:
    lines = FAST.splitlines(keepends=True)
    own_policy(tmp_path, "".join([*lines[:3], lines[5], lines[4], lines[3], lines[6]]))
    backwards = loaded(tmp_path)
    own_policy(tmp_path)
    assert backwards == loaded(tmp_path)
    end = backwards.slos[0].policy.end
    assert end
    assert [str(window) for window in end.windows] == ["2m", "5m"]


def test_the_policies_that_ship_stay_beside_it(tmp_path: Path) -> None:
    own_policy(tmp_path)
    project(tmp_path, OWN)
    project(tmp_path, RIGHT.replace("service: api", "service: web").replace("{job: api,", "{job: web,"), "web.yaml")
    assert [service.slos[0].policy.name for service in load_services(tmp_path)] == ["fast", "google"]
    assert list(load_policies(tmp_path)[0]) == ["google", "workbook", "fast"]


def test_a_policy_is_parsed_once_for_all_services_that_name_it(tmp_path: Path) -> None:
    own_policy(tmp_path)
    assert loaded(tmp_path).slos[0].policy is loaded(tmp_path).slos[0].policy


def test_policies_that_differ_are_no_equals_though_they_share_a_name() -> None:
    one, other = (parse_policy(text, "policies/fast.yaml") for text in (FAST, FAST.replace("burn: 10", "burn: 11")))
    assert one != other
    assert hash(one) == hash(other)


@pytest.mark.parametrize(("edit", "said"), {**OF_SHAPE, **OF_VALUES}.items(), ids=lambda value: str(value)[:50])
def test_a_mistake_is_named_at_its_place(tmp_path: Path, edit: tuple[str, str], said: tuple[str, ...]) -> None:
    assert edit[0] in FAST
    text = FAST.replace(*edit, 1)
    own_policy(tmp_path, text)
    assert sorted(mistakes(tmp_path, OWN)) == [f"policies/fast.yaml:{line}" for line in said]
    assert bool(refusals(policy_file_schema(), text)) == (edit in OF_SHAPE)


def test_the_documentations_example_is_right_and_every_key_is_explained(tmp_path: Path) -> None:
    document = (ROOT / "docs/alerting.md").read_text(encoding="utf-8")
    section = document.partition("\n## A policy of your own\n")[2].partition("\n## ")[0]
    example, use = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    own_policy(tmp_path, example, "office-hours.yaml")
    alerting = use.partition("alerting: ")[2].strip()
    text = RIGHT.replace("{policy: google, page: critical, ticket: medium}", alerting)
    (slo,) = load_service(project(tmp_path, text), tmp_path).slos
    assert [tier.name for tier in slo.tiers] == ["page-1h", "ticket-1d"]
    assert refusals(policy_file_schema(), example) == []
    keys = {name for model in (PolicyFile, Tier, End) for name in model.model_fields}
    assert {key for key in keys if f"`{key}" not in section} == set()


def test_the_schema_takes_what_is_right() -> None:
    assert refusals(policy_file_schema(), FAST) == []
    assert refusals(slo_file_schema(), OWN) == []
    assert refusals(slo_file_schema(), OWN.replace("policy: fast", "policy: Fast Pages")) != []


def test_a_mistake_is_said_once_beside_those_of_slo_files(tmp_path: Path) -> None:
    """The SLOs that name the policy are judged as if it asked nothing of them."""
    own_policy(tmp_path, FAST.replace("burn: 10", "burn: 0"))
    for name in ("api", "jobs", "web"):
        text = OWN.replace("service: api", f"service: {name}").replace("{job: api,", f"{{job: {name},")
        project(tmp_path, text.replace("objective: 99.9", "objective: 50"), f"{name}.yaml")
    project(tmp_path, RIGHT.replace("service: api", "service: z").replace("team: core", "team: 1"), "z.yaml")
    with pytest.raises(SpecError) as error:
        load_services(tmp_path)
    assert [line.split(": ")[0] for line in str(error.value).splitlines()] == [
        "policies/fast.yaml:4:24",
        "slos/z.yaml:3:7",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("google.yaml", "'google' is a policy of slostack itself, expected another name"),
        (
            "Fast_Pages.yaml",
            "a policy named 'Fast_Pages', expected lower-case words joined by hyphens, such as fast-pages.yaml",
        ),
        (
            "fast.yml",
            "a file with the suffix '.yml', expected policy files alone, as policies/<name>.yaml",
        ),
    ],
)
def test_a_file_that_no_slo_could_name_is_a_mistake(tmp_path: Path, name: str, said: str) -> None:
    own_policy(tmp_path, name=name)
    assert mistakes(tmp_path, RIGHT) == [f"policies/{name}:1:1: {said}"]


def test_an_unknown_policy_is_answered_with_all_that_are_known(tmp_path: Path) -> None:
    own_policy(tmp_path)
    own_policy(tmp_path, name="calm.yaml")
    assert mistakes(tmp_path, OWN.replace("policy: fast", "policy: slow")) == [
        "slos/api.yaml:13:24: slos[0].alerting.policy: 'slow' (text), expected one of google, workbook, calm, fast"
    ]


def test_other_mistakes_of_its_slo_are_found_as_well(tmp_path: Path) -> None:
    own_policy(tmp_path)
    text = OWN.replace("description: It answers", "description: 1").replace("objective: 99.9", "objective: 50")
    assert [line.split(": ")[1] for line in mistakes(tmp_path, text)] == ["slos[0].description", "slos[0].objective"]
    with pytest.raises(SpecError, match="50, at which page-1h"):
        load_service(project(tmp_path, OWN.replace("objective: 99.9", "objective: 50")), tmp_path)


def test_a_text_without_a_folder_can_name_the_policies_that_it_is_given() -> None:
    given = {"fast": parse_policy(FAST, "policies/fast.yaml")}
    assert parse_service(OWN, "api.yaml", policies=given).slos[0].policy.name == "fast"
    with pytest.raises(SpecError, match=r"'fast' \(text\), expected one of google, workbook"):
        parse_service(OWN, "api.yaml")


def test_what_promtool_refuses_is_found_in_an_slo_file_that_names_one(tmp_path: Path) -> None:
    own_policy(tmp_path)
    text = OWN + "signals: {up: {}}\n"
    name = next(alert.name for alert in parse_service(text.replace("fast", "google"), "api.yaml").alerts)
    assert signal_place(parse_yaml(text, "api.yaml"), name, load_policies(tmp_path)[0]) == ("signals", "up")

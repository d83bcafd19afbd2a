"""What a stack tells about itself."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from slostack.bundle import Bundle
from slostack.deploy.contents import change, contents, encoded
from slostack.errors import SlostackError
from slostack.rules.model import GENERATED
from slostack.servers import versions
from tests.components.program import ROOT, Program, canaries, run_anew, stack_config


def test_the_program_exports_urls_versions_and_the_numbers_of_rules_and_alerts(program: Program, stack: str) -> None:
    assert set(program.outputs) == {"urls", "versions", "rules", "alerts", "contents"}
    assert program.outputs["urls"] == stack_config(stack)["urls"]
    assert program.outputs["versions"] == {name: pin.version for name, pin in versions().items()}
    own = (ROOT / "alert_rules").rglob("*.yaml")
    watched = ("slostack", *stack_config(stack)["services"])
    committed = [p.read_text(encoding="utf-8") for p in own if p.parent.name == "custom" or p.stem in watched]
    assert program.outputs["rules"] == sum(text.count("- record: ") for text in committed) > 100
    assert program.outputs["alerts"] == sum(text.count("- alert: ") for text in committed) > 30


def test_rules_are_counted_however_they_are_written() -> None:
    bundle = Bundle(
        {
            "prometheus/rules/custom-flow.yaml": "groups: [{rules: [{alert: A, expr: up}, {record: b, expr: up}]}]",
            "prometheus/rules/custom-empty.yaml": "groups: []",
            "loki/rules/fake/api.yaml": "groups:\n- rules:\n  - alert: B\n    expr: x\n",
            "prometheus/prometheus.yml": "",
        }
    )
    assert {kind: len(items) for kind, items in contents(bundle).items()} == {"record": 1, "alert": 2, "dashboard": 0}


@pytest.mark.parametrize("text", ["", "groups:", "groups: [x]", "- a", "{", "text"])
def test_what_is_no_rule_file_is_named(text: str) -> None:
    bundle = Bundle({"prometheus/rules/custom-x.yaml": text})
    with pytest.raises(SlostackError, match=r"^custom-x.yaml: not a rule file, expected YAML with groups of rules$"):
        contents(bundle)


GROUP = """\
- name: slo/api/a
  interval: 30s
  rules:
  - record: a:b:c
    expr: vector(1)
  - alert: Burns
    expr: x > 1
  - alert: Burns
    expr: x > 2
"""
OTHER = GROUP.replace("slo/api/a", "slo/api/b")


def bundle(rules: str, dashboard: str = "{}") -> Bundle:
    """A stack with a file of rules and a dashboard."""
    return Bundle(
        {"prometheus/rules/api.yaml": f"{GENERATED}\ngroups:\n{rules}", "grafana/dashboards/api.json": dashboard}
    )


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (bundle(GROUP), "no rule, alert or dashboard changes"),
        (bundle(GROUP + OTHER), "recording rules 1 added; alerts 2 added"),
        (bundle(GROUP, "[]"), "dashboards 1 changed"),
        (bundle(GROUP.replace("x > 2", "x > 3")), "alerts 1 changed"),
        (bundle(GROUP.replace("30s", "1m")), "recording rules 1 changed; alerts 2 changed"),
        (bundle(GROUP.replace("a:b:c", "a:b:d")), "recording rules 1 added, 1 removed"),
        (Bundle({}), "recording rules 1 removed; alerts 2 removed; dashboards 1 removed"),
    ],
)
def test_what_a_deployment_changes_is_one_line(after: Bundle, said: str) -> None:
    before = encoded(contents(bundle(GROUP)))
    assert change(before, contents(after)) == f"compared with the last deployment: {said}"


@pytest.mark.parametrize("unreadable", ["{", "[]", '{"alert": 3}', "text"])
def test_a_state_that_cannot_be_read_is_no_failure(unreadable: str) -> None:
    said = change(unreadable, contents(bundle(GROUP)))
    assert said == "what was deployed last can't be read, so nothing is compared"


def test_a_first_deployment_says_what_there_is() -> None:
    said = change(None, contents(bundle(GROUP)))
    assert said == "nothing was deployed yet: 1 recording rules, 2 alerts, 1 dashboards"


def test_a_state_that_pulumi_does_not_tell_is_no_failure() -> None:
    with patch("pulumi.runtime.invoke", side_effect=Exception("invoke failed")), patch("pulumi.info") as said:
        program = run_anew("dev", stack_config("dev"), canaries("dev"))
    assert program.outputs["alerts"]
    said.assert_called_once_with("what was deployed last can't be read, so nothing is compared")

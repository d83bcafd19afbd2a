"""What a stack tells about itself."""

from __future__ import annotations

import pytest

from slostack.bundle import Bundle
from slostack.deploy.outputs import outputs
from slostack.errors import SlostackError
from slostack.servers import versions
from slostack.settings import parse_settings
from tests.components.program import ROOT, Program, stack_config


def test_the_program_exports_urls_versions_and_the_numbers_of_rules_and_alerts(program: Program, stack: str) -> None:
    assert set(program.outputs) == {"urls", "versions", "rules", "alerts"}
    assert program.outputs["urls"] == stack_config(stack)["urls"]
    assert program.outputs["versions"] == {name: pin.version for name, pin in versions().items()}
    committed = [path.read_text(encoding="utf-8") for path in (ROOT / "alert_rules").rglob("*.yaml")]
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
    found = outputs(parse_settings(stack_config("dev"), "dev"), bundle)
    assert (found["rules"], found["alerts"]) == (1, 2)


@pytest.mark.parametrize("text", ["", "groups:", "groups: [x]", "- a", "{", "text"])
def test_what_is_no_rule_file_is_named(text: str) -> None:
    bundle = Bundle({"prometheus/rules/custom-x.yaml": text})
    with pytest.raises(SlostackError, match=r"^custom-x.yaml: not a rule file, expected YAML with groups of rules$"):
        outputs(parse_settings(stack_config("dev"), "dev"), bundle)

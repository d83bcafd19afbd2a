"""Hand-written files and bundles are refused before they reach a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slostack.bundle import Bundle
from slostack.checks import check_bundle, check_custom_files
from slostack.errors import SlostackError

RULES = "groups: [{name: own, rules: [{record: 'team:requests:rate5m', expr: 'sum(rate(requests_total[5m]))'}]}]"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_good_files_are_counted(tmp_path: Path) -> None:
    write(tmp_path / "alert_rules/custom/own.yaml", RULES)
    write(tmp_path / "dashboards/custom/own.json", json.dumps({"uid": "own", "title": "Own"}))
    assert check_custom_files(tmp_path) == 2


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("alert_rules/custom/own.yaml", RULES.replace("[5m]", "[5x]"), "own.yaml: promtool says"),
        ("dashboards/custom/own.json", "{", "dashboards/custom/own.json: Expecting property name"),
        ("dashboards/custom/own.json", "[]", "dashboards/custom/own.json: not a JSON object"),
        ("dashboards/custom/own.json", "{}", "dashboards/custom/own.json: no uid"),
        ("dashboards/custom/own.json", '{"uid": "slo-api"}', "uid 'slo-api' is that of dashboards/api.json"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, path: str, text: str, said: str) -> None:
    write(tmp_path / "dashboards/api.json", json.dumps({"uid": "slo-api"}))
    write(tmp_path / path, text)
    with pytest.raises(SlostackError) as error:
        check_custom_files(tmp_path)
    assert said in str(error.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    write(tmp_path / "alert_rules/custom/own.yaml", "groups: 1")
    write(tmp_path / "dashboards/custom/own.json", "{}")
    with pytest.raises(SlostackError) as error:
        check_custom_files(tmp_path)
    assert "own.yaml" in str(error.value)
    assert "own.json" in str(error.value)


def test_a_bundle_with_a_broken_rule_is_refused_by_the_file_s_name() -> None:
    files = {
        "prometheus/prometheus.yml": "rule_files: [rules/*.yaml]",
        "prometheus/rules/custom-own.yaml": RULES,
        "alertmanager/alertmanager.yml": "{route: {receiver: nobody}, receivers: [{name: nobody}]}",
        "loki/loki.yaml": "",
    }
    broken = {**files, "prometheus/rules/custom-own.yaml": RULES.replace("sum(rate", "sumrate")}
    with pytest.raises(SlostackError) as error:
        check_bundle(Bundle(broken))
    assert "custom-own.yaml" in str(error.value)
    assert "/tmp" not in str(error.value)

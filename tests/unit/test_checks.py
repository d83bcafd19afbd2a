"""Hand-written files and bundles are refused before they reach a server."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from slostack.bundle import Bundle
from slostack.checks import check_bundle, check_custom_files
from slostack.deploy.kubernetes import kubernetes_topology
from slostack.errors import SlostackError
from slostack.settings import load_settings
from slostack.spec import SpecError, parse_service
from slostack.stack import make_bundle
from tests.unit.spec.files import RIGHT

ROOT = Path(__file__).parents[2]
RULES = "groups: [{name: own, rules: [{record: 'team:requests:rate5m', expr: 'sum(rate(requests_total[5m]))'}]}]"

ALERT = """\
groups:
  - name: own
    rules:
      - record: team:up
        expr: up
      - alert: Down
        expr: up == 0
"""
OWN_RULES, OWN_DASHBOARD = "alert_rules/custom/own.yaml", "dashboards/custom/own.json"
API = parse_service(RIGHT, "slos/api.yaml")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="latin-1")


def test_good_files_are_counted(tmp_path: Path) -> None:
    write(tmp_path / "alert_rules/custom/own.yaml", RULES)
    write(tmp_path / "dashboards/custom/own.json", json.dumps({"uid": "own", "title": "Own"}))
    assert check_custom_files(tmp_path, ()) == 2


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (OWN_RULES, RULES.replace("[5m]", "[5x]"), "1:69: team:requests:rate5m: could not parse expression: "),
        (OWN_RULES, "groups: 1", "1:1: yaml: unmarshal errors"),
        (OWN_RULES, "groups: []\n# caf\xe9", "2:6: byte 0xe9 is not UTF-8"),
        (
            OWN_RULES,
            RULES.replace("team:requests", "slo:requests"),
            "1:39: record 'slo:requests:rate5m', expected another",
        ),
        (OWN_RULES, ALERT, "6:9: Down: no severity, expected one of critical, high, medium, low"),
        (
            OWN_RULES,
            ALERT + "        labels: {severity: page}\n",
            "8:28: Down: severity 'page' (text), expected",
        ),
        (
            OWN_RULES,
            ALERT + "        annotations: {a: x, b: '{{ end }}'}\n",
            "8:32: Down: unexpected {{end}}",
        ),
        (
            "alert_rules/custom/bad.yml",
            RULES,
            "1:1: a file with the suffix '.yml', expected files named <name>.yaml",
        ),
        ("alert_rules/custom/sub/bad.yaml", RULES, "1:1: a folder, expected files named <name>.yaml right in"),
        (
            "dashboards/custom/x.yaml",
            RULES,
            "1:1: a file with the suffix '.yaml', expected files named <name>.json",
        ),
        (OWN_DASHBOARD, "{", "1:2: not JSON (Expecting property name"),
        (OWN_DASHBOARD, "[" * 100_000, "1:1: not JSON that can be read (maximum recursion depth"),
        (OWN_DASHBOARD, "[]", "1:1: not a JSON object"),
        (OWN_DASHBOARD, "{}", "1:1: no uid"),
        (OWN_DASHBOARD, '{"uid": "a b"}', "1:1: uid 'a b' (text), expected a fixed one of 1 to 40 letters"),
        (OWN_DASHBOARD, json.dumps({"uid": "a" * 41}), "1:1: uid 'aaa"),
        (OWN_DASHBOARD, '{"uid": "slo-api"}', "1:1: uid 'slo-api' is that of dashboards/api.json"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, path: str, text: str, said: str) -> None:
    write(tmp_path / path, text)
    with pytest.raises(SpecError) as error:
        check_custom_files(tmp_path, (API,))
    assert str(error.value).startswith(f"{path.replace('sub/bad.yaml', 'sub')}:{said}")
    assert str(tmp_path) not in str(error.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    write(tmp_path / "alert_rules/custom/own.yaml", "groups: 1")
    write(tmp_path / "dashboards/custom/own.json", "{}")
    with pytest.raises(SlostackError) as error:
        check_custom_files(tmp_path, (API,))
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


def test_a_broken_hand_written_dashboard_gets_into_no_bundle(tmp_path: Path) -> None:
    for folder in ("slos", "runbooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    settings = load_settings(tmp_path, "dev")
    assert make_bundle(tmp_path, settings, kubernetes_topology(settings)).files
    write(tmp_path / "dashboards/custom/own.json", "{bad")
    with pytest.raises(SlostackError) as error:
        make_bundle(tmp_path, settings, kubernetes_topology(settings))
    assert "dashboards/custom/own.json" in str(error.value)

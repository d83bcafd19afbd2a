"""PrometheusRule objects hold the rules of every service as the Prometheus operator wants them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from slostack import plain_yaml, promtool
from slostack.cli.export import command
from slostack.errors import SlostackError
from slostack.exports import Metadata, custom_objects, service_objects
from slostack.exports.prometheusrule import MOST_BYTES
from slostack.rules import RecordingRule, service_groups
from slostack.spec import Service, parse_service

STACK = """
config:
  slostack:environment: prod
  slostack:delivery: kubernetes
  slostack:urls:
    grafana: https://grafana.acme.example
    prometheus: https://prometheus.acme.example
    alertmanager: https://alertmanager.acme.example
    runbooks: https://git.acme.example/runbooks
  slostack:kubernetes: {context: acme}
"""
CUSTOM = """
groups:
- name: disks
  interval: 1m
  limit: 10
  labels: {team: platform, source: group}
  rules:
  - alert: DiskFull
    expr: |-
      node_filesystem_avail_bytes
      < 1e9
    labels: {severity: high, source: rule}
    annotations:
      summary: A disk is full
      runbook_url: https://runbooks.invalid/api/a.md
  - {record: disks:free, expr: sum(node_filesystem_avail_bytes)}
"""
KINDS = """
    sli: {events: {bad: bad_total, total: all_total}, up: 'up{job="api"}'}
    alerting: {absence: {for: 10m, severity: high}, spent: {share: 50, severity: low}}
    labels: {journey: 'pay "now": yes'}
"""


def service(*, slos: int = 1, name: str = "api") -> Service:
    """A service of so many SLOs, with an alert of its own."""
    text = f"service: {name}\ndescription: An API\nteam: web\nslos:\n"
    for number in range(slos):
        text += (
            f"  - name: success-{number}\n    description: It works\n    objective: 99.9\n    runbook: api/a.md{KINDS}"
        )
    alert = "{name: Down, expr: up == 0, for: 1m, severity: critical, summary: 'It: down', runbook: api/a.md}"
    text += f"alerts:\n  - {alert}\n"
    return parse_service(text, f"{name}.yaml")


def groups_of(objects: dict[str, str]) -> list[dict[str, Any]]:
    """The rule groups of objects, in order."""
    return [group for text in objects.values() for group in plain_yaml.load(text)["spec"]["groups"]]


def check_by_promtool(objects: dict[str, str], folder: Path) -> None:
    """Asks promtool about each object's spec, which is a rule file."""
    for name, text in objects.items():
        (folder / f"{name}.yaml").write_text(plain_yaml.dump(plain_yaml.load(text)["spec"]), encoding="utf-8")
    promtool.check_rules([folder / f"{name}.yaml" for name in objects])


def test_a_service_becomes_one_object_that_promtool_accepts(tmp_path: Path) -> None:
    objects = service_objects(service(), Metadata("monitoring", {"prometheus": "k8s", "role": "alert-rules"}))
    (text,) = objects.values()
    found = plain_yaml.load(text)
    assert (found["apiVersion"], found["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert found["metadata"] == {
        "name": "slostack-api",
        "namespace": "monitoring",
        "labels": {"app.kubernetes.io/managed-by": "slostack", "prometheus": "k8s", "role": "alert-rules"},
    }
    check_by_promtool(objects, tmp_path)


def test_without_a_namespace_the_object_names_none() -> None:
    (text,) = service_objects(service(), Metadata()).values()
    assert "namespace" not in plain_yaml.load(text)["metadata"]


def test_every_rule_has_its_groups_labels_and_all_else_as_it_was() -> None:
    expected = []
    for group in service_groups(service()):
        rules = []
        for rule in group.rules:
            labels = {**group.labels, **rule.labels}
            if isinstance(rule, RecordingRule):
                rules.append({"record": rule.record, "expr": rule.expr, "labels": labels})
                continue
            alert: dict[str, Any] = {"alert": rule.alert, "expr": rule.expr, "labels": labels}
            alert |= {"annotations": dict(rule.annotations)}
            alert |= {"for": str(rule.for_)} if rule.for_ else {}
            alert |= {"keep_firing_for": str(rule.keep_firing_for)} if rule.keep_firing_for else {}
            rules.append(alert)
        expected.append({"name": group.name, "interval": str(group.interval), "rules": rules})
    assert groups_of(service_objects(service(), Metadata())) == expected


def test_a_large_service_is_spread_over_objects_that_the_operator_accepts(tmp_path: Path) -> None:
    large = service(slos=60)
    objects = service_objects(large, Metadata("monitoring"))
    assert list(objects)[:2] == ["slostack-api", "slostack-api.2"]
    assert all(len(plain_yaml.dump(plain_yaml.load(text)["spec"])) < 524_288 for text in objects.values())
    assert all(len(text.encode()) < MOST_BYTES * 1.1 for text in objects.values())
    names = [group["name"] for group in groups_of(objects)]
    assert names == [group.name for group in service_groups(large)]
    check_by_promtool(objects, tmp_path)


def test_a_group_too_large_for_any_object_is_refused() -> None:
    rules = [{"record": f"a:b{i}", "expr": "sum(x) + " * 100 + "1"} for i in range(700)]
    with pytest.raises(SlostackError, match=r"custom/big.yaml: a rule group of [\d,]+ bytes, expected at most 450,000"):
        custom_objects("custom/big.yaml", plain_yaml.dump({"groups": [{"name": "big", "rules": rules}]}), Metadata())


def test_a_teams_own_rules_keep_what_they_have(tmp_path: Path) -> None:
    objects = custom_objects("alert_rules/custom/My_Disks.yaml", CUSTOM, Metadata())
    assert list(objects) == ["slostack-custom-my-disks"]
    (group,) = groups_of(objects)
    assert (group["name"], group["interval"], group["limit"], "labels" in group) == ("disks", "1m", 10, False)
    alert, recording = group["rules"]
    assert alert["labels"] == {"team": "platform", "source": "rule", "severity": "high"}
    assert recording["labels"] == {"team": "platform", "source": "group"}
    check_by_promtool(objects, tmp_path)


def test_alerts_get_labels_besides_their_own_and_keep_those_that_clash(tmp_path: Path) -> None:
    metadata = Metadata(alert_labels={"namespace": "monitoring", "environment": "prod"})
    text = """
groups:
- name: pods
  rules:
  - {alert: Restarts, expr: 'sum by (namespace) (restarts) > 1', labels: {severity: low}}
  - {alert: Own, expr: 'vector(1)', labels: {severity: low, environment: lab}}
  - {record: 'namespace:restarts:sum', expr: sum by (namespace) (restarts)}
"""
    (found,) = custom_objects("custom/pods.yaml", text, metadata).values()
    (tmp_path / "rules.yaml").write_text(plain_yaml.dump(plain_yaml.load(found)["spec"]), encoding="utf-8")
    added = "environment: prod, namespace: monitoring, severity: low"
    (tmp_path / "fixture.yaml").write_text(
        f"""
rule_files: [rules.yaml]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series:
  - {{series: 'restarts{{namespace="shop"}}', values: 2x5}}
  - {{series: 'restarts{{namespace="web"}}', values: 3x5}}
  alert_rule_test:
  - alertname: Restarts
    eval_time: 1m
    exp_alerts:
    - {{exp_labels: {{{added}, exported_namespace: shop}}}}
    - {{exp_labels: {{{added}, exported_namespace: web}}}}
  - {{alertname: Own, eval_time: 1m, exp_alerts: [{{exp_labels: {{{added}, exported_environment: lab}}}}]}}
  promql_expr_test:
  - expr: namespace:restarts:sum
    eval_time: 1m
    exp_samples:
    - {{labels: 'namespace:restarts:sum{{namespace="shop"}}', value: 2}}
    - {{labels: 'namespace:restarts:sum{{namespace="web"}}', value: 3}}
""",
        encoding="utf-8",
    )
    result = promtool.test_rules(tmp_path / "fixture.yaml")
    assert result.passed, result.output


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two services, one stack and a rule file of the team's own."""
    files = {
        "stacks/Pulumi.prod.yaml": STACK,
        "slos/api.yaml": SLO_FILE.replace("NAME", "api"),
        "slos/web.yaml": SLO_FILE.replace("NAME", "web"),
        "runbooks/api/a.md": "# A",
        "alert_rules/custom/disks.yaml": CUSTOM,
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


SLO_FILE = """
service: NAME
description: It serves
team: web
slos:
  - name: success
    description: It works
    objective: 99.9
    sli: {events: {bad: 'bad_total{job="NAME"}', total: 'all_total{job="NAME"}'}}
    runbook: api/a.md
"""


def export(project: Path, *arguments: str) -> Result:
    """Runs the command in a project."""
    options = ["--format", "prometheusrule", "--stack", "prod", *arguments]
    return CliRunner().invoke(command, options, obj=project, catch_exceptions=False)


def test_the_command_prints_one_document_per_object_with_the_stacks_urls(project: Path) -> None:
    printed = export(project, "--namespace", "monitoring").stdout
    found = list(yaml.safe_load_all(printed))
    names = ["slostack-api", "slostack-web", "slostack", "slostack-custom-disks"]
    assert [each["metadata"]["name"] for each in found] == names
    assert "invalid" not in printed
    urls = {
        rule["annotations"]["runbook_url"]
        for each in found
        for group in each["spec"]["groups"]
        for rule in group["rules"]
        if "annotations" in rule
    }
    assert "https://git.acme.example/runbooks/api/a.md" in urls
    assert all(url.startswith("https://git.acme.example/runbooks/") for url in urls)


def test_the_command_writes_a_file_per_object_and_removes_those_of_services_that_are_gone(project: Path) -> None:
    out = project / "objects"
    assert "wrote objects/slostack-web.yaml" in export(project, "--out", str(out)).output
    (out / "others.yaml").write_text("kind: ConfigMap\n", encoding="utf-8")
    (project / "slos/web.yaml").unlink()
    assert "removed objects/slostack-web.yaml" in export(project, "--out", str(out)).output
    left = ["others.yaml", "slostack-api.yaml", "slostack-custom-disks.yaml", "slostack.yaml"]
    assert sorted(path.name for path in out.iterdir()) == left


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--namespace", "Not_One"], "--namespace 'Not_One', expected a Kubernetes namespace"),
        (["--label", "prometheus"], "--label 'prometheus', expected a Kubernetes label such as prometheus=k8s"),
        (["--label", "a b=c"], "--label 'a b=c', expected a Kubernetes label"),
        (["--stack", "nowhere"], r"no stacks/Pulumi.nowhere.yaml, expected one of the stacks prod"),
    ],
)
def test_a_mistake_in_an_option_is_named(project: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(SlostackError, match=message):
        export(project, *arguments)


def test_two_files_of_one_objects_name_are_refused(project: Path) -> None:
    (project / "alert_rules/custom/Disks.yaml").write_text(CUSTOM, encoding="utf-8")
    with pytest.raises(SlostackError, match=r"another file becomes slostack-custom-disks too, expected a name of its"):
        export(project)


def test_what_is_judged_by_logs_is_said(project: Path) -> None:
    text = (project / "slos/api.yaml").read_text(encoding="utf-8")
    logs = """{logs: {bad: '{service="api"} |= "error"', total: '{service="api"}'}}"""
    (project / "slos/api.yaml").write_text(
        text[: text.index("sli: ")] + f"sli: {logs}\n    runbook: api/a.md\n", encoding="utf-8"
    )
    assert "api: judged by logs too; Loki's ruler needs alert_rules/loki/api.yaml" in export(project).stderr

"""`delivery: operator`: what this project generates, as objects for a Prometheus operator and Grafana's sidecar."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from slostack import names, plain_yaml
from slostack.bundle import Bundle
from slostack.config.alertmanager import alertmanager_files
from slostack.config.messages import TEMPLATES
from slostack.deploy.kubernetes import kubernetes_topology
from slostack.deploy.operator.routes import alertmanager_config, complete
from slostack.deploy.operator.scrapes import scrape_configs
from slostack.deploy.policies import violations
from slostack.errors import SlostackError
from slostack.servers import obtain_binary
from slostack.settings import parse_settings
from slostack.spec import load_services
from slostack.stack import make_bundle
from slostack.teams import BusinessHours, Team
from tests.components.operator_stack import operator_config, operator_program, operator_secrets
from tests.components.program import ROOT, Program, refusal, run_program

KINDS = {"Secret", "PrometheusRule", "ScrapeConfig", "Probe", "AlertmanagerConfig", "ConfigMap"}
OF_AN_ALERT = {f"slostack.{part}" for part in ("what", "said", "when", "since", "severity", "dashboard", "logs")}
MESSAGES = sorted(set(re.findall(r'define "([^"]+)"', TEMPLATES)) - OF_AN_ALERT)
"""The templates that messages use; the others are of a single alert, within them."""


@cache
def _program() -> Program:
    return operator_program("monitoring")


@pytest.fixture
def program() -> Program:
    """What the program registers for a stack that uses every receiver and way to scrape."""
    return _program()


def of_kind(program: Program, kind: str) -> list[dict[str, Any]]:
    """The objects of a kind."""
    return [dict(each.inputs) for each in program.resources if each.inputs.get("kind") == kind]


def rules(program: Program) -> Iterator[dict[str, Any]]:
    for each in of_kind(program, "PrometheusRule"):
        for group in each["spec"]["groups"]:
            yield from group["rules"]


def values(value: Any) -> Iterator[Any]:
    """A value and all within it."""
    yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from values(each)


def test_nothing_else_is_deployed(program: Program) -> None:
    types = {each.type.rpartition(":")[2] for each in program.resources if each.inputs.get("kind")}
    assert types == KINDS
    assert {each.type for each in program.resources if not each.inputs.get("kind")} == {
        "pulumi:providers:kubernetes",
        "slostack:operator:Objects",
    }
    assert all(each.parent == "slostack" for each in program.resources if each.inputs.get("kind"))


def test_every_object_is_in_the_namespace_and_is_found_by_the_selectors(program: Program) -> None:
    for kind in KINDS:
        for each in of_kind(program, kind):
            assert each["metadata"]["namespace"] == "monitoring"
            labels = each["metadata"]["labels"]
            assert labels["cost-center"] == "observability"
            assert (labels.get("release") == "prom") == (kind not in ("Secret", "ConfigMap"))
    dashboards = [each for each in of_kind(program, "ConfigMap") if "dashboards" in each["metadata"]["name"]]
    assert {name for each in dashboards for name in each["data"]} == {
        "learnsnap.json",
        "overview.json",
        "probes.json",
        "shared-postgres.json",
        "shared-queue.json",
        "shared-redis.json",
        "slostack.json",
    }
    assert all(each["metadata"]["labels"]["grafana_dashboard"] == "1" for each in dashboards)


def test_no_object_violates_a_policy(program: Program) -> None:
    assert [(each.name, what) for each in program.resources for what in violations(each.type, each.inputs)] == []


def test_every_rule_is_there_and_every_alert_can_be_routed(program: Program) -> None:
    assert len(list(rules(program))) == program.outputs["rules"] + program.outputs["alerts"]
    for rule in rules(program):
        routed = {key: rule["labels"].get(key) for key in ("namespace", "environment")}
        expected = ("monitoring", "prod") if "alert" in rule else (None, None)
        assert tuple(routed.values()) == expected
        assert rule["labels"].get("exported_namespace") == ("{{ $labels.namespace }}" if "alert" in rule else None)


def test_without_the_namespace_matcher_alerts_keep_their_namespace() -> None:
    config = operator_config("monitoring")
    config["operator"]["namespaceMatcher"] = False
    program = run_program("prod", config, operator_secrets())
    alerts = [rule for rule in rules(program) if "alert" in rule]
    assert alerts
    assert not any("namespace" in rule["labels"] for rule in alerts)
    assert all(rule["labels"]["environment"] == "prod" for rule in alerts)


def test_an_slo_by_namespace_needs_an_alertmanager_that_leaves_it_alone(tmp_path: Path) -> None:
    from slostack.deploy.kubernetes import kubernetes_topology
    from slostack.deploy.operator import operator_objects

    for folder in ("slos", "runbooks/api"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "runbooks/api/a.md").write_text("# A")
    (tmp_path / "slos/api.yaml").write_text(
        "{service: api, description: An API, team: web, slos: [{name: success, description: It works, objective: 99, "
        "group_by: [namespace], sli: {events: {bad: bad_total, total: all_total}}, runbook: api/a.md}]}"
    )
    config = operator_config("monitoring") | {"services": {"api": {}}}
    settings = parse_settings(config, "prod")
    bundle = make_bundle(tmp_path, settings, kubernetes_topology(settings))
    with pytest.raises(SlostackError, match=r"slos/api.yaml: success is grouped by namespace.*namespaceMatcher: false"):
        operator_objects(tmp_path, bundle, settings)
    config["operator"]["namespaceMatcher"] = False
    assert operator_objects(tmp_path, bundle, parse_settings(config, "prod"))


def test_the_route_takes_this_environments_alerts_and_says_what_alertmanagers_config_says(program: Program) -> None:
    ((bundle, _),) = program.checked
    config = plain_yaml.load(bundle.files["alertmanager/alertmanager.yml"])
    (found,) = of_kind(program, "AlertmanagerConfig")
    route = found["spec"]["route"]
    assert _texts(route["matchers"]) == ['environment="prod"']
    _same_routes(route, config["route"])
    for ours, theirs in zip(found["spec"]["inhibitRules"], config["inhibit_rules"], strict=True):
        assert _texts(ours["sourceMatch"]) == theirs["source_matchers"]
        assert _texts(ours["targetMatch"]) == theirs["target_matchers"]
        assert ours["equal"] == theirs["equal"]
    for ours, theirs in zip(found["spec"]["receivers"], config["receivers"], strict=True):
        assert ours["name"] == theirs["name"]
        assert {key.lower(): len(value) for key, value in ours.items() if key != "name"} == {
            key.replace("_", ""): len(value) for key, value in theirs.items() if key != "name"
        }


def _same_routes(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    for own, other in zip(ours.get("routes", ()), theirs.get("routes", ()), strict=True):
        assert _texts(own["matchers"]) == other["matchers"]
        assert own.get("receiver") == other.get("receiver")
        assert own.get("repeatInterval") == other.get("repeat_interval")
        times = [time for time in other.get("active_time_intervals", ()) if time == "platform-business-hours"]
        assert own.get("activeTimeIntervals", []) == times  # the others are not of UTC, which the operator can't tell
        _same_routes(own, other)


def test_hours_of_utc_are_told_to_the_operator() -> None:
    (hours,) = (BusinessHours(days=("monday",), hours="08:00-12:00"),)
    teams = {"platform": Team(email=("a@b.example",), business_hours=hours)}
    settings = parse_settings(operator_config("monitoring"), "prod")
    topology = kubernetes_topology(settings)
    found = alertmanager_config(Bundle(alertmanager_files((), settings, topology, teams)), settings)["spec"]
    weekly = {"times": [{"startTime": "08:00", "endTime": "12:00"}], "weekdays": ["monday"]}
    assert found["muteTimeIntervals"] == [{"name": "platform-business-hours", "timeIntervals": [weekly]}]
    (low,) = (each for each in found["route"]["routes"] if each["receiver"] == "platform-low")
    assert low["activeTimeIntervals"] == ["platform-business-hours"]


def _texts(matchers: list[dict[str, str]]) -> list[str]:
    return [f'{each["name"]}{each["matchType"]}"{each["value"]}"' for each in matchers]


def test_every_key_that_is_referred_to_exists_and_no_other(program: Program) -> None:
    secrets = of_kind(program, "Secret")
    there = {(each["metadata"]["name"], key) for each in secrets for key in each["stringData"]["value"]}
    there |= {
        (each["metadata"]["name"], key)
        for each in of_kind(program, "ConfigMap")
        for key in each["data"]
        if not key.endswith(".json")
    }
    there.remove(("slostack-blackbox", "blackbox.yml"))  # which the cluster's exporter reads
    asked = {
        (each["name"], each["key"])
        for kind in KINDS - {"Secret", "ConfigMap"}
        for each in values(of_kind(program, kind))
        if isinstance(each, dict) and set(each) == {"name", "key"}
    }
    assert asked == there
    assert len(asked) == len(operator_secrets()) + 1  # the certificates, which are no secret


def test_no_object_but_a_secret_holds_one(program: Program) -> None:
    for kind in KINDS - {"Secret"}:
        assert "canary" not in str(of_kind(program, kind))
    assert "canary" not in str(program.outputs)


def test_a_missing_secret_is_named_and_grafanas_is_not_asked_for() -> None:
    secrets = operator_secrets()
    del secrets["smsUrl"]
    message = refusal("prod", operator_config("monitoring"), secrets)
    assert message.startswith("stack prod: slostack:smsUrl: missing, expected a secret")
    assert not any(key.startswith("grafana") for key in operator_secrets())


def test_targets_are_scraped_as_prometheus_config_says(program: Program) -> None:
    (scrape,) = (each["spec"] for each in of_kind(program, "ScrapeConfig"))
    assert scrape == {
        "jobName": "learnsnap",
        "scrapeInterval": "15s",
        "scrapeTimeout": "10s",
        "metricsPath": "/metrics",
        "scheme": "HTTPS",
        "authorization": {"credentials": {"name": "slostack-prometheus", "key": "scrape-token-learnsnap"}},
        "tlsConfig": {
            "ca": {"configMap": {"name": "slostack-ca", "key": "learnsnap.pem"}},
            "cert": {"secret": {"name": "slostack-prometheus", "key": "scrape-certificate-learnsnap"}},
            "keySecret": {"name": "slostack-prometheus", "key": "scrape-key-learnsnap"},
            "serverName": "metrics.acme.example",
        },
        "staticConfigs": [{"targets": ["learnsnap-1.acme.example:443", "learnsnap-2.acme.example:443"]}],
    }


def test_pods_are_found_as_prometheus_config_says() -> None:
    config = operator_config("monitoring", pods=True)
    program = run_program("prod", config, operator_secrets())
    ((bundle, _),) = program.checked
    jobs = plain_yaml.load(bundle.files["prometheus/prometheus.yml"])["scrape_configs"]
    (job,) = (each for each in jobs if each["job_name"] == "learnsnap")
    (scrape,) = (each["spec"] for each in of_kind(program, "ScrapeConfig"))
    (discovery,) = scrape["kubernetesSDConfigs"]
    assert discovery["role"] == "Pod"
    assert discovery["namespaces"] == {"names": ["learnsnap"]}
    assert discovery["selectors"] == [{"role": "Pod", "label": "app=learnsnap"}]
    assert [each.get("targetLabel") for each in scrape["relabelings"]] == [
        each.get("target_label") for each in job["relabel_configs"]
    ]


def test_a_service_without_targets_has_no_scrape() -> None:
    config = operator_config("monitoring") | {"services": {"learnsnap": {}}}
    settings = parse_settings(config, "prod")
    from slostack.deploy.kubernetes import kubernetes_topology

    bundle = make_bundle(ROOT, settings, kubernetes_topology(settings))
    assert not list(scrape_configs(bundle, load_services(ROOT), settings))


def test_a_probe_asks_by_the_clusters_exporter(program: Program) -> None:
    service = next(service for service in load_services(ROOT) if service.service == "learnsnap")
    probes = of_kind(program, "Probe")
    assert [each["spec"]["jobName"] for each in probes] == [
        names.probe_job(service.service, probe.name) for probe in service.probes
    ]
    assert probes[0]["spec"]["prober"] == {"url": "blackbox.monitoring:9115"}
    assert probes[0]["spec"]["targets"] == {"staticConfig": {"static": ["https://learnsnap.acme.example/health"]}}
    (modules,) = (each for each in of_kind(program, "ConfigMap") if each["metadata"]["name"] == "slostack-blackbox")
    assert probes[0]["spec"]["module"] in plain_yaml.load(modules["data"]["blackbox.yml"])["modules"]


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_says_the_same_without_the_template_file(name: str, tmp_path: Path) -> None:
    use = f'{{{{ template "{name}" . }}}}'
    (tmp_path / "with.tmpl").write_text(TEMPLATES)
    (tmp_path / "without.tmpl").write_text('{{ define "other" }}{{ end }}')
    with_file, alone = _rendered(use, tmp_path, "with"), _rendered(complete(use, TEMPLATES), tmp_path, "without")
    assert with_file.strip()
    assert alone == with_file


def _rendered(text: str, folder: Path, templates: str) -> str:
    alert = {
        "status": "firing",
        "labels": {"severity": "critical"},
        "annotations": {"summary": "It burns", "runbook_url": "https://runbooks.example/a.md"},
        "startsAt": "2026-01-02T03:04:05Z",
        "generatorURL": "https://prometheus.example/graph",
    }
    data = {
        "status": "firing",
        "alerts": [alert],
        "groupLabels": {"service": "shop", "alertname": "X"},
        "commonLabels": {"severity": "critical", "team": "web", "environment": "prod"},
        "commonAnnotations": {},
        "externalURL": "https://alertmanager.example",
    }
    (folder / "data.json").write_text(json.dumps(data))
    command = (obtain_binary("amtool", print), "template", "render", f"--template.text={text}")
    files = (f"--template.glob={folder}/{templates}.tmpl", f"--template.data={folder}/data.json")
    rendered = subprocess.run((*command, *files), capture_output=True, text=True, check=True).stdout
    return re.sub(r"\(.* ago\)", "(some time ago)", rendered)

"""The real Prometheus operator makes the configs of its Prometheus and Alertmanager of a stack's objects."""

from __future__ import annotations

import copy
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml
from slostack.servers import obtain_binary
from tests.cluster.control_plane import Cluster
from tests.cluster.kube_prometheus_stack import Operator, operator
from tests.cluster.manifests import manifests
from tests.cluster.tls import own_certificate
from tests.components.operator_stack import operator_program, operator_secrets
from tests.components.program import Program
from tests.processes import wait_until

NAMESPACE = "kube-prometheus-stack"
OURS = f"{NAMESPACE}/slostack/"
"""How the names of our receivers begin."""
FORCED = f'namespace="{NAMESPACE}"'
"""The matcher that the operator adds."""
READ = ("PrometheusRule", "ScrapeConfig", "Probe", "AlertmanagerConfig")


@cache
def _program(*, pods: bool = False) -> Program:
    return operator_program(NAMESPACE, pods=pods)


@cache
def _objects() -> list[dict[str, Any]]:
    """A stack's objects, and the ScrapeConfig of another one that finds pods."""
    (pods,) = (each for each in manifests(_program(pods=True)) if each["kind"] == "ScrapeConfig")
    pods["metadata"]["name"] = "slostack-pods"
    return [*manifests(_program()), pods]


def of_kind(kind: str) -> list[dict[str, Any]]:
    """The objects of a kind."""
    return [each for each in _objects() if each["kind"] == kind]


def ours(file: str, *, pods: bool = False) -> Any:
    """A config as `delivery: kubernetes` has it."""
    ((bundle, _),) = _program(pods=pods).checked
    return plain_yaml.load(bundle.files[file])


def targets(job: dict[str, Any]) -> list[Any]:
    """The targets of a job that has a list of them."""
    return [each["targets"] for each in job.get("static_configs", ())]


@pytest.fixture(scope="module")
def at_work(with_crds: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """The operator in a namespace that has the objects."""
    folder = tmp_path_factory.mktemp("operator")
    _give_a_certificate(of_kind("Secret"), folder)
    with_crds.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, *_objects()])
    with operator(with_crds, NAMESPACE, folder) as running:
        yield running


def _give_a_certificate(secrets: list[dict[str, Any]], folder: Path) -> None:
    """Puts a client certificate and its key, which the operator reads, in place of the canaries."""
    certificate = own_certificate(folder / "prometheus.crt")
    (data,) = (each["stringData"] for each in secrets if each["metadata"]["name"] == "slostack-prometheus")
    data["scrape-certificate-learnsnap"] = certificate.read_text()
    data["scrape-key-learnsnap"] = certificate.with_suffix(".key").read_text()


def test_it_takes_every_object_and_rejects_none(at_work: Operator) -> None:
    expected = Counter(each["kind"] for each in _objects() if each["kind"] in READ)
    assert at_work.managed("selected") == expected
    assert at_work.managed("rejected") == {}
    assert not rejections(at_work)


def test_prometheus_can_read_its_config(at_work: Operator, tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text(at_work.prometheus_config(), encoding="utf-8")
    check("promtool", "check", "config", "--syntax-only", config)


@pytest.mark.parametrize(("name", "pods"), [("slostack-learnsnap", False), ("slostack-pods", True)])
def test_prometheus_scrapes_what_it_scrapes_elsewhere(at_work: Operator, name: str, pods: bool) -> None:
    found = jobs_of(at_work)[f"scrapeConfig/{NAMESPACE}/{name}"]
    (wanted,) = (
        job for job in ours("prometheus/prometheus.yml", pods=pods)["scrape_configs"] if job["job_name"] == "learnsnap"
    )
    for key in ("scrape_interval", "scrape_timeout", "scheme", "metrics_path"):
        assert found[key] == wanted[key], key
    assert found["authorization"]["credentials"] == operator_secrets()["scrapeToken-learnsnap"]
    assert found["tls_config"]["server_name"] == wanted["tls_config"]["server_name"]
    assert targets(found) == targets(wanted)
    job = {"target_label": "job", "replacement": "learnsnap"}
    relabelled = [{"action": "replace", **each} for each in (job, *wanted.get("relabel_configs", ()))]
    assert found["relabel_configs"][1:] == relabelled


def test_prometheus_probes_under_the_jobs_that_the_rules_ask_for(at_work: Operator) -> None:
    probes, jobs = of_kind("Probe"), jobs_of(at_work)
    assert probes
    for probe in probes:
        job = jobs[f"probe/{NAMESPACE}/{probe['metadata']['name']}"]
        assert {"target_label": "job", "replacement": probe["spec"]["jobName"]} in job["relabel_configs"]


def test_prometheus_has_every_rule(at_work: Operator, tmp_path: Path) -> None:
    files = at_work.rule_files()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    check("promtool", "check", "rules", *sorted(tmp_path.iterdir()))
    found = [group for text in files.values() for group in plain_yaml.load(text)["groups"]]
    wanted = [group for each in of_kind("PrometheusRule") for group in each["spec"]["groups"]]
    assert sorted(found, key=lambda group: str(group["name"])) == sorted(wanted, key=lambda group: str(group["name"]))


@pytest.fixture
def alertmanager(at_work: Operator, tmp_path: Path) -> Path:
    """Alertmanager's config as a file."""
    path = tmp_path / "alertmanager.yml"
    path.write_text(at_work.alertmanager_config(), encoding="utf-8")
    return path


def test_alertmanager_can_read_its_config_and_has_every_receiver(alertmanager: Path) -> None:
    check("amtool", "check-config", alertmanager)
    found, wanted = plain_yaml.load(alertmanager.read_text()), ours("alertmanager/alertmanager.yml")
    receivers = {each["name"]: each for each in found["receivers"]}
    for each in wanted["receivers"]:
        assert said(receivers[OURS + each["name"]]) == said(each)


def test_alertmanager_has_every_route_and_inhibition_for_its_namespace(alertmanager: Path) -> None:
    found, wanted = plain_yaml.load(alertmanager.read_text()), ours("alertmanager/alertmanager.yml")
    (route,) = (each for each in found["route"]["routes"] if each["receiver"].startswith(OURS))
    assert sorted(route.pop("matchers")) == ['environment="prod"', FORCED]
    assert route.pop("continue")
    assert plain(route) == plain(wanted["route"])
    inhibitions = [each for each in found["inhibit_rules"] if FORCED in each.get("source_matchers", ())]
    for theirs, each in zip(inhibitions, wanted["inhibit_rules"], strict=True):
        assert theirs["equal"] == each["equal"]
        for matchers in ("source_matchers", "target_matchers"):
            assert sorted(theirs[matchers]) == sorted([FORCED, *each[matchers]])


def plain(route: dict[str, Any]) -> dict[str, Any]:
    """A route with its receivers as they are called elsewhere, and with those times that the operator can tell."""
    own = {"receiver": route["receiver"].removeprefix(OURS)}
    children = {"routes": [plain(each) for each in route["routes"]]} if "routes" in route else {}
    times = [time.removeprefix(OURS) for time in route.get("active_time_intervals", ())]
    of_utc = {"active_time_intervals": ["platform-business-hours"]} if "platform-business-hours" in times else {}
    rest = {key: value for key, value in route.items() if key != "active_time_intervals"}
    return {**rest, **own, **children, **of_utc}


def said(receiver: dict[str, Any]) -> dict[str, list[Any]]:
    """What a receiver's channels are told, wherever they have secrets and messages from."""
    return {
        kind: [sorted(key.removesuffix("_file") for key in channel) for channel in channels]
        for kind, channels in receiver.items()
        if kind != "name"
    }


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"severity": "critical"}, "platform-critical"),
        ({"severity": "high", "team": "learnsnap"}, "learnsnap-high"),
        ({"severity": "low"}, "platform-low"),
        ({"severity": "low", "notice": "true", "team": "learnsnap"}, "learnsnap-notice"),
        ({"severity": "critical", "escalation": "2", "team": "learnsnap"}, "learnsnap-escalation"),
        ({"severity": "other", "team": "learnsnap"}, "learnsnap-medium"),
        ({"alertname": "Watchdog", "service": "slostack"}, "dead-mans-switch"),
    ],
)
def test_our_alerts_go_where_they_go_elsewhere(alertmanager: Path, labels: dict[str, str], receiver: str) -> None:
    found = routed(alertmanager, labels | {"namespace": NAMESPACE, "environment": "prod"})
    assert set(found) - {"null"} == {OURS + receiver}


@pytest.mark.parametrize("labels", [{"namespace": NAMESPACE}, {"environment": "prod"}, {"alertname": "Watchdog"}])
def test_alerts_of_others_stay_with_the_charts_routes(alertmanager: Path, labels: dict[str, str]) -> None:
    assert routed(alertmanager, labels | {"severity": "critical"}) == ["null"]


def test_the_charts_inhibitions_are_about_none_of_our_alerts(alertmanager: Path) -> None:
    found = plain_yaml.load(alertmanager.read_text())["inhibit_rules"]
    of_chart = [rule for rule in found if FORCED not in rule.get("source_matchers", ())]
    charts = {matcher for rule in of_chart for matcher in rule["target_matchers"]}
    assert charts == {"severity =~ warning|info", "severity = info", "alertname = InfoInhibitor"}
    rules = [rule for each in of_kind("PrometheusRule") for group in each["spec"]["groups"] for rule in group["rules"]]
    alerts = [{"alertname": rule["alert"], **rule["labels"]} for rule in rules if "alert" in rule]
    assert alerts
    assert not any(each["severity"] in ("warning", "info") or each["alertname"] == "InfoInhibitor" for each in alerts)


def test_a_rule_that_prometheus_could_not_read_is_rejected(at_work: Operator) -> None:
    wrong = copy.deepcopy(of_kind("PrometheusRule")[0])
    wrong["metadata"]["name"] = "wrong"
    wrong["spec"]["groups"] = [{"name": "wrong", "rules": [{"record": "a", "expr": "sum(("}]}]
    at_work.cluster.apply([wrong])
    wait_until(lambda: at_work.managed("rejected") == {"PrometheusRule": 1}, "the rule is rejected")
    wait_until(lambda: any("wrong" in each for each in rejections(at_work)), "an event says so")
    at_work.cluster.kubectl("delete", "prometheusrule", "wrong", "--namespace", NAMESPACE)


def rejections(at_work: Operator) -> list[str]:
    """What the operator says of objects that it doesn't take."""
    events = at_work.cluster.get("events", "--namespace", NAMESPACE)
    return [each["message"] for each in events if each["reason"] == "InvalidConfiguration"]


def jobs_of(at_work: Operator) -> dict[str, dict[str, Any]]:
    """The scrape jobs of the generated config."""
    return {job["job_name"]: job for job in plain_yaml.load(at_work.prometheus_config())["scrape_configs"]}


def routed(alertmanager: Path, labels: dict[str, str]) -> list[str]:
    """The receivers of an alert."""
    pairs = [f"{name}={value}" for name, value in labels.items()]
    return check("amtool", "config", "routes", "test", f"--config.file={alertmanager}", *pairs).strip().split(",")


def check(tool: str, *arguments: str | Path) -> str:
    """What a tool prints; fails the test where it finds something wrong."""
    ended = subprocess.run((obtain_binary(tool, print), *arguments), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout

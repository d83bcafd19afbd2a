"""Thanos: nothing of it without a bucket; with one, what it runs with, what it is told and what it is asked for."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml
from slostack.deploy.kubernetes.flows import stack_flows
from slostack.deploy.kubernetes.network import Addresses
from slostack.deploy.policies import violations
from slostack.deploy.secret_values import expected_value
from slostack.rules import AlertingRule
from slostack.rules.stack import thanos_groups
from slostack.servers import versions
from slostack.settings import parse_settings
from tests.certificate import CERTIFICATE
from tests.components.program import ROOT, Program, canaries, refusal, run_program, stack_config
from tests.components.test_kubernetes import (
    test_pods_get_as_long_to_be_replaced_as_their_own_limits_allow as check_times,
)
from tests.components.wrong_config import Wrong, check_refusal

PARTS = ("thanos-query", "thanos-store", "thanos-compactor")
BUCKET = {"bucket": {"type": "s3"}}
UPLOADED = '{"version": 1, "uploaded": ["01ARZ3NDEKTSV4RRFFQ69G5FAV"]}'


def of_prod(**thanos: Any) -> Program:
    config = stack_config("prod")
    config["thanos"] = BUCKET | thanos
    config["kubernetes"]["cluster"] = "eu-1"
    return run_program("prod", config, canaries("prod", config))


@cache
def with_thanos() -> Program:
    return of_prod(query={"replicas": 2}, store={"replicas": 2, "storage": "20Gi"}, compactor={"storage": "200Gi"})


def containers(program: Program, server: str) -> list[dict[str, Any]]:
    return list(dict(program.pods())[server]["spec"]["containers"])


def arguments(program: Program, server: str) -> list[str]:
    return list(containers(program, server)[-1]["args"])


def config_map(program: Program, name: str) -> dict[str, str]:
    return dict(program.one(":ConfigMap", name).inputs["data"])


def test_a_new_secret_rolls_what_opens_the_bucket_which_is_read_once() -> None:
    config = stack_config("prod") | {"thanos": BUCKET}
    secrets = canaries("prod", config)
    pods = dict(run_program("prod", config, secrets).pods())
    another = secrets | {"thanosBucket": secrets["thanosBucket"] + "\n# another"}
    rolled = {name for name, pod in run_program("prod", config, another).pods() if pod != pods[name]}
    assert rolled == {"prometheus", "thanos-store", "thanos-compactor"}


def test_without_a_bucket_nothing_of_it_is_there(program: Program) -> None:
    assert not [each.name for each in program.resources if "thanos" in each.name]
    ((bundle, _),) = program.checked
    assert not [path for path, text in bundle.files.items() if "thanos" in path or "thanos" in text]
    assert len(containers(program, "prometheus")) == 1
    assert "--storage.tsdb.delay-compact-file.path" not in " ".join(containers(program, "prometheus")[0]["args"])


def test_its_alerts_and_its_dashboard_come_with_it() -> None:
    ((bundle, _),) = with_thanos().checked
    assert "ThanosUploadsMissing" in bundle.files["prometheus/rules/slostack-thanos.yaml"]
    assert "slo-slostack-thanos" in bundle.files["grafana/dashboards/slostack-thanos.json"]


def test_a_query_that_asks_other_clusters_has_a_dashboard_of_them() -> None:
    ((of_one, _),) = with_thanos().checked
    ((of_two, _),) = of_prod(query={"clusters": {"us-1": {"host": "thanos.us.acme.example:443"}}}).checked
    assert set(of_two.below("grafana/dashboards")) - set(of_one.below("grafana/dashboards")) == {"clusters.json"}


def test_the_page_names_every_alert_on_it() -> None:
    table = (ROOT / "docs" / "thanos.md").read_text(encoding="utf-8").split("## Alerts\n")[1]
    rules = [rule for group in thanos_groups() for rule in group.rules if isinstance(rule, AlertingRule)]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [rule.alert for rule in rules]


def test_with_one_it_violates_no_policy() -> None:
    assert [(each.name, what) for each in with_thanos().resources for what in violations(each.type, each.inputs)] == []
    check_times(with_thanos())


def test_every_part_runs_the_pinned_version() -> None:
    for server in (*PARTS, "prometheus"):
        assert containers(with_thanos(), server)[-1]["image"] == versions()["thanos"].image


def test_each_prometheus_has_a_sidecar_on_its_data_that_alone_sees_the_bucket() -> None:
    prometheus, sidecar = containers(with_thanos(), "prometheus")
    mounts = {mount["name"]: mount["mountPath"] for mount in sidecar["volumeMounts"]}
    assert mounts == {"bucket": "/etc/slostack/bucket", "data": "/var/lib/prometheus"}
    assert "bucket" not in {mount["name"] for mount in prometheus["volumeMounts"]}
    assert "--tsdb.path=/var/lib/prometheus" in sidecar["args"]
    ports = [port["name"] for container in (prometheus, sidecar) for port in container["ports"]]
    assert len(set(ports)) == len(ports)


def test_the_store_holds_no_more_at_once_than_fits_into_its_memory() -> None:
    config = stack_config("prod") | {"thanos": BUCKET}
    config["kubernetes"]["resources"] = {"thanosStore": {"cpu": "1", "cpuLimit": "2", "memory": "1Gi"}}
    program = run_program("prod", config, canaries("prod", config))
    assert {
        *("--chunk-pool-size=256MiB", "--index-cache-size=128MiB", "--store.limits.request-samples=67108864"),
    } <= set(arguments(program, "thanos-store"))


def test_an_identity_lets_in_who_opens_the_bucket() -> None:
    identity = {"azure.workload.identity/client-id": "1-2"}
    program = of_prod(bucket={"type": "azure", "credentials": False, "identity": identity})
    opens = {"prometheus", "thanos-store", "thanos-compactor"}
    accounts = {each.inputs["metadata"]["name"]: each.inputs["metadata"] for each in program.of_type(":ServiceAccount")}
    assert {name for name, each in accounts.items() if each.get("annotations") == identity} == opens
    labelled = {name for name, pod in program.pods() if "azure.workload.identity/use" in pod["metadata"]["labels"]}
    assert labelled == opens


@pytest.mark.parametrize(("bucket", "asks"), [({}, False), ({"credentials": False}, True)])
def test_those_ask_their_node_who_they_are_where_no_key_opens_it(bucket: dict[str, Any], asks: bool) -> None:
    settings = parse_settings(stack_config("prod") | {"thanos": {"bucket": {"type": "s3"} | bucket}}, "prod")
    node = Addresses(("169.254.169.254/32",))
    found = {flow.source for flow in stack_flows(settings) if flow.target == node}
    assert found == ({"prometheus", "thanos-store", "thanos-compactor"} if asks else set())


def test_prometheus_compacts_no_block_that_the_sidecar_has_not_uploaded() -> None:
    prometheus, sidecar = containers(with_thanos(), "prometheus")
    (noted,) = (each.partition("=")[2] for each in sidecar["args"] if each.startswith("--shipper.meta-file-name="))
    assert f"--storage.tsdb.delay-compact-file.path=/var/lib/prometheus/{noted}" in prometheus["args"]


def test_the_notes_of_what_is_uploaded_begin_before_prometheus_and_are_kept(tmp_path: Path) -> None:
    (first,) = dict(with_thanos().pods())["prometheus"]["spec"]["initContainers"]
    assert first["image"] == versions()["prometheus"].image
    assert {mount["name"] for mount in first["volumeMounts"]} == {"tmp", "data"}
    command = [each.replace("/var/lib/prometheus", str(tmp_path)) for each in first["command"]]
    notes = tmp_path / "thanos.shipper.json"
    for there, then in ((None, {"version": 1}), ("", {"version": 1}), (UPLOADED, json.loads(UPLOADED))):
        if there is not None:
            notes.write_text(there)
        subprocess.run(command, check=True)
        assert json.loads(notes.read_text()) == then
    assert list(tmp_path.iterdir()) == [notes]


def test_what_opens_the_bucket_is_a_secret_file_of_those_who_do() -> None:
    program = with_thanos()
    value = canaries("prod", stack_config("prod") | {"thanos": BUCKET})["thanosBucket"]
    names = ("prometheus-bucket", "thanos-store-secrets", "thanos-compactor-secrets")
    for name in names:
        assert program.one(":Secret", name).inputs["stringData"]["value"] == {"bucket.yaml": value}
    assert {each.name for each in program.of_type(":Secret") if "bucket.yaml" in str(each.inputs)} == set(names)
    for server in ("prometheus", "thanos-store", "thanos-compactor"):
        workload = program.one(":StatefulSet", server)
        assert any(name in workload.dependencies for name in names)
        (file,) = (a for a in arguments(program, server) if a.startswith("--objstore.config-file="))
        folders = {mount["mountPath"] for mount in containers(program, server)[-1]["volumeMounts"]}
        assert file.partition("=")[2].rpartition("/")[0] in folders


def test_no_secret_is_anywhere_else() -> None:
    elsewhere = [dict(each.inputs) for each in with_thanos().resources if not each.type.endswith(":Secret")]
    assert "canary-prod" not in json.dumps(elsewhere)


def test_query_asks_every_sidecar_and_store_and_counts_replicas_once() -> None:
    document = plain_yaml.load(config_map(with_thanos(), "thanos-query-config")["endpoints.yaml"])
    assert [each["address"] for each in document["endpoints"]] == [
        *(f"prometheus-{n}.prometheus.slostack.svc:10901" for n in range(2)),
        *(f"thanos-store-{n}.thanos-store.slostack.svc:10901" for n in range(2)),
    ]
    assert "--query.replica-label=prometheus_replica" in arguments(with_thanos(), "thanos-query")


def test_what_nobody_else_has_is_missed_while_it_is_away() -> None:
    document = plain_yaml.load(config_map(of_prod(store={"replicas": 1}), "thanos-query-config")["endpoints.yaml"])
    strict = {each["address"].partition(".")[0]: each.get("strict", False) for each in document["endpoints"]}
    assert strict == {"prometheus-0": False, "prometheus-1": False, "thanos-store-0": True}


def test_query_asks_other_clusters_by_tls_unless_told_otherwise() -> None:
    clusters = {"us": {"host": "thanos.us.acme.example:443"}, "lab": {"host": "10.0.0.1:10901", "tls": False}}
    document = plain_yaml.load(
        config_map(of_prod(query={"clusters": clusters}), "thanos-query-config")["endpoints.yaml"]
    )
    assert document["endpoints"][-2:] == [
        {"address": "10.0.0.1:10901", "strict": True},
        {"address": "thanos.us.acme.example:443", "strict": True, "client_config": {"tls_config": {"enabled": True}}},
    ]


def test_grafana_reads_through_it() -> None:
    files = config_map(with_thanos(), "grafana-provisioning-datasources")
    source, coarse = (
        each for each in plain_yaml.load(files["slostack.yaml"])["datasources"] if each["type"] == "prometheus"
    )
    assert source["url"] == coarse["url"] == "http://thanos-query.slostack.svc:10902"
    assert (source["uid"], coarse["uid"]) == ("prometheus", "prometheus-coarse")
    assert (source["isDefault"], coarse["isDefault"]) == (True, False)
    assert source["jsonData"]["prometheusType"] == coarse["jsonData"]["prometheusType"] == "Thanos"


def test_coarser_samples_are_read_where_they_are_asked_for_alone() -> None:
    files = config_map(with_thanos(), "grafana-provisioning-datasources")
    asks = {
        each["uid"]: each["jsonData"].get("customQueryParameters")
        for each in plain_yaml.load(files["slostack.yaml"])["datasources"]
    }
    assert {uid for uid, parameters in asks.items() if parameters} == {"prometheus-coarse"}
    assert "--query.auto-downsampling" not in arguments(with_thanos(), "thanos-query")


def test_what_leaves_prometheus_has_the_clusters_name() -> None:
    document = plain_yaml.load(config_map(with_thanos(), "prometheus-config")["prometheus.yml"])
    assert document["global"]["external_labels"] == {
        "environment": "prod",
        "cluster": "eu-1",
        "prometheus_replica": "${POD_NAME}",
    }


def test_every_part_is_scraped() -> None:
    document = plain_yaml.load(config_map(with_thanos(), "prometheus-config")["prometheus.yml"])
    jobs = {job["job_name"]: job for job in document["scrape_configs"]}
    targets = {
        "thanos-sidecar": [f"prometheus-{n}.prometheus.slostack.svc:10902" for n in range(2)],
        "thanos-store": [f"thanos-store-{n}.thanos-store.slostack.svc:10902" for n in range(2)],
        "thanos-compactor": ["thanos-compactor-0.thanos-compactor.slostack.svc:10902"],
    }
    for job, expected in targets.items():
        assert jobs[job]["static_configs"] == [{"targets": expected}]
    assert "kubernetes_sd_configs" in jobs["thanos-query"]


def test_the_bucket_has_one_compactor_that_keeps_what_the_settings_say() -> None:
    program = of_prod(retention={"raw": "60d", "fiveMinutes": "180d", "hour": "730d"})
    assert program.one(":StatefulSet", "thanos-compactor").inputs["spec"]["replicas"] == 1
    assert {each for each in arguments(program, "thanos-compactor") if each.startswith("--retention")} == {
        "--retention.resolution-raw=60d",
        "--retention.resolution-5m=180d",
        "--retention.resolution-1h=730d",
    }


def test_volumes_and_replicas_are_those_of_the_settings() -> None:
    program = with_thanos()
    for server, storage in (("thanos-store", "20Gi"), ("thanos-compactor", "200Gi")):
        (claim,) = program.one(":StatefulSet", server).inputs["spec"]["volumeClaimTemplates"]
        assert claim["spec"]["resources"]["requests"] == {"storage": storage}
    assert program.one(":Deployment", "thanos-query").inputs["spec"]["replicas"] == 2
    assert program.one(":StatefulSet", "thanos-store").inputs["spec"]["replicas"] == 2
    budgets = {each.inputs["metadata"]["name"] for each in program.of_type(":PodDisruptionBudget")}
    assert {"thanos-query", "thanos-store"} <= budgets
    assert "thanos-compactor" not in budgets


WRONG: Wrong = {
    "another kind of bucket": (
        lambda c: c.update(thanos={"bucket": {"type": "filesystem"}}),
        "slostack:thanos.bucket.type: 'filesystem' (text), expected 's3', 'gcs' or 'azure'",
    ),
    "Thanos without a bucket": (
        lambda c: c.update(thanos={"store": {"replicas": 2}}),
        "slostack:thanos.bucket: no `bucket`, expected one where anything else of Thanos is set",
    ),
    "an identity beside keys": (
        lambda c: c.update(thanos={"bucket": {"type": "s3", "identity": {"eks.amazonaws.com/role-arn": "x"}}}),
        "slostack:thanos.bucket.credentials: `credentials` beside `identity`, expected the one or the other",
    ),
    "raw samples that go before coarser ones are made": (
        lambda c: c.update(thanos=BUCKET | {"retention": {"raw": "1d"}}),
        "slostack:thanos.retention.raw: 1d, expected at least 1d16h, when coarser samples are made of them",
    ),
    "samples of five minutes that go before those of an hour are made": (
        lambda c: c.update(thanos=BUCKET | {"retention": {"fiveMinutes": "9d"}}),
        "slostack:thanos.retention.fiveMinutes: 9d, expected at least 10d",
    ),
    "beside another's Prometheus": (
        lambda c: c.update(thanos=BUCKET, delivery="operator"),
        "slostack:thanos.bucket: a bucket with delivery operator, expected it left out, or delivery: kubernetes",
    ),
    "a certificate where there is no TLS": (
        lambda c: c.update(
            thanos=BUCKET | {"query": {"clusters": {"us": {"host": "us.example:1", "tls": False, "ca": CERTIFICATE}}}}
        ),
        "slostack:thanos.query.clusters.us.ca: `ca` with tls: false, expected it left out",
    ),
    "other clusters beside one that has no name": (
        lambda c: c.update(thanos=BUCKET | {"query": {"clusters": {"us-1": {"host": "us.example:1"}}}}),
        "slostack:kubernetes.cluster: no cluster beside thanos.query.clusters, expected the name by which",
    ),
    "queries of other clusters where this one has no name": (
        lambda c: c.update(thanos=BUCKET | {"query": {"clients": ["10.0.0.0/8"]}}),
        "slostack:kubernetes.cluster: no cluster beside thanos.query.clients, expected the name by which",
    ),
    "its own name among those of other clusters": (
        lambda c: (
            c["kubernetes"].update(cluster="us-1"),
            c.update(thanos=BUCKET | {"query": {"clusters": {"us-1": {"host": "us.example:1"}}}}),
        ),
        "slostack:kubernetes.cluster: cluster us-1, expected a name that no other cluster has: it is in thanos.query",
    ),
    "a cluster whose name is empty": (
        lambda c: c["kubernetes"].update(cluster=""),
        "slostack:kubernetes.cluster: '' (text), expected a name such as eu-1",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_settings_are_refused(wrong: str) -> None:
    check_refusal(*WRONG[wrong])


@pytest.mark.parametrize(
    "value",
    [
        *("hunter2", "type: GCS\nconfig: {bucket: hunter2}", "type: S3", "type: [", "- S3", "type: S3\nconfig: {}"),
        "type: S3\nconfig: {bucket: metrics, secret_key: hunter2}",
        "type: S3\nconfig: {bucket: metrics, endpoint: 'https://hunter2.acme.example'}",
    ],
)
def test_a_secret_that_opens_no_such_bucket_is_refused_and_not_repeated(value: str) -> None:
    config = stack_config("prod") | {"thanos": BUCKET}
    assert refusal("prod", config, canaries("prod", config) | {"thanosBucket": value}) == (
        "stack prod: slostack:thanosBucket: another value, expected Thanos' YAML of a bucket: type: S3, and config "
        "with bucket and endpoint: pulumi config set --secret thanosBucket --stack prod"
    )


@pytest.mark.parametrize(
    ("kind", "right", "expected"),
    [("gcs", "bucket: a", "bucket"), ("azure", "storage_account: a, container: b", "storage_account and container")],
)
def test_what_a_secret_says_of_its_bucket_is_what_the_kind_needs(kind: str, right: str, expected: str) -> None:
    settings = parse_settings(stack_config("prod") | {"thanos": {"bucket": {"type": kind}}}, "prod")

    def refused(config: str) -> str | None:
        return expected_value("thanosBucket", f"type: {kind.upper()}\nconfig: {{{config}}}", settings)

    assert refused(right) is None
    assert str(refused("endpoint: a")).endswith(f"config with {expected}")

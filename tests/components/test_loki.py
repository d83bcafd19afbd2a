"""Loki in several replicas over a bucket."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml, promtool
from slostack.config.bucket import credentials_variables
from slostack.config.loki import loki_files
from slostack.deploy.kubernetes import kubernetes_topology
from slostack.deploy.kubernetes.flows import stack_flows
from slostack.deploy.kubernetes.labels import selector
from slostack.deploy.kubernetes.network import Addresses
from slostack.deploy.policies import violations
from slostack.settings import Settings, parse_settings
from tests.components.program import Program, canaries, refusal, run_program, stack_config
from tests.components.test_availability import pod, workload
from tests.components.wrong_config import Wrong, check_refusal

S3 = {"type": "s3", "name": "acme-logs", "region": "eu-central-1"}
GCS = {"type": "gcs", "name": "acme-logs"}
AZURE = {"type": "azure", "name": "logs", "account": "acmelogs"}
ROLE = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/logs"}


def config_of(**loki: Any) -> dict[str, Any]:
    config = stack_config("prod")
    config["loki"] |= {"replicas": 3} | loki
    return config


def of_prod(**loki: Any) -> Program:
    config = config_of(**loki)
    return run_program("prod", config, canaries("prod", config))


@cache
def in_three() -> Program:
    return of_prod(bucket=S3 | {"credentials": True})


def settings_of(**loki: Any) -> Settings:
    return parse_settings(config_of(**loki), "prod")


def text(settings: Settings) -> str:
    return loki_files(settings, kubernetes_topology(settings))["loki/loki.yaml"]


def document(settings: Settings) -> dict[str, Any]:
    return dict(plain_yaml.load(text(settings)))


IN_THREE = settings_of(bucket=S3 | {"credentials": True})


def container(program: Program) -> dict[str, Any]:
    (found,) = pod(program, "loki")["containers"]
    return dict(found)


def test_three_replicas_violate_no_policy() -> None:
    assert [(each.name, what) for each in in_three().resources for what in violations(each.type, each.inputs)] == []


def test_each_line_is_kept_by_three_of_any_number_that_find_each_other(tmp_path: Path) -> None:
    config = document(settings_of(replicas=5, bucket=S3))
    assert config["common"]["replication_factor"] == 3
    assert config["common"]["ring"]["kvstore"] == {"store": "memberlist"}
    peers = [f"loki-{number}.loki.slostack.svc:7946" for number in range(5)]
    assert config["memberlist"]["join_members"] == peers
    assert config["memberlist"]["bind_port"] == config["memberlist"]["advertise_port"] == 7946
    (tmp_path / "loki.yaml").write_text(text(IN_THREE))
    promtool.verify_loki_config(tmp_path / "loki.yaml")


def test_each_replica_goes_by_the_name_and_the_address_of_its_pod() -> None:
    common = document(IN_THREE)["common"]
    assert (common["ring"]["instance_id"], common["instance_addr"]) == ("${POD_NAME}", "${POD_IP}")
    own = container(in_three())
    fields = {each["name"]: each["valueFrom"]["fieldRef"]["fieldPath"] for each in own["env"] if "valueFrom" in each}
    assert fields == {"POD_NAME": "metadata.name", "POD_IP": "status.podIP"}
    assert "-config.expand-env=true" in own["args"]
    assert {(each["name"], each["containerPort"]) for each in own["ports"]} == {
        *(("http", 3100), ("grpc", 9095), ("gossip", 7946)),
    }


def test_a_group_of_rules_is_judged_by_one_replica_and_what_it_counts_waits_on_its_volume() -> None:
    ruler = document(IN_THREE)["ruler"]
    assert ruler["enable_sharding"] is True
    assert ruler["wal"] == {"dir": "/var/lib/loki/ruler-wal"}
    (claim,) = workload(in_three(), "loki")["volumeClaimTemplates"]
    assert {"name": claim["metadata"]["name"], "mountPath": "/var/lib/loki"} in container(in_three())["volumeMounts"]


@pytest.mark.parametrize(("memory", "replay", "limit"), [("1Gi", "682MB", "921MiB"), ("64Mi", "42MB", "57MiB")])
def test_its_write_ahead_log_is_read_in_parts_that_fit_into_its_memory(
    memory: str, replay: str, limit: str, tmp_path: Path
) -> None:
    config = stack_config("prod")
    config["kubernetes"]["resources"] = {"loki": {"cpu": "1", "cpuLimit": "2", "memory": memory}}
    own = container(run_program("prod", config, canaries("prod", config)))
    flag = f"-ingester.wal-replay-memory-ceiling={replay}"
    assert flag in own["args"]
    assert {"name": "GOMEMLIMIT", "value": limit} in own["env"]
    (tmp_path / "loki.yaml").write_text(text(IN_THREE))
    promtool.verify_loki_config(tmp_path / "loki.yaml", flag)


def test_replicas_are_on_nodes_of_their_own_and_go_one_at_a_time() -> None:
    spec = pod(in_three(), "loki")
    node = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": selector("loki")}}
    apart = spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert apart == [node]
    assert spec["topologySpreadConstraints"][0]["topologyKey"] == "topology.kubernetes.io/zone"
    budget = in_three().one(":PodDisruptionBudget", "loki").inputs["spec"]
    assert budget == {"maxUnavailable": 1, "selector": {"matchLabels": selector("loki")}}
    assert "updateStrategy" not in workload(in_three(), "loki"), "Kubernetes' own rolls one at a time"
    assert "ingester" not in document(IN_THREE), "one is ready when all are, a while later"


def test_lines_reach_any_replica_and_none_for_longer_than_the_others() -> None:
    spec = in_three().one(":Service", "loki-any").inputs["spec"]
    assert "sessionAffinity" not in spec
    config = in_three().one(":ConfigMap", "alloy-config").inputs["data"]["config.alloy"]
    assert '"http://loki-any.slostack.svc:3100/loki/api/v1/push"' in config


def test_limits_are_those_of_the_settings() -> None:
    limits = document(settings_of(bucket=S3, limits={"ingestion": "16Mi", "streams": 20000, "queryRange": "7d"}))
    assert {key: limits["limits_config"][key] for key in ("ingestion_rate_mb", "max_global_streams_per_user")} == {
        "ingestion_rate_mb": 16,
        "max_global_streams_per_user": 20000,
    }
    assert limits["limits_config"]["max_query_length"] == "7d"
    assert limits["limits_config"]["ingestion_rate_strategy"] == "local"


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        (S3, {"s3": {"bucketnames": "acme-logs", "region": "eu-central-1"}}),
        (
            S3 | {"host": "minio.storage.svc:9000", "tls": False, "credentials": True},
            {
                "s3": {
                    **{"bucketnames": "acme-logs", "region": "eu-central-1"},
                    **{"endpoint": "http://minio.storage.svc:9000", "s3forcepathstyle": True},
                }
            },
        ),
        (GCS, {"gcs": {"bucket_name": "acme-logs"}}),
        (AZURE, {"azure": {"account_name": "acmelogs", "container_name": "logs", "use_managed_identity": True}}),
        (
            AZURE | {"identity": {"azure.workload.identity/client-id": "1-2"}},
            {"azure": {"account_name": "acmelogs", "container_name": "logs", "use_federated_token": True}},
        ),
    ],
)
def test_lines_go_into_the_bucket(bucket: dict[str, Any], expected: dict[str, Any], tmp_path: Path) -> None:
    settings = settings_of(replicas=1, bucket=bucket)
    config = document(settings)
    assert config["common"]["storage"] == expected
    (period,) = config["schema_config"]["configs"]
    assert period["object_store"] == config["compactor"]["delete_request_store"] == bucket["type"]
    assert config["compactor"]["deletion_marker_object_store_prefix"], "whichever replica goes on with deleting"
    (tmp_path / "loki.yaml").write_text(text(settings))
    promtool.verify_loki_config(tmp_path / "loki.yaml")


def test_a_secret_lets_it_into_the_bucket_as_a_file() -> None:
    variable = {"name": "AWS_SHARED_CREDENTIALS_FILE", "value": "/etc/slostack/secrets/bucket-credentials"}
    assert variable in container(in_three())["env"]
    assert in_three().one(":Secret", "loki-secrets")
    gcs = settings_of(bucket=GCS | {"credentials": True})
    place = kubernetes_topology(gcs).loki
    assert gcs.loki.bucket
    assert list(credentials_variables(gcs.loki.bucket, place)) == ["GOOGLE_APPLICATION_CREDENTIALS"]


def test_its_identity_lets_it_into_the_bucket() -> None:
    identity = {"azure.workload.identity/client-id": "1-2"}
    program = of_prod(bucket=AZURE | {"identity": identity})
    assert program.one(":ServiceAccount", "loki").inputs["metadata"]["annotations"] == identity
    assert workload(program, "loki")["template"]["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    assert not [each for each in program.of_type(":Secret") if each.parent == "loki"]


EVERYWHERE = {("0.0.0.0/0", 443), ("::/0", 443)}
NODE = ("169.254.169.254/32", 80)


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        (S3 | {"credentials": True}, EVERYWHERE),
        (S3 | {"identity": ROLE}, EVERYWHERE),
        (S3, EVERYWHERE | {NODE, ("169.254.170.23/32", 80)}),
        (GCS, EVERYWHERE | {NODE, ("169.254.169.252/32", 988)}),
        (AZURE, EVERYWHERE | {NODE}),
    ],
)
def test_it_may_reach_the_bucket_and_what_says_who_it_is(
    bucket: dict[str, Any], expected: set[tuple[str, int]]
) -> None:
    flows = [flow for flow in stack_flows(settings_of(bucket=bucket)) if flow.source == "loki"]
    outside = {(cidr, flow.port) for flow in flows if isinstance(flow.target, Addresses) for cidr in flow.target.cidrs}
    assert outside == expected


def edit(**loki: Any) -> Any:
    return lambda config: config["loki"].update(loki)


WRONG: Wrong = {
    "two": (
        edit(replicas=2, bucket=S3),
        "slostack:loki.replicas: 2 replicas, expected one, or from three on: a line is taken when two of three have it",
    ),
    "no bucket": (
        edit(replicas=3),
        "slostack:loki.replicas: 3 replicas without `bucket`, expected a bucket (loki.bucket) that they share, or one "
        "replica",
    ),
    "no region": (edit(bucket={"type": "s3", "name": "logs"}), "slostack:loki.bucket.region: no region, expected"),
    "no account": (
        edit(bucket={"type": "azure", "name": "logs"}),
        "slostack:loki.bucket.account: no account, expected",
    ),
    "no name": (edit(bucket={"type": "gcs"}), "slostack:loki.bucket.name: missing, expected a value"),
    "another kind's": (
        edit(bucket=GCS | {"region": "eu"}),
        "slostack:loki.bucket.region: `region` with type gcs, expected it left out",
    ),
    "no TLS, nowhere": (edit(bucket=S3 | {"tls": False}), "slostack:loki.bucket.tls: `tls: false` without `host`"),
    "two ways in": (
        edit(bucket=S3 | {"credentials": True, "identity": ROLE}),
        "slostack:loki.bucket.credentials: `credentials` beside `identity`, expected the one or the other",
    ),
    "a key for Azure": (
        edit(bucket=AZURE | {"credentials": True}),
        "slostack:loki.bucket.credentials: `credentials` beside type azure",
    ),
    "less than a line": (
        edit(limits={"ingestion": "1Ti"}),
        "slostack:loki.limits.ingestion: '1Ti' (text), expected at",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_bucket_or_number_of_replicas_is_refused(wrong: str) -> None:
    check_refusal(*WRONG[wrong])


@pytest.mark.parametrize(("bucket", "expected"), [(S3, "a file of Amazon's"), (GCS, "the JSON of a")])
def test_credentials_that_cannot_be_right_are_refused_and_not_repeated(bucket: dict[str, Any], expected: str) -> None:
    config = stack_config("prod")
    config["loki"]["bucket"] = bucket | {"credentials": True}
    message = refusal("prod", config, canaries("prod", config) | {"lokiBucket": "hunter2"})
    assert f"slostack:lokiBucket: another value, expected {expected}" in message
    assert "hunter2" not in message


def test_on_this_machine_it_is_one_without_a_bucket() -> None:
    config = stack_config("local")
    config["loki"] = {"bucket": GCS}
    assert "slostack:loki.bucket: a bucket on this machine, expected it left out" in refusal("local", config, {})

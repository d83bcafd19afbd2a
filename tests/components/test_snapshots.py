"""Snapshots of volumes where they are asked for: of those whose data are nowhere else, by a job that may do no more."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from slostack.deploy.kubernetes.snapshots import claims_of
from slostack.deploy.policies import RIGHTS, violations
from slostack.errors import SlostackError
from slostack.settings import parse_settings
from tests.components.program import Program, Registered, canaries, run_program, stack_config


@cache
def with_snapshots() -> Program:
    """Prod with snapshots, and with the backfill, the other one that has jobs."""
    config = config_with({"class": "csi", "at": "04:30", "keep": 3})
    config["kubernetes"]["backfill"] = {"image": "registry.acme.example/slostack:1.0.0", "at": "02:15"}
    return run_program("prod", config, canaries("prod", config))


def config_with(snapshots: dict[str, Any], stack: str = "prod") -> dict[str, Any]:
    """The config of a stack with snapshots."""
    config = stack_config(stack)
    config["kubernetes"]["snapshots"] = snapshots
    return config


def of_snapshots(program: Program) -> list[Registered]:
    """The objects that are there for snapshots alone."""
    return [each for each in program.resources if each.parent == "snapshots"]


def claims(stack: str, **edit: Any) -> list[str]:
    """The claims whose volumes a stack would have snapshots of."""
    return list(claims_of(parse_settings(config_with({}, stack) | edit, stack)))


def test_there_are_none_unless_they_are_asked_for(program: Program) -> None:
    assert program.of_type(":CronJob") == []
    assert not [each.name for each in program.resources if "snapshots" in each.name]


def test_they_are_of_volumes_whose_data_are_nowhere_else() -> None:
    of_prometheus = ["data-prometheus-0", "data-prometheus-1"]
    of_alertmanager = ["data-alertmanager-0", "data-alertmanager-1", "data-alertmanager-2"]
    assert claims("prod") == [*of_prometheus, *of_alertmanager, "data-loki-0"], "Grafana has a database"
    assert claims("dev") == ["data-prometheus-0", "data-alertmanager-0", "data-loki-0", "grafana-data"]
    bucket = {"bucket": {"type": "gcs"}}
    assert "data-prometheus-0" not in claims("dev", thanos=bucket)
    shell, *_ = _pod()["initContainers"]
    assert shell["command"][4:] == claims("prod")


def test_each_volume_has_a_pod_of_its_own() -> None:
    job = _job()
    assert (job["completionMode"], job["completions"], job["parallelism"]) == ("Indexed", 6, 6)
    assert job["backoffLimitPerIndex"] == 2
    assert "backoffLimit" not in job, "what fails of one would end all"


def test_nothing_is_deleted_before_the_new_one_is_ready() -> None:
    pod = _pod()
    does = [each["command"][2] for each in (*pod["initContainers"][1:], *pod["containers"])]
    assert does == ["apply", "wait", "label", "delete", "delete"], "the new one, what failed, and what is old"


def test_they_are_taken_when_the_settings_say() -> None:
    spec = with_snapshots().one(":CronJob", "snapshots").inputs["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("30 4 * * *", "Etc/UTC", "Forbid")
    shell, *_ = _pod()["initContainers"]
    environment = {each["name"]: each["value"] for each in shell["env"]}
    assert environment["KEEP"] == "3"
    assert environment["CLASS"] == "volumeSnapshotClassName: csi"


def _pod() -> dict[str, Any]:
    return dict(_job()["template"]["spec"])


def _job() -> dict[str, Any]:
    return dict(with_snapshots().one(":CronJob", "snapshots").inputs["spec"]["jobTemplate"]["spec"])


def test_their_job_may_take_them_in_its_namespace_and_nothing_else() -> None:
    (role,) = (each for each in of_snapshots(with_snapshots()) if each.type.endswith(":Role"))
    (rule,) = role.inputs["rules"]
    allowed = RIGHTS["snapshots", "Role"]
    assert {f"{rule['resources'][0]}.{rule['apiGroups'][0]}": tuple(rule["verbs"])} == allowed
    assert not [each for each in of_snapshots(with_snapshots()) if each.type.endswith(":ClusterRole")]


def test_their_job_talks_to_the_clusters_api_and_to_nobody_else() -> None:
    policy = with_snapshots().one(":NetworkPolicy", "snapshots").inputs["spec"]
    assert policy["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "snapshots"
    assert "ingress" not in policy
    assert {port["port"] for rule in policy["egress"] for port in rule["ports"]} == {443, 6443}


def test_no_policy_is_violated() -> None:
    objects = of_snapshots(with_snapshots())
    assert {each.type.rpartition(":")[2] for each in objects} == {
        *("CronJob", "NetworkPolicy", "Role", "RoleBinding", "ServiceAccount"),
    }
    assert {each.name: list(violations(each.type, each.inputs)) for each in objects} == {
        each.name: [] for each in objects
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"at": "25:00"}, "kubernetes.snapshots.at: '25:00' .*, expected a time of day"),
        ({"keep": 0}, "kubernetes.snapshots.keep: 0 .*, expected at least 1"),
        ({"every": "1d"}, "kubernetes.snapshots.every: unknown key"),
    ],
)
def test_wrong_settings_are_told(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(SlostackError, match=said):
        parse_settings(config_with(wrong), "prod")

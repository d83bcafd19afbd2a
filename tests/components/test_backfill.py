"""The backfill in the cluster, where it is asked for: into each Prometheus, from it, beside it, and with no right."""

from __future__ import annotations

from typing import Any

import pytest

from slostack.deploy.kubernetes.backfill import backfills
from slostack.deploy.policies import violations
from slostack.errors import SlostackError
from slostack.servers import versions
from slostack.settings import parse_settings
from tests.cluster.thanos import thanos_program
from tests.components.program import ROOT, Program, stack_config
from tests.components.test_snapshots import with_snapshots

JOBS = backfills(2)


def pod(job: str) -> dict[str, Any]:
    """The pod of a job."""
    spec = with_snapshots().one(":CronJob", job).inputs["spec"]
    assert spec["schedule"] == "15 2 * * *"
    return dict(spec["jobTemplate"]["spec"]["template"]["spec"])


def test_there_is_none_unless_it_is_asked_for(program: Program) -> None:
    assert not [each.name for each in program.resources if "backfill" in each.name]


@pytest.mark.parametrize("number", range(2))
def test_it_fills_the_volume_of_the_prometheus_that_it_asks_on_that_ones_node(number: int) -> None:
    found, of = pod(JOBS[number]), f"prometheus-{number}"
    (container,) = found["containers"]
    url, data = f"http://{of}.prometheus.slostack.svc:9090", "/var/lib/prometheus"
    assert container["command"] == [
        *("slostack", "--root=/project", "backfill", f"--prometheus={url}", f"--data={data}"),
    ]
    assert {"name": "data", "persistentVolumeClaim": {"claimName": f"data-{of}"}} in found["volumes"]
    assert {"name": "data", "mountPath": data} in container["volumeMounts"]
    (beside,) = found["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert beside["labelSelector"]["matchLabels"] == {"statefulset.kubernetes.io/pod-name": of}
    assert beside["topologyKey"] == "kubernetes.io/hostname"


@pytest.mark.parametrize("job", JOBS)
def test_it_talks_to_prometheus_alone_and_has_no_right(job: str) -> None:
    (rule,) = with_snapshots().one(":NetworkPolicy", job).inputs["spec"]["egress"]
    assert [port["port"] for port in rule["ports"]] == [9090]
    (peer,) = rule["to"]
    assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "prometheus"
    ingress = with_snapshots().one(":NetworkPolicy", "prometheus").inputs["spec"]["ingress"]
    assert job in {
        peer.get("podSelector", {}).get("matchLabels", {}).get("app.kubernetes.io/name")
        for rule in ingress
        for peer in rule["from"]
    }
    assert not pod(job)["automountServiceAccountToken"]


def test_with_thanos_it_reads_what_its_query_has_of_this_cluster() -> None:
    program = thanos_program("prod", "slostack", "eu-1")
    job = program.one(":CronJob", "backfill-1").inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = job["containers"]
    assert container["command"][-2:] == ["--from=http://thanos-query.slostack.svc:10902", "--only=cluster=eu-1"]
    asked = {
        (peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"], rule["ports"][0]["port"])
        for rule in program.one(":NetworkPolicy", "backfill-1").inputs["spec"]["egress"]
        for peer in rule["to"]
    }
    assert asked == {("prometheus", 9090), ("thanos-query", 10902)}


def test_no_policy_is_violated() -> None:
    objects = [each for each in with_snapshots().resources if each.parent == "backfill"]
    assert {each.type.rpartition(":")[2] for each in objects} == {"CronJob", "NetworkPolicy", "ServiceAccount"}
    assert [what for each in objects for what in violations(each.type, each.inputs)] == []


@pytest.mark.parametrize(
    "image", ["slostack", "registry.acme.example/slostack:latest", "registry.acme.example/slostack"]
)
def test_its_image_is_one_version(image: str) -> None:
    config = stack_config("dev")
    config["kubernetes"]["backfill"] = {"image": image}
    with pytest.raises(SlostackError, match=r"kubernetes\.backfill\.image: .*, expected an image by its version"):
        parse_settings(config, "dev")


def test_the_image_of_the_docs_has_the_tools_of_the_pinned_version() -> None:
    page = (ROOT / "docs" / "backfill.md").read_text(encoding="utf-8")
    assert f"FROM {versions()['prometheus'].image} AS prometheus\n" in page

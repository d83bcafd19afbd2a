"""What differs between clusters: where images come from, where pods run, what objects are called by."""

from __future__ import annotations

from typing import Any

from slostack.deploy.policies import Object, violations
from slostack.servers import versions
from tests.components.program import Program, canaries, run_program, stack_config

LINUX = {"kubernetes.io/os": "linux"}
DIGEST = f"sha256:{'0123456789abcdef' * 4}"


def of_dev(**kubernetes: Any) -> Program:
    config = stack_config("dev")
    config["kubernetes"] |= kubernetes
    return run_program("dev", config, canaries("dev"))


def images(program: Program) -> dict[str, str]:
    return {server: template["spec"]["containers"][0]["image"] for server, template in program.pods()}


def test_a_mirror_takes_the_place_of_each_registry() -> None:
    found = images(of_dev(images={"mirror": "registry.acme.example:5000/mirror"}))
    assert found["prometheus"] == (
        f"registry.acme.example:5000/mirror/prometheus/prometheus:v{versions()['prometheus'].version}"
    )
    assert found["loki"] == f"registry.acme.example:5000/mirror/grafana/loki:{versions()['loki'].version}"
    assert all(image.startswith("registry.acme.example:5000/mirror/") for image in found.values())


def test_a_digest_says_which_image_it_is() -> None:
    found = images(of_dev(images={"digests": {"loki": DIGEST}}))
    assert found["loki"] == f"{versions()['loki'].image}@{DIGEST}"
    assert found["prometheus"] == versions()["prometheus"].image


def test_registries_may_want_a_log_in() -> None:
    for _, template in of_dev(images={"pullSecrets": ["registry", "mirror"]}).pods():
        assert template["spec"]["imagePullSecrets"] == [{"name": "registry"}, {"name": "mirror"}]
    assert all("imagePullSecrets" not in template["spec"] for _, template in of_dev().pods())


def test_servers_run_on_the_nodes_that_are_theirs() -> None:
    program = of_dev(nodeSelector={"pool": "observability"})
    for workload in program.of_type(":StatefulSet") + program.of_type(":Deployment"):
        assert workload.inputs["spec"]["template"]["spec"]["nodeSelector"] == {**LINUX, "pool": "observability"}


def test_every_object_has_the_labels_of_the_settings_but_selectors_dont() -> None:
    program = of_dev(labels={"cost-center": "sre"})
    objects = [each for each in program.resources if each.type.startswith("kubernetes:")]
    assert len(objects) > 30
    for each in objects:
        assert each.inputs["metadata"]["labels"]["cost-center"] == "sre", each.name
    for _, template in program.pods():
        assert template["metadata"]["labels"]["cost-center"] == "sre"
    for workload in program.of_type(":StatefulSet"):
        assert "cost-center" not in workload.inputs["spec"]["selector"]["matchLabels"]
        (claim,) = workload.inputs["spec"]["volumeClaimTemplates"]
        assert claim["metadata"]["labels"]["cost-center"] == "sre"


def test_a_server_may_have_another_storage_class() -> None:
    program = of_dev(storageClass="standard", storageClasses={"prometheus": "fast"})
    classes = {
        each.name: each.inputs["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"]
        for each in program.of_type(":StatefulSet")
    }
    assert classes == {"prometheus": "fast", "alertmanager": "standard", "loki": "standard"}
    assert program.one(":PersistentVolumeClaim", "grafana-data").inputs["spec"]["storageClassName"] == "standard"


def test_openshift_gives_pods_their_users_and_looks_up_their_names() -> None:
    config = stack_config("dev") | {"exporters": {"nodeExporter": False}}
    config["kubernetes"] |= {"openshift": True, "snapshots": {}}
    program = run_program("dev", config, canaries("dev"))
    pods = [pod for each in program.resources for pod in Object(each.type, each.inputs).pods()]
    assert len(pods) > len(program.workloads()), "a job's too"
    for pod in pods:
        assert pod["securityContext"] == {
            "runAsNonRoot": True,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    assert [found for each in program.resources for found in violations(each.type, each.inputs)] == []
    (rule,) = program.one(":NetworkPolicy", "allow-dns").inputs["spec"]["egress"]
    (peer,) = rule["to"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "openshift-dns"}
    assert {port["port"] for port in rule["ports"]} == {5353}

"""What the job of snapshots runs, by its own account, and what people run to restore one, against a real API server."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from tests.cluster.binaries import cluster_binary
from tests.cluster.control_plane import Cluster
from tests.cluster.crds import snapshot_crd
from tests.cluster.manifests import manifests, stack_program
from tests.components.program import ROOT, canaries, run_program, stack_config

NAMESPACE = "snapshots"


def test_each_volume_has_one_for_each_of_the_last_days(cluster: Cluster, tmp_path: Path) -> None:
    cluster.kubectl("apply", "--server-side", "-f", str(snapshot_crd()))
    cluster.kubectl("wait", "--for=condition=Established", "crd", "volumesnapshots.snapshot.storage.k8s.io")
    config = stack_config("dev")
    config["kubernetes"] |= {"namespace": NAMESPACE, "snapshots": {"class": "csi", "keep": 3}}
    objects = manifests(run_program("dev", config, canaries("dev", config)))
    named = [each for each in objects if each["metadata"]["name"] in (NAMESPACE, f"slostack-{NAMESPACE}-snapshots")]
    cluster.apply(named)
    (job,) = (each for each in named if each["kind"] == "CronJob")
    account = cluster.kubeconfig_of(NAMESPACE, "snapshots", tmp_path / "kubeconfig")
    seen = []
    for day in range(5):
        _run(job["spec"]["jobTemplate"]["spec"]["template"]["spec"], day, tmp_path, account)
        found = cluster.get("volumesnapshots", "--namespace", NAMESPACE)
        of_prometheus = {
            each["metadata"]["name"]: each["metadata"]["uid"]
            for each in found
            if each["spec"]["source"]["persistentVolumeClaimName"] == "data-prometheus-0"
        }
        seen.append(of_prometheus)
    assert [len(each) for each in seen] == [1, 2, 3, 3, 3]
    assert len({uid for each in seen for uid in each.values()}) == 5, "each day has one of its own"
    claims = {each["spec"]["source"]["persistentVolumeClaimName"] for each in found}
    assert claims == {"data-prometheus-0", "data-alertmanager-0", "data-loki-0", "grafana-data"}
    assert {each["spec"]["volumeSnapshotClassName"] for each in found} == {"csi"}


def test_a_volume_is_restored_by_the_commands_of_the_docs(cluster: Cluster, tmp_path: Path) -> None:
    namespace = "restored"
    cluster.apply([each for each in manifests(stack_program("prod", namespace)) if _is_needed(each, namespace)])
    cluster.kubectl("--namespace", namespace, "wait", "pod/prometheus-1", "--for=create", "--timeout=60s")
    page = (ROOT / "docs" / "recovery.md").read_text(encoding="utf-8")
    _, _, after = page.partition("To restore a server of a StatefulSet")
    commands = after.split("```\n")[1].replace("--namespace slostack", f"--namespace {namespace}")
    (tmp_path / "kubectl").symlink_to(cluster_binary("kubectl"))
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "KUBECONFIG": str(cluster.kubeconfig)}
    script = ["bash", "-euo", "pipefail", "-c", commands]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (stateful_set,) = cluster.get("statefulset", "--namespace", namespace)
    restored, other = cluster.get("persistentvolumeclaim", "--namespace", namespace)
    assert stateful_set["spec"]["replicas"] == 2
    assert restored["metadata"]["name"] == "data-prometheus-0"
    assert restored["spec"].pop("dataSource")["name"] == "before-the-upgrade"
    of_its_own = ("dataSourceRef", "volumeName")
    specs = [{k: v for k, v in each["spec"].items() if k not in of_its_own} for each in (restored, other)]
    assert specs[0] == specs[1], "but for its data the claim is as the StatefulSet makes it"
    assert restored["metadata"]["labels"].items() <= other["metadata"]["labels"].items()
    assert done.stdout.startswith("{storageClassName} {resources[requests][storage]}".format(**specs[0]))


def _is_needed(an_object: dict[str, Any], namespace: str) -> bool:
    """Whether it is Prometheus' StatefulSet, its account or its namespace."""
    kinds = {"Namespace": namespace, "ServiceAccount": "prometheus", "StatefulSet": "prometheus"}
    return bool(kinds.get(an_object["kind"]) == an_object["metadata"]["name"])


def _run(pod: dict[str, Any], day: int, folder: Path, account: Path) -> None:
    """Does what the pod's containers do, on a day, in a folder in place of their volume."""
    (shell,), (kubectl,) = pod["initContainers"], pod["containers"]
    here = {"/tmp": str(folder), "$(date +%s)": str(86400 * day), "/bin/kubectl": str(cluster_binary("kubectl"))}

    def moved(text: str) -> str:
        for there, place in here.items():
            text = text.replace(there, place)
        return text

    environment = {each["name"]: each["value"] for each in shell["env"]} | {"PATH": "/usr/bin:/bin"}
    subprocess.run([moved(each) for each in shell["command"]], env=environment, check=True)
    command = [*map(moved, kubectl["command"]), f"--kubeconfig={account}", f"--namespace={NAMESPACE}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr

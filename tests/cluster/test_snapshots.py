"""What the job of snapshots runs, by its own account, and what people run to restore one, against a real API server."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.binaries import cluster_binary
from tests.cluster.control_plane import Cluster
from tests.cluster.crds import snapshot_crd
from tests.cluster.manifests import manifests, stack_program
from tests.components.program import ROOT, canaries, run_program, stack_config
from tests.processes import wait_until

VOLUMES = 4
"""Of a dev stack."""
DAY_0 = 20_000
"""Days since 1970."""
READY: dict[str, Any] = {"readyToUse": True}
FAILING: dict[str, Any] = {"readyToUse": False, "error": {"message": "no VolumeSnapshotClass of this name"}}
"""What a snapshot controller says of one."""


def test_each_volume_has_one_for_each_of_the_last_days(cluster: Cluster, tmp_path: Path) -> None:
    job = _deployed(cluster, "snapshots", 2, tmp_path)
    seen = []
    for day in range(4):
        assert job.run(0, day, READY) is None
        seen.append(job.taken())
    names = [f"data-prometheus-0-2024100{day}" for day in (4, 5, 6, 7)]
    assert seen == [names[:1], names[:2], names[1:3], names[2:]]
    assert job.run(0, 3, READY) is None, "a second run of a day finds what the first one took"
    assert job.taken() == seen[3]
    for other in range(1, VOLUMES):
        assert job.run(other, 3, READY) is None
    found = cluster.get("volumesnapshots", "--namespace", job.namespace)
    claims = {each["spec"]["source"]["persistentVolumeClaimName"] for each in found}
    assert claims == {"data-prometheus-0", "data-alertmanager-0", "data-loki-0", "grafana-data"}
    assert {each["spec"]["volumeSnapshotClassName"] for each in found} == {"csi"}


def test_none_that_is_ready_is_deleted_before_the_next_one_is(cluster: Cluster, tmp_path: Path) -> None:
    job = _deployed(cluster, "snapshots-failing", 1, tmp_path)
    assert job.run(0, 0, READY) is None
    assert job.run(1, 0, FAILING) == "awaited"
    for day in (1, 2):
        assert job.run(0, day, FAILING) == "awaited"
    ready, *failed = (f"data-prometheus-0-2024100{day}" for day in (4, 5, 6))
    assert job.taken() == ["data-alertmanager-0-20241004", ready, *failed]
    assert job.run(0, 3, READY) is None
    assert job.taken() == ["data-alertmanager-0-20241004", "data-prometheus-0-20241007"], "failed ones are gone"


def test_each_of_its_pods_knows_which_volume_is_its_own(cluster: Cluster, tmp_path: Path) -> None:
    namespace = ("--namespace", _deployed(cluster, "snapshots-now", 1, tmp_path).namespace)
    cluster.kubectl("create", "job", "now", "--from=cronjob/snapshots", *namespace)
    wait_until(lambda: len(cluster.get("pods", *namespace)) == VOLUMES, "each volume has a pod", 60)
    pods = cluster.get("pods", *namespace)
    indexes = {pod["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] for pod in pods}
    assert indexes == set(map(str, range(VOLUMES)))
    for container in (each for pod in pods for of in ("initContainers", "containers") for each in pod["spec"][of]):
        assert "JOB_COMPLETION_INDEX" in {each["name"] for each in container["env"]}


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


@dataclass(frozen=True)
class _Job:
    """The job of snapshots in a namespace; `account` is a kubeconfig of its own account."""

    cluster: Cluster
    namespace: str
    pod: dict[str, Any]
    folder: Path
    account: Path

    def taken(self) -> list[str]:
        """The names of all there are."""
        found = self.cluster.get("volumesnapshots", "--namespace", self.namespace)
        return sorted(each["metadata"]["name"] for each in found)

    def run(self, index: int, day: int, status: dict[str, Any]) -> str | None:
        """Does what the containers of one of its pods do, on a day, in a folder in place of their volume, with a
        controller that gives the new one this status; the name of the container that fails, if any does."""
        shell, *first = self.pod["initContainers"]
        environment = {each["name"]: each["value"] for each in shell["env"]}
        environment |= {"PATH": "/usr/bin:/bin", "JOB_COMPLETION_INDEX": str(index)}
        subprocess.run([self._moved(each, index, day) for each in shell["command"]], env=environment, check=True)
        for container in (*first, *self.pod["containers"]):
            command = [self._moved(each, index, day) for each in container["command"]]
            command += [f"--kubeconfig={self.account}", f"--namespace={self.namespace}"]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            if ended.returncode:
                assert "timed out" in ended.stderr, ended.stderr
                return str(container["name"])
            if container["name"] == "taken":
                new, patch = self.folder / "new.yaml", json.dumps({"status": status})
                how = ("--subresource=status", "--type=merge", f"--patch={patch}", "--namespace", self.namespace)
                self.cluster.kubectl("patch", "-f", str(new), *how)
        return None

    def _moved(self, text: str, index: int, day: int) -> str:
        here = {
            "/tmp": str(self.folder),
            "$(date +%s)": str(86400 * (DAY_0 + day)),
            "/bin/kubectl": str(cluster_binary("kubectl")),
            "$(JOB_COMPLETION_INDEX)": str(index),
            "--timeout=3h": "--timeout=1s",
        }
        for there, place in here.items():
            text = text.replace(there, place)
        return text


def _deployed(cluster: Cluster, namespace: str, keep: int, folder: Path) -> _Job:
    """The job of a dev stack that keeps so many."""
    cluster.kubectl("apply", "--server-side", "-f", str(snapshot_crd()))
    cluster.kubectl("wait", "--for=condition=Established", "crd", "volumesnapshots.snapshot.storage.k8s.io")
    config = stack_config("dev")
    config["kubernetes"] |= {"namespace": namespace, "snapshots": {"class": "csi", "keep": keep}}
    objects = manifests(run_program("dev", config, canaries("dev", config)))
    names = (namespace, "snapshots", f"slostack-{namespace}-snapshots")
    cluster.apply([each for each in objects if each["metadata"]["name"] in names])
    (job,) = (each for each in objects if each["kind"] == "CronJob")
    account = cluster.kubeconfig_of(namespace, "snapshots", folder / "kubeconfig")
    return _Job(cluster, namespace, job["spec"]["jobTemplate"]["spec"]["template"]["spec"], folder, account)

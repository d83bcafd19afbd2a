"""Each server, started from its rendered pod, answers its rendered probes."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import requests

from slostack.deploy.kubernetes.images import software
from slostack.deploy.kubernetes.kube_state_metrics import EXPORTED
from slostack.servers import obtain_binary
from tests.cluster.control_plane import Cluster
from tests.cluster.manifests import WORKLOADS, manifests, stack_program
from tests.cluster.pod_process import LOOPBACK, Machine, PodProcess, obtained
from tests.cluster.thanos import thanos_machine
from tests.components.test_snapshots import with_snapshots
from tests.processes import wait_until

NAMESPACE = "slostack"
SERVERS = ("prometheus", "alertmanager", "loki", "grafana", "alloy", "blackbox", "kube-state-metrics", "node-exporter")
THANOS = ("thanos-query", "thanos-store", "thanos-compactor")
"""Its sidecar is ready where its Prometheus is: see tests/faults."""
START_SECONDS = 60
TOO_LARGE = {"prometheus": 2, "grafana": 2, "alloy": 3}
"""The replicas of those that are given no node that is large enough."""
_STACK = {"grafana": "dev"}
"""Of prod, from whose pods those of other stacks differ only as tests/components/test_kubernetes.py says, but for
Grafana, whose database there is a PostgreSQL server: test_grafana_replicas.py."""


@pytest.fixture
def machine(server: str, cluster: Cluster, tmp_path: Path) -> Machine:
    """This machine, with the server's account in the cluster; skips the test first where the server can't be had."""
    obtained(software(server).name)
    objects = manifests(stack_program(_STACK.get(server, "prod"), NAMESPACE))
    access = ("Namespace", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
    cluster.apply([each for each in objects if each["kind"] in access])
    (account,) = (o for o in objects if o["kind"] == "ServiceAccount" and o["metadata"]["name"] == server)
    kubeconfig = cluster.kubeconfig_of(account["metadata"]["namespace"], server, tmp_path / "kubeconfig")
    return Machine(objects, tmp_path, kubeconfig)


@pytest.mark.parametrize("server", SERVERS)
def test_it_answers_its_probes(server: str, machine: Machine) -> None:
    _answers_its_probes(machine.pod(server))


@pytest.mark.parametrize("part", THANOS)
def test_a_part_of_thanos_answers_its_probes(part: str, tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    _answers_its_probes(thanos_machine(tmp_path, tmp_path / "bucket").pod(part))


def _answers_its_probes(pod: PodProcess) -> None:
    with pod.answering(START_SECONDS):
        assert pod.answers()
    assert "canary-" not in pod.log.read_text(), "a secret in its log"


def test_a_single_alertmanager_answers_its_probes(tmp_path: Path) -> None:
    """It is told of no peers, and to gossip with none."""
    pod = Machine(manifests(stack_program("dev", NAMESPACE)), tmp_path).pod("alertmanager")
    with pod.answering(START_SECONDS):
        assert "--cluster.peer" not in " ".join(pod.command)


@pytest.mark.parametrize("server", SERVERS)
def test_a_wrong_argument_ends_it(server: str, machine: Machine) -> None:
    pod = machine.pod(server)
    with pod.start("--no-such-argument") as process:
        assert process.wait(START_SECONDS) != 0
        assert not pod.answers()


@pytest.mark.parametrize("server", ["kube-state-metrics"])
def test_kube_state_metrics_may_list_what_it_exports(server: str, machine: Machine) -> None:
    pod, exported = machine.pod(server), {resource for group in EXPORTED.values() for resource in group}
    own = f"http://{LOOPBACK}:{machine.port(f'{server}.{NAMESPACE}', 8081)}/metrics"
    with pod.start():
        wait_until(pod.answers, f"{server} answers", START_SECONDS)
        wait_until(lambda: _watched(own) == exported, "it watches every resource", START_SECONDS)
        found = requests.get(f"{pod.url}/metrics", timeout=10).text
    assert found.count("\nkube_node_info{") == 3
    assert "forbidden" not in pod.log.read_text()


@pytest.mark.parametrize("server", ["kube-state-metrics"])
def test_it_tells_of_pods_that_find_no_node_and_of_daily_jobs(server: str, machine: Machine, cluster: Cluster) -> None:
    """As the alerts ask for them. The pods ask for more than a node has; the jobs are suspended, with given times."""
    objects = [
        each
        for each in manifests(stack_program("prod", NAMESPACE))
        if each["kind"] in WORKLOADS and each["metadata"]["name"] in TOO_LARGE
    ]
    for each in objects:
        (container,) = each["spec"]["template"]["spec"]["containers"]
        container["resources"] = {"requests": {"memory": "1000Ti"}}
    pod, namespace = machine.pod(server), ("--namespace", NAMESPACE)
    daily = [
        {**each, "metadata": each["metadata"] | {"namespace": NAMESPACE}, "spec": each["spec"] | {"suspend": True}}
        for each in manifests(with_snapshots())
        if each["kind"] == "CronJob"
    ]
    done = {"status": {"lastScheduleTime": "2026-01-02T03:04:00Z", "lastSuccessfulTime": "2026-01-02T03:05:00Z"}}
    jobs = [each["metadata"]["name"] for each in daily]
    cluster.apply([*objects, *daily])
    try:
        for job in jobs:
            how = ("--subresource=status", "--type=merge", f"--patch={json.dumps(done)}", *namespace)
            cluster.kubectl("patch", "cronjob", job, *how)
        with pod.start():
            wait_until(pod.answers, f"{server} answers", START_SECONDS)
            wait_until(lambda: _done(pod.url) == dict.fromkeys(jobs, (0, 60)), "the daily jobs", START_SECONDS)
            wait_until(lambda: _missing(pod.url) == TOO_LARGE, "the replicas that are missing", START_SECONDS)
    finally:
        cluster.kubectl("delete", "statefulsets,deployments,daemonsets", *TOO_LARGE, "--ignore-not-found", *namespace)
        cluster.kubectl("delete", "cronjobs", *jobs, "--ignore-not-found", *namespace)


def _done(url: str) -> dict[str, tuple[int, float]]:
    """How many runs of each daily job are under way, and how many seconds after its beginning the last one was done;
    of those that say when they were made."""
    text = requests.get(f"{url}/metrics", timeout=10).text

    def values(metric: str) -> dict[str, float]:
        name = rf'^kube_cronjob_{metric}{{namespace="{NAMESPACE}",cronjob="(.+)"}} (\S+)$'
        return {job: float(value) for job, value in re.findall(name, text, re.MULTILINE)}

    began, succeeded = values("status_last_schedule_time"), values("status_last_successful_time")
    runs, made = values("status_active"), values("created")
    return {job: (int(runs[job]), succeeded[job] - began[job]) for job in made.keys() & succeeded.keys()}


def _missing(url: str) -> dict[str, int]:
    """How many pods of each workload are not available, as the alert has it."""
    text = requests.get(f"{url}/metrics", timeout=10).text

    def values(metric: str, label: str) -> dict[str, int]:
        found = re.findall(rf'^{metric}{{namespace="{NAMESPACE}",{label}="(.+)"}} (\d+)$', text, re.MULTILINE)
        return {name: int(value) for name, value in found}

    available = values("kube_statefulset_status_replicas_available", "statefulset")
    return {
        **values("kube_deployment_status_replicas_unavailable", "deployment"),
        **{
            name: wanted - available[name]
            for name, wanted in values("kube_statefulset_replicas", "statefulset").items()
        },
        **values("kube_daemonset_status_number_unavailable", "daemonset"),
    }


def _watched(url: str) -> set[str]:
    """The resources that kube-state-metrics has been let watch, as it counts them itself: *v1.Pod is pods."""
    text = requests.get(url, timeout=10).text
    found = re.findall(r'kube_state_metrics_watch_total{resource="\*v\d\.(\w+)",result="success"}', text)
    return {f"{kind.lower()}s" for kind in found}


def test_prometheus_discovers_pods_with_its_own_account(discovering: Path) -> None:
    pods = {"grafana": 2, "alloy": 3, "blackbox": 1, "kube-state-metrics": 1, "node-exporter": 3}
    promtool = obtain_binary("promtool", print)
    commands = {job: (promtool, "check", "service-discovery", "--timeout=5s", discovering, job) for job in pods}
    running = {job: subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for job, command in commands.items()}
    for job, process in running.items():
        found, _ = process.communicate(timeout=START_SECONDS)
        targets = [each["labels"] for each in json.loads(found) if each["labels"]]
        assert len({each["instance"] for each in targets}) == len(targets) == pods[job]
        assert {each["job"] for each in targets} == {job}


@pytest.fixture(scope="module")
def discovering(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prometheus' config, with its account's token, in a stack whose pods are Ready."""
    namespace, folder = "slostack-discovery", tmp_path_factory.mktemp("discovery")
    objects = manifests(stack_program("prod", namespace))
    cluster.apply(objects)
    for each in objects:
        if each["kind"] in WORKLOADS:
            of = ("--namespace", each["metadata"]["namespace"], "--timeout=60s")
            cluster.kubectl("rollout", "status", f"{each['kind']}/{each['metadata']['name']}", *of)
    machine = Machine(objects, folder, cluster.kubeconfig_of(namespace, "prometheus", folder / "kubeconfig"))
    return machine.pod("prometheus").root / "etc" / "prometheus" / "prometheus.yml"

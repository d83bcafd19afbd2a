"""How full volumes are, on its way from the kubelets to a real Prometheus, with the rights that this has in a real
cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import requests

from slostack.deploy.kubernetes.topology import ACCOUNT_FOLDER
from tests.cluster.control_plane import Cluster
from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine, PodProcess
from tests.cluster.tls import own_certificate, serving
from tests.cluster.volumes import write_volume
from tests.components.program import canaries, run_program, stack_config
from tests.processes import wait_until

ACCESS = ("Namespace", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
NODES = {"node-a", "node-b", "node-c"}
METRICS = {
    "/metrics": """
kubelet_running_pods 2
kubelet_volume_stats_available_bytes{namespace="slostack",persistentvolumeclaim="data-loki-0"} 3e+09
kubelet_volume_stats_capacity_bytes{namespace="slostack",persistentvolumeclaim="data-loki-0"} 1e+10
kubelet_volume_stats_inodes{namespace="slostack",persistentvolumeclaim="data-loki-0"} 655360
""",
    "/metrics/cadvisor": """
container_memory_working_set_bytes{container="",id="/kubepods",image="",name="",namespace="",pod=""} 9e+08
container_memory_working_set_bytes{container="web",id="/kubepods/1",image="web:1",name="1",namespace="a",pod="b"} 5e+08
container_fs_reads_total{container="web",id="/kubepods/1",image="web:1",name="1",namespace="a",pod="b"} 7
""",
}
SCRAPED_SECONDS = 30


@contextmanager
def kubelets(cluster: Cluster, certificate: Path) -> Iterator[None]:
    """Plays the kubelets of all nodes: who asks for metrics has to be known to the API server, and allowed to."""

    class Kubelet(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = self._refusal() or HTTPStatus.OK
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            if status is HTTPStatus.OK:
                self.wfile.write(METRICS[self.path].encode())

        def _refusal(self) -> HTTPStatus | None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
            known = cluster.ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews", json=review).json()["status"]
            if not known.get("authenticated"):
                return HTTPStatus.UNAUTHORIZED
            wanted = {"verb": "get", "resource": "nodes", "subresource": "metrics"}
            allowed = cluster.allows(known["user"]["username"], known["user"]["groups"], wanted)
            return None if allowed else HTTPStatus.FORBIDDEN

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    with serving(Kubelet, certificate, cluster.kubelet_port):
        yield


def prometheus(cluster: Cluster, folder: Path, **exporters: bool) -> PodProcess:
    """Prometheus of dev with its account in the cluster; it scrapes every second."""
    objects = manifests(run_program("dev", stack_config("dev") | {"exporters": exporters}, canaries("dev")))
    cluster.apply([each for each in objects if each["kind"] in ACCESS])
    kubeconfig = cluster.kubeconfig_of("slostack", "prometheus", folder / "kubeconfig")
    pod = Machine(objects, folder, kubeconfig).pod("prometheus")
    config = pod.root / "etc/prometheus"
    text = (config / "prometheus.yml").read_text()
    often = text.replace("scrape_interval: 30s\n  scrape_timeout: 10s", "scrape_interval: 1s\n  scrape_timeout: 1s")
    assert often != text
    write_volume(config, {"prometheus.yml": often})
    return pod


def test_volumes_and_containers_of_every_node_are_watched(cluster: Cluster, tmp_path: Path) -> None:
    pod = prometheus(cluster, tmp_path)
    with kubelets(cluster, cluster.certificate), pod.start():
        wait_until(pod.answers, "Prometheus answers", SCRAPED_SECONDS)
        for scraped in ('up{job="kubelet"} == 1', 'up{job="cadvisor"} == 1'):
            wait_until(partial(watches_all, pod, scraped), scraped, SCRAPED_SECONDS)
        low = "kubelet_volume_stats_available_bytes < 0.4 * kubelet_volume_stats_capacity_bytes"
        assert {each["persistentvolumeclaim"] for each in query(pod, low)} == {"data-loki-0"}
        assert watches_all(pod, low)
        kept = {each["__name__"] for each in query(pod, '{job=~"kubelet|cadvisor",__name__!~"up|scrape_.+"}')}
        assert kept == {
            "kubelet_volume_stats_available_bytes",
            "kubelet_volume_stats_capacity_bytes",
            "container_memory_working_set_bytes",
        }
        assert {each["container"] for each in query(pod, "container_memory_working_set_bytes")} == {"web"}
        write_volume(pod.root / ACCOUNT_FOLDER[1:], {"token": "rotated"})
        refused = 'up{job="kubelet"} == 0'
        wait_until(partial(watches_all, pod, refused), "the token is read again", SCRAPED_SECONDS)


def test_another_account_is_told_nothing(cluster: Cluster, tmp_path: Path) -> None:
    prometheus(cluster, tmp_path)
    with kubelets(cluster, cluster.certificate):
        token = cluster.kubectl("create", "token", "grafana", "--namespace", "slostack").strip()
        for shown, status in ((token, HTTPStatus.FORBIDDEN), ("made-up", HTTPStatus.UNAUTHORIZED)):
            answer = requests.get(
                f"https://127.0.0.1:{cluster.kubelet_port}/metrics",
                headers={"Authorization": f"Bearer {shown}"},
                verify=str(cluster.certificate),
                timeout=10,
            )
            assert answer.status_code == status


@pytest.mark.parametrize(("signed_by_the_cluster", "up"), [(True, "1"), (False, "0")])
def test_certificates_are_verified_where_that_is_asked(
    signed_by_the_cluster: bool, up: str, cluster: Cluster, tmp_path: Path
) -> None:
    certificate = cluster.certificate if signed_by_the_cluster else own_certificate(tmp_path / "kubelet.crt")
    pod = prometheus(cluster, tmp_path, verifyKubelets=True)
    with kubelets(cluster, certificate), pod.start():
        wait_until(pod.answers, "Prometheus answers", SCRAPED_SECONDS)
        scraped = f'up{{job="kubelet"}} == {up}'
        wait_until(lambda: watches_all(pod, scraped), scraped, SCRAPED_SECONDS)


def query(pod: PodProcess, expression: str) -> list[dict[str, str]]:
    """The labels of the series that an expression gives."""
    answer = requests.get(f"{pod.url}/api/v1/query", params={"query": expression}, timeout=10)
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return [each["metric"] for each in found]


def watches_all(pod: PodProcess, expression: str) -> bool:
    """Whether those are series of every node."""
    return {each["instance"] for each in query(pod, expression)} == NODES

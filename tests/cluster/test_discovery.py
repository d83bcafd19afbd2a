"""What a real Prometheus finds in a real cluster, with the rights that it has there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cluster.control_plane import Cluster
from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine
from tests.components.program import canaries, run_program, stack_config
from tests.processes import wait_until

ACCESS = ("Namespace", "ServiceAccount", "Role", "RoleBinding", "NetworkPolicy")
SHOP = "shop"
ANNOTATIONS = {"prometheus.io/scrape": "true", "prometheus.io/port": "9465", "prometheus.io/path": "/internal"}
FOUND_SECONDS = 30
WATCHED: dict[str, tuple[dict[str, Any], str]] = {
    "by labels, at a port that no container declares": (
        {"labels": {"app": "learnsnap"}, "port": 9999},
        ":9999/metrics",
    ),
    "by labels, at a named port": ({"labels": {"app": "learnsnap"}, "port": "metrics"}, ":9464/metrics"),
    "by annotations": ({"annotated": True}, ":9465/internal"),
}
"""How a service's pods are found, and the end of the URL at which each is scraped."""
NONE_FOUND = 'prometheus_target_scrape_pool_targets{scrape_job="postfacta"} 0'
"""How Prometheus tells of a job that has no pod; alerts on the stack ask for it."""


def pod(name: str, labels: dict[str, str], annotations: dict[str, str]) -> dict[str, Any]:
    """A pod with two ports."""
    ports = [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 9464}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": SHOP, "labels": labels, "annotations": annotations},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [{"name": "main", "image": "registry.example/shop:1", "ports": ports}],
        },
    }


@pytest.fixture(scope="module")
def shop(cluster: Cluster) -> Iterator[dict[str, str]]:
    """A namespace with two pods of the service and another one; the addresses of the two."""
    cluster.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SHOP}}])
    wait_until(lambda: bool(cluster.get("serviceaccount", "--namespace", SHOP)), "the namespace's account")
    ours = [pod(name, {"app": "learnsnap"}, ANNOTATIONS) for name in ("web-1", "web-2")]
    others = {"prometheus.io/scrape": "false", "prometheus.io/port": "9464"}
    cluster.apply([*ours, pod("cart", {"app": "cart"}, others)])
    cluster.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--namespace", SHOP, "--timeout=60s")
    pods = cluster.get("pod", "--namespace", SHOP, "--selector", "app=learnsnap")
    yield {each["metadata"]["name"]: each["status"]["podIP"] for each in pods}
    cluster.kubectl("delete", "namespace", SHOP, "--wait=false")


@pytest.mark.parametrize("how", WATCHED)
def test_the_pods_of_a_service_are_found(how: str, cluster: Cluster, shop: dict[str, str], tmp_path: Path) -> None:
    pods, end = WATCHED[how]
    none = {"namespace": SHOP, "labels": {"app": "postfacta"}, "port": 8080}
    services = {"learnsnap": {"pods": {"namespace": SHOP, **pods}}, "postfacta": {"pods": none}}
    config = stack_config("dev") | {"services": services}
    objects = manifests(run_program("dev", config, canaries("dev")))
    cluster.apply([each for each in objects if each["kind"] in ACCESS])
    kubeconfig = cluster.kubeconfig_of("slostack", "prometheus", tmp_path / "kubeconfig")
    prometheus = Machine(objects, tmp_path, kubeconfig).pod("prometheus")
    with prometheus.start():
        wait_until(lambda: prometheus.answers() and bool(targets(prometheus.url)), "its pods", FOUND_SECONDS)
        wait_until(lambda: len(targets(prometheus.url)) == len(shop), "each of them", FOUND_SECONDS)
        assert targets(prometheus.url) == {
            f"http://{address}{end}": {"job": "learnsnap", "instance": name, "namespace": SHOP, "pod": name}
            for name, address in shop.items()
        }
        wait_until(lambda: NONE_FOUND in requests.get(f"{prometheus.url}/metrics", timeout=10).text, "what has no pod")


def targets(url: str) -> dict[str, dict[str, str]]:
    """The labels of the service's targets by the URL that is scraped."""
    found = requests.get(f"{url}/api/v1/targets", params={"scrapePool": "learnsnap"}, timeout=10).json()
    return {each["scrapeUrl"]: each["labels"] for each in found["data"]["activeTargets"]}

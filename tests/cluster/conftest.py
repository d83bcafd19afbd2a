from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.control_plane import Cluster, control_plane
from tests.cluster.crds import operator_crds
from tests.cluster.log_pipeline import ARRIVED_SECONDS, PUSH_PATH, Pipeline, StagesAlone, take_pushed_lines
from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine
from tests.components.program import CLUSTER_STACKS, canaries, run_program, stack_config
from tests.logs.stages import Stages
from tests.processes import free_ports, wait_until
from tests.pulumi.engine import Engine, make_engine, need_kubernetes_provider

LINES_PER_SECOND = 50
"""At most, of each namespace."""
LOGS = {
    "drop": ["debug"],
    "limits": {"noisy": {"sample": 0.1}, "bursting": {"linesPerSecond": 10}},
    "linesPerSecond": LINES_PER_SECOND,
}


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of this worker's own, with every stack's context."""
    contexts = [stack_config(stack)["kubernetes"]["context"] for stack in CLUSTER_STACKS]
    with control_plane(tmp_path_factory.mktemp("cluster"), contexts) as running:
        yield running


@pytest.fixture(scope="package")
def with_crds(cluster: Cluster) -> Cluster:
    """The cluster with the Prometheus operator's CRDs."""
    for crd in operator_crds():
        cluster.kubectl("apply", "--server-side", "-f", str(crd))
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
    return cluster


@pytest.fixture
def engine(cluster: Cluster, tmp_path: Path) -> Engine:
    """The real engine over a copy of the project, whose contexts are all the cluster's."""
    need_kubernetes_provider()
    engine = make_engine(tmp_path)
    return replace(engine, environment={**engine.environment, "KUBECONFIG": str(cluster.kubeconfig)})


@pytest.fixture(scope="package")
def log_objects() -> list[dict[str, Any]]:
    """A stack that drops, samples and caps log lines."""
    return manifests(run_program("dev", stack_config("dev") | {"logs": LOGS}, canaries("dev")))


@pytest.fixture(scope="package")
def alloy_config(log_objects: list[dict[str, Any]]) -> str:
    """Its config of Alloy."""
    (found,) = (o for o in log_objects if o["kind"] == "ConfigMap" and o["metadata"]["name"] == "alloy-config")
    return str(found["data"]["config.alloy"])


@pytest.fixture(scope="package")
def log_machine(log_objects: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """This machine in place of its cluster."""
    return Machine(log_objects, tmp_path_factory.mktemp("logs"))


@pytest.fixture(scope="package")
def loki(log_machine: Machine) -> Iterator[str]:
    """The URL of its Loki, which runs, and takes so little that a short flood would be too much."""
    process = log_machine.pod("loki")
    config = process.root / "etc/loki/loki.yaml"
    config.write_text(re.sub(r"(ingestion_\w+_mb): \d+", r"\1: 0.2", config.read_text()))
    with process.start():
        wait_until(process.answers, "Loki", ARRIVED_SECONDS)
        yield process.url


@pytest.fixture(scope="package")
def pipeline(log_machine: Machine, loki: str) -> Iterator[Pipeline]:
    """Alloy with its config, but for the source of the logs, for which there is an address to push to."""
    collector = log_machine.pod("alloy")
    port, grpc = free_ports(2)
    take_pushed_lines(collector, port, grpc)
    with collector.start():
        wait_until(collector.answers, "Alloy", ARRIVED_SECONDS)
        yield Pipeline(loki, f"http://127.0.0.1:{port}{PUSH_PATH}", collector.url)


@pytest.fixture(scope="package")
def stages(alloy_config: str, loki: str) -> StagesAlone:
    """What its Alloy does to a line, without an Alloy."""
    return StagesAlone(loki, Stages(alloy_config))

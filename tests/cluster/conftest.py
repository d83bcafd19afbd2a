from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cluster.control_plane import Cluster, control_plane
from tests.cluster.crds import operator_crds
from tests.components.program import CLUSTER_STACKS, stack_config
from tests.pulumi.engine import Engine, make_engine, need_kubernetes_provider


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of this worker's own, with every stack's context."""
    contexts = [stack_config(stack)["kubernetes"]["context"] for stack in CLUSTER_STACKS]
    with control_plane(tmp_path_factory.mktemp("cluster"), contexts) as running:
        yield running


@pytest.fixture(scope="session")
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

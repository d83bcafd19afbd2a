from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.control_plane import Cluster, control_plane
from tests.components.program import CLUSTER_STACKS, stack_config


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of this worker's own, with every stack's context."""
    contexts = [stack_config(stack)["kubernetes"]["context"] for stack in CLUSTER_STACKS]
    with control_plane(tmp_path_factory.mktemp("cluster"), contexts) as running:
        yield running

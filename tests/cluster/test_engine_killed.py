"""The real Pulumi engine finishes on a real API server what a killed one began."""

from __future__ import annotations

import os
import signal
import subprocess

from tests.cluster.control_plane import Cluster
from tests.cluster.engine_stack import YES, new_stack
from tests.processes import wait_until
from tests.pulumi.engine import Engine


def test_an_up_that_is_killed_half_way_is_finished_by_the_next(engine: Engine, cluster: Cluster) -> None:
    namespace = "engine-killed"
    stack = new_stack(engine, "dev", namespace)
    command = ("pulumi", "up", "--non-interactive", *YES, *stack)
    with subprocess.Popen(
        command, cwd=engine.project, env=engine.environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        wait_until(lambda: _begun(cluster, namespace), "half of it is there", 120)
        os.killpg(process.pid, signal.SIGKILL)
    assert not cluster.get("statefulsets", "--namespace", namespace)
    engine.run("cancel", "--yes", *stack)  # the lock of who was killed
    engine.run("up", *YES, *stack)
    engine.run("up", *YES, *stack, "--expect-no-changes")
    assert cluster.get("statefulsets", "--namespace", namespace)
    engine.run("destroy", *YES, *stack)


def _begun(cluster: Cluster, namespace: str) -> bool:
    namespaces = {each["metadata"]["name"] for each in cluster.get("namespaces")}
    return namespace in namespaces and len(cluster.get("configmaps", "--namespace", namespace)) > 3

"""The real Pulumi engine finishes on a real API server what a killed or an interrupted one began."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.cluster.control_plane import Cluster
from tests.cluster.engine_stack import YES, new_stack
from tests.processes import wait_until
from tests.pulumi.engine import Engine
from tests.pulumi.interrupted import end_processes, interrupted, says_that_it_was_canceled


def test_an_up_that_is_killed_half_way_is_finished_by_the_next(engine: Engine, cluster: Cluster) -> None:
    namespace = "engine-killed"
    stack = new_stack(engine, "dev", namespace)
    command = ("pulumi", "up", "--non-interactive", *YES, *stack)
    with subprocess.Popen(
        command, cwd=engine.project, env=engine.environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        wait_until(lambda: _begun(cluster, namespace), "half of it is there", 120)
        _kill(process.pid, engine.project.parent / "state")
    end_processes(engine)
    assert not cluster.get("statefulsets", "--namespace", namespace)
    engine.run("cancel", "--yes", *stack)  # the lock of who was killed
    engine.run("up", *YES, *stack)
    engine.run("up", *YES, *stack, "--expect-no-changes")
    assert cluster.get("statefulsets", "--namespace", namespace)
    engine.run("destroy", *YES, *stack)


def test_an_up_that_is_interrupted_says_so_and_is_finished_by_the_next(
    engine: Engine, cluster: Cluster, tmp_path: Path
) -> None:
    namespace = "engine-interrupted"
    stack = new_stack(engine, "dev", namespace)
    output = tmp_path / "output"
    with interrupted(engine, ("up", *YES, *stack), output) as interrupt:
        wait_until(lambda: _begun(cluster, namespace), "half of it is there", 120)
        interrupt()
    says_that_it_was_canceled(output)
    engine.run("up", *YES, *stack)
    engine.run("up", *YES, *stack, "--expect-no-changes")
    engine.run("destroy", *YES, *stack)


def _kill(group: int, state: Path) -> None:
    """Kills a process group, but not in the middle of a write of Pulumi's state: its file backend isn't atomic, and
    what is left then is for `pulumi stack import` of the backup beside it."""

    def is_whole() -> bool:
        os.killpg(group, signal.SIGSTOP)
        wait_until(lambda: _is_stopped(group), "Pulumi has stopped")
        try:
            for file in state.glob(".pulumi/stacks/**/*.json"):
                json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            os.killpg(group, signal.SIGCONT)
            return False
        return True

    wait_until(is_whole, "Pulumi's state is written as a whole")
    os.killpg(group, signal.SIGKILL)


def _is_stopped(group: int) -> bool:
    """Whether no thread of the group's processes runs any more, in the middle of a system call either."""
    states = []
    for stat in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
        with suppress(OSError):
            state, _, of_group = stat.read_text().rpartition(")")[2].split()[:3]
            states += [state] if int(of_group) == group else []
    return set(states) <= {"T", "Z"}


def _begun(cluster: Cluster, namespace: str) -> bool:
    namespaces = {each["metadata"]["name"] for each in cluster.get("namespaces")}
    return namespace in namespaces and len(cluster.get("configmaps", "--namespace", namespace)) > 3

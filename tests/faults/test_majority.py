"""Two of the three Alertmanagers of prod are gone: the third notifies, and the two hear later what they missed. All
three are gone: silences are still there afterwards."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from tests.cluster.gossip import ALERTMANAGERS, GROUP_WAIT, Listener, listening, peers, prod, send
from tests.cluster.pod_process import PodProcess
from tests.processes import wait_until

FORGOTTEN_SECONDS = 90
"""Until the third one no longer waits for the others to notify first."""
WRITTEN_SECONDS = 15
"""Until a silence is on every disk."""


def test_the_third_notifies_and_nothing_is_told_twice(tmp_path: Path) -> None:
    with listening() as listener, ExitStack() as running:
        pods, processes = _met(listener, tmp_path, running)
        silence = _silence(pods[0])
        wait_until(lambda: silence in _silences(pods[2]), "the third has heard of a silence", 60)
        for process in processes[:2]:
            process.kill()
        third = pods[2]
        assert silence in _silences(third)
        send("MajorityGone", [third])
        wait_until(lambda: listener.times("MajorityGone") > 0, "the third notifies", GROUP_WAIT + FORGOTTEN_SECONDS)
        made_meanwhile = _silence(third)
        for pod in pods[:2]:
            running.enter_context(pod.start())
        wait_until(lambda: all(peers(pod) == ALERTMANAGERS for pod in pods), "all have met again", 120)
        wait_until(lambda: all({silence, made_meanwhile} <= _silences(pod) for pod in pods), "all know all", 60)
        send("MajorityGone", pods)
        send("AllAreBack", pods)
        wait_until(lambda: listener.times("AllAreBack") > 0, "they notify", GROUP_WAIT + FORGOTTEN_SECONDS)
        assert listener.times("MajorityGone") == 1


def test_silences_outlive_a_crash_of_all_three(tmp_path: Path) -> None:
    with listening() as listener, ExitStack() as running:
        pods, processes = _met(listener, tmp_path, running)
        silence = _silence(pods[0])
        wait_until(lambda: all(silence in _silences(pod) for pod in pods), "all have heard of a silence", 60)
        wait_until(lambda: all(_is_written(silence, pod) for pod in pods), "it is on every disk", WRITTEN_SECONDS)
        for process in processes:
            process.kill()
            process.wait()
        for pod in pods:
            with pod.answering(60):
                assert silence in _silences(pod), f"{pod.root.name} lost it, and is alone"


def _met(
    listener: Listener, folder: Path, running: ExitStack
) -> tuple[list[PodProcess], list[subprocess.Popen[bytes]]]:
    """Three that know each other, and their processes."""
    machine = prod(listener, folder)
    pods = [machine.pod("alertmanager", number) for number in range(ALERTMANAGERS)]
    processes = [running.enter_context(pod.start()) for pod in pods]
    wait_until(lambda: all(peers(pod) == ALERTMANAGERS for pod in pods), "all have met", 60)
    return pods, processes


def _is_written(silence: str, pod: PodProcess) -> bool:
    return any(silence.encode() in file.read_bytes() for file in pod.root.rglob("silences") if file.is_file())


def _silence(pod: PodProcess) -> str:
    now = datetime.now(UTC)
    document: dict[str, Any] = {
        "matchers": [{"name": "alertname", "value": "Nothing", "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "test",
        "comment": "kept",
    }
    answer = requests.post(f"{pod.url}/api/v2/silences", json=document, timeout=10)
    return str(answer.json()["silenceID"])


def _silences(pod: PodProcess) -> set[str]:
    answer = requests.get(f"{pod.url}/api/v2/silences", timeout=10)
    return {each["id"] for each in answer.json() if each["status"]["state"] == "active"}

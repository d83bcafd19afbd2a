"""Prod's Prometheus and Alertmanager replicas, run from their rendered pods, notify of each alert once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from slostack.deploy.kubernetes.topology import SECRETS_FOLDER
from tests.cluster.gossip import ALERTMANAGERS, GROUP_WAIT, Listener, listening, peers, prod, send
from tests.cluster.pod_process import Machine, PodProcess
from tests.cluster.volumes import write_volume
from tests.processes import wait_until

PEER_TIMEOUT = 15
"""Seconds that each Alertmanager waits longer than the one before it in the order."""
PROMETHEUSES = 2


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.fixture
def machine(listener: Listener, tmp_path: Path) -> Machine:
    return prod(listener, tmp_path)


def test_each_notification_is_sent_once_and_outlives_a_replica(machine: Machine, listener: Listener) -> None:
    pods = [machine.pod("alertmanager", number) for number in range(ALERTMANAGERS)]
    with ExitStack() as running:
        processes = [running.enter_context(pod.start()) for pod in pods]
        for pod in pods:
            wait_until(lambda pod=pod: peers(pod) == ALERTMANAGERS, "all Alertmanagers have met", 30)  # type: ignore[misc]
        send("BeforeTheDeath", pods)
        wait_until(lambda: listener.times("BeforeTheDeath") > 0, "the notification came", GROUP_WAIT + 20)
        others = ALERTMANAGERS - 1
        wait_until(
            lambda: sum(_heard(pod) > 0 for pod in pods) >= others,
            "the others have heard that it was sent",
        )
        processes[0].kill()
        for pod in pods[1:]:
            _rotate(pod, f"{listener.url}/sms", f"{listener.url}/sms-by-another-url")
        send("AfterTheDeath", pods[1:])
        last = time.monotonic() + GROUP_WAIT + PEER_TIMEOUT * (ALERTMANAGERS - 1) + 2
        wait_until(lambda: listener.times("AfterTheDeath") > 0, "a notification came without it", 45)
        wait_until(lambda: time.monotonic() > last, "every replica has had its turn", 60)
        assert listener.times("BeforeTheDeath") == 1
        assert listener.times("AfterTheDeath") == 1
        by_sms = {each for each in listener.heard if each[0].startswith("/sms")}
        assert by_sms == {("/sms", "BeforeTheDeath"), ("/sms-by-another-url", "AfterTheDeath")}, (
            "a secret is read again"
        )


def test_two_prometheuses_send_every_alertmanager_one_watchdog(machine: Machine, listener: Listener) -> None:
    pods = [machine.pod("alertmanager", number) for number in range(ALERTMANAGERS)]
    senders = [machine.pod("prometheus", number) for number in range(PROMETHEUSES)]
    with ExitStack() as running:
        for pod in [*pods, *senders]:
            running.enter_context(pod.start())
        wait_until(lambda: ("/alive", "Watchdog") in listener.heard, "the dead man's switch is alive", 90)
        for sender in senders:
            _sends_to(sender, pods)
        for pod in pods:
            (watchdog,) = _watchdogs(pod)
            assert "prometheus_replica" not in watchdog


def test_replicas_that_do_not_gossip_would_each_notify(machine: Machine, listener: Listener) -> None:
    pods = [machine.pod("alertmanager", number) for number in range(2)]
    with ExitStack() as running:
        for pod in pods:
            pod.command[:] = [argument for argument in pod.command if "--cluster.peer=" not in argument]
            running.enter_context(pod.start())
            wait_until(pod.answers, "Alertmanager is ready")
        send("Alone", pods)
        wait_until(lambda: listener.times("Alone") == len(pods), "each has notified", GROUP_WAIT + 20)


def _rotate(pod: PodProcess, old: str, new: str) -> None:
    """Replaces a value of the pod's secrets, as the kubelet does."""
    folder = pod.root / SECRETS_FOLDER[1:]
    files = {file.name: file.read_text() for file in folder.iterdir() if file.is_file()}
    assert old in files.values()
    write_volume(folder, {name: new if text == old else text for name, text in files.items()})


def _heard(pod: PodProcess) -> float:
    """How many notifications that others have sent a replica knows of, and has passed on."""
    text = requests.get(f"{pod.url}/metrics", timeout=5).text
    (line,) = (each for each in text.splitlines() if each.startswith("alertmanager_nflog_gossip_messages_propagated"))
    return float(line.split()[-1])


def _sends_to(sender: PodProcess, pods: list[PodProcess]) -> None:
    """Each Alertmanager has had alerts of a Prometheus."""
    found = requests.get(f"{sender.url}/api/v1/alertmanagers", timeout=5).json()["data"]["activeAlertmanagers"]
    assert {each["url"] for each in found} >= {f"{pod.url}/api/v2/alerts" for pod in pods}
    for pod in pods:
        wait_until(lambda pod=pod: _sent(sender, pod) > 0, "every Alertmanager has had alerts", 60)  # type: ignore[misc]


def _sent(sender: PodProcess, pod: PodProcess) -> float:
    sent = requests.get(f"{sender.url}/metrics", timeout=5).text
    (line,) = (x for x in sent.splitlines() if x.startswith("prometheus_notifications_sent_total") and pod.url in x)
    return float(line.split()[-1])


def _watchdogs(pod: PodProcess) -> list[dict[str, str]]:
    alerts = requests.get(f"{pod.url}/api/v2/alerts", timeout=5).json()
    return [each["labels"] for each in alerts if each["labels"]["alertname"] == "Watchdog"]

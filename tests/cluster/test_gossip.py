"""Prod's Prometheus and Alertmanager replicas, run from their rendered pods, notify of each alert once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine, PodProcess
from tests.components.program import canaries, run_program, stack_config
from tests.processes import wait_until

GROUP_WAIT = 10
"""Seconds until the first notification of a group of critical alerts."""
PEER_TIMEOUT = 15
"""Seconds that each Alertmanager waits longer than the one before it in the order."""
ALERTMANAGERS, PROMETHEUSES = 3, 2


@dataclass
class Listener:
    """Hears notifications by HTTP: the names of their firing alerts, by the path that they came to."""

    url: str
    heard: list[tuple[str, str]] = field(default_factory=list)

    def times(self, alert: str) -> int:
        return sum(name == alert for path, name in self.heard if path == "/notifications")


@pytest.fixture
def listener() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.heard.append((self.path, message["groupLabels"].get("alertname", "")))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Listener(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


@pytest.fixture
def machine(listener: Listener, tmp_path: Path) -> Machine:
    """Prod, but for who is notified."""
    config = stack_config("prod")
    host = listener.url.removeprefix("http://")
    config["receivers"] = {"webhook": f"{listener.url}/notifications", "deadMansSwitch": {"host": host}}
    secrets = canaries("prod") | {"deadMansSwitchUrl": f"{listener.url}/alive"}
    return Machine(manifests(run_program("prod", config, secrets)), tmp_path)


def test_each_notification_is_sent_once_and_outlives_a_replica(machine: Machine, listener: Listener) -> None:
    pods = [machine.pod("alertmanager", number) for number in range(ALERTMANAGERS)]
    with ExitStack() as running:
        processes = [running.enter_context(pod.start()) for pod in pods]
        for pod in pods:
            wait_until(lambda pod=pod: _peers(pod) == ALERTMANAGERS, "all Alertmanagers have met", 30)  # type: ignore[misc]
        _send("BeforeTheDeath", pods)
        wait_until(lambda: listener.times("BeforeTheDeath") > 0, "the notification came", GROUP_WAIT + 20)
        others = ALERTMANAGERS - 1
        wait_until(
            lambda: sum(_heard(pod) > 0 for pod in pods) >= others,
            "the others have heard that it was sent",
        )
        processes[0].kill()
        _send("AfterTheDeath", pods[1:])
        last = time.monotonic() + GROUP_WAIT + PEER_TIMEOUT * (ALERTMANAGERS - 1) + 2
        wait_until(lambda: listener.times("AfterTheDeath") > 0, "a notification came without it", 45)
        wait_until(lambda: time.monotonic() > last, "every replica has had its turn", 60)
        assert listener.times("BeforeTheDeath") == 1
        assert listener.times("AfterTheDeath") == 1


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
        _send("Alone", pods)
        wait_until(lambda: listener.times("Alone") == len(pods), "each has notified", GROUP_WAIT + 20)


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


def _peers(pod: PodProcess) -> int:
    try:
        cluster = requests.get(f"{pod.url}/api/v2/status", timeout=5).json()["cluster"]
    except requests.RequestException:
        return 0
    return len(cluster["peers"]) if cluster["status"] == "ready" else 0


def _send(alert: str, pods: list[PodProcess]) -> None:
    """Sends an alert to each Alertmanager twice, as two Prometheuses do."""
    labels = {"alertname": alert, "service": "learnsnap", "severity": "critical", "slo": "availability"}
    for pod in [*pods, *pods]:
        answer = requests.post(f"{pod.url}/api/v2/alerts", json=[{"labels": labels, "annotations": {}}], timeout=5)
        answer.raise_for_status()

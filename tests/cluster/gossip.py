"""Prod's Alertmanagers as processes, and one who hears what they notify."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine, PodProcess
from tests.components.program import canaries, run_program, stack_config

ALERTMANAGERS = 3
GROUP_WAIT = 10
"""Seconds until the first notification of a group of critical alerts."""


@dataclass
class Listener:
    """Hears notifications by HTTP: the names of their firing alerts, by the path that they came to."""

    url: str
    heard: list[tuple[str, str]] = field(default_factory=list)

    def times(self, alert: str) -> int:
        return sum(name == alert for path, name in self.heard if path == "/notifications")


@contextmanager
def listening() -> Iterator[Listener]:
    """Listens while the block runs."""

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
        try:
            yield found
        finally:
            server.shutdown()


def prod(listener: Listener, folder: Path) -> Machine:
    """Prod, but for who is notified, below a folder."""
    config = stack_config("prod")
    host = listener.url.removeprefix("http://")
    config["receivers"] = {
        "webhook": {"host": host},
        "sms": {"gateway": host},
        "deadMansSwitch": {"host": host},
    }
    of_sms = {key: f"{listener.url}/sms" for key in canaries("prod", config) if key.startswith("smsUrl")}
    secrets = (
        canaries("prod")
        | of_sms
        | {
            "deadMansSwitchUrl": f"{listener.url}/alive",
            "webhookUrl": f"{listener.url}/notifications",
        }
    )
    return Machine(manifests(run_program("prod", config, secrets)), folder)


def peers(pod: PodProcess) -> int:
    """How many Alertmanagers know each other, as one of them has it; 0 before it takes part."""
    try:
        cluster = requests.get(f"{pod.url}/api/v2/status", timeout=5).json()["cluster"]
    except requests.RequestException:
        return 0
    return len(cluster["peers"]) if cluster["status"] == "ready" else 0


def send(alert: str, pods: list[PodProcess]) -> None:
    """Sends an alert to each Alertmanager twice, as two Prometheuses do."""
    labels = {"alertname": alert, "service": "learnsnap", "severity": "critical", "slo": "availability"}
    for pod in [*pods, *pods]:
        answer = requests.post(f"{pod.url}/api/v2/alerts", json=[{"labels": labels, "annotations": {}}], timeout=5)
        answer.raise_for_status()

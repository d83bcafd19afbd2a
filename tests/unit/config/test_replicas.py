"""Two real Prometheus with the same config: their alerts are one alert to Alertmanager."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from slostack.config import Topology, config_files
from slostack.servers import obtain_binary
from slostack.settings import Settings
from slostack.spec import Service
from tests.processes import free_ports, running, wait_until

RULES = "groups: [{name: test, interval: 1s, rules: [{alert: Always, expr: vector(1)}]}]"
ALERTMANAGER = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
REPLICAS = ("prometheus-0", "prometheus-1")
SECONDS = 120
"""An alert that fires before Alertmanager is discovered is sent again after one minute."""


@pytest.fixture
def config(services: tuple[Service, ...], settings: Settings, topology: Topology) -> str:
    """Prometheus' config of replicas, which sends alerts to `alertmanager:9093`."""
    alertmanager = replace(topology.alertmanager, addresses=("alertmanager:9093",))
    replicated = replace(topology, alertmanager=alertmanager, replica="${POD_NAME}")
    return config_files(services, settings, replicated)["prometheus/prometheus.yml"]


def test_the_same_alert_of_two_replicas_is_one_alert(config: str, tmp_path: Path) -> None:
    alertmanager, *prometheus = free_ports(1 + len(REPLICAS))
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "test.yaml").write_text(RULES)
    (tmp_path / "alertmanager.yml").write_text(ALERTMANAGER)
    (tmp_path / "prometheus.yml").write_text(config.replace("alertmanager:9093", f"127.0.0.1:{alertmanager}"))
    with ExitStack() as servers:

        def start(name: str, server: str, port: int, *arguments: str) -> None:
            file, listen = f"--config.file={tmp_path / server}.yml", f"--web.listen-address=127.0.0.1:{port}"
            environment = {**os.environ, "POD_NAME": name}
            command = [str(obtain_binary(server, print)), file, listen, *arguments]
            servers.enter_context(running(command, tmp_path / f"{name}.log", environment))

        storage = f"--storage.path={tmp_path / 'alertmanager'}"
        start("alertmanager", "alertmanager", alertmanager, storage, "--cluster.listen-address=")
        for name, port in zip(REPLICAS, prometheus, strict=True):
            start(name, "prometheus", port, f"--storage.tsdb.path={tmp_path / name}")
        wait_until(lambda: all(_sent(port) for port in prometheus), "both have sent their alert", SECONDS)
        for name, port in zip(REPLICAS, prometheus, strict=True):
            assert f"prometheus_replica: {name}" in _get(port, "/api/v1/status/config").json()["data"]["yaml"]
        (alert,) = _get(alertmanager, "/api/v2/alerts").json()
        assert alert["labels"] == {"alertname": "Always", "environment": "test"}


def _get(port: int, path: str) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5)


def _sent(port: int) -> float:
    """The alerts that a Prometheus has sent; 0 before it answers."""
    try:
        lines = _get(port, "/metrics").text.splitlines()
    except requests.ConnectionError:
        return 0
    return sum(float(line.split()[-1]) for line in lines if line.startswith("prometheus_notifications_sent_total{"))

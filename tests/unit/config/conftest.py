"""Two services in a stack that uses every setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack.config import Place, Topology
from slostack.settings import Settings, parse_settings
from slostack.spec import Service, parse_service

SHOP = """
service: shop
description: Sells
team: sales
scrape:
  - {job: shop, interval: 30s, timeout: 5s}
  - {job: shop-worker, path: /worker/metrics}
slos:
  - name: availability
    description: Answers
    objective: 99.9
    sli: {events: {bad: 'errors_total{job="shop"}', total: 'requests_total{job="shop"}'}}
    runbook: shop/down.md
probes:
  - {name: health, path: /health, interval: 60s, timeout: 10s}
  - {name: created, path: /orders, status: [201, 202]}
  - {name: small, path: /, body_limit: 1kB}
  - {name: well, path: /health, body_has: '"ok": ?true', body_lacks: (?i)error}
  - {name: handshake, kind: tls}
  - {name: database, kind: tcp, interval: 30s}
"""
UNWATCHED = SHOP.replace("shop", "attic")

CONFIG = {
    "environment": "test",
    "delivery": "kubernetes",
    "kubernetes": {"context": "kind"},
    "urls": {
        "grafana": "https://grafana.example/",
        "prometheus": "https://prometheus.example",
        "alertmanager": "https://alertmanager.example",
        "runbooks": "https://runbooks.example",
    },
    "services": {
        "shop": {
            "targets": ["shop-1:8080", "shop-2:8080"],
            "scheme": "https",
            "token": True,
            "probe": "https://shop/",
            "probes": {"database": "postgres.example:5432"},
        }
    },
    "receivers": {
        "email": {"to": "on-call@example.com", "sender": "slo@example.com", "smarthost": "mail:587", "username": "slo"},
        "slack": {"channel": "#alerts"},
        "pagerduty": {"enabled": True},
        "sms": {"gateway": "sms.example:443"},
        "deadMansSwitch": {"host": "heartbeat.example:443"},
        "webhook": {"host": "hooks.example:443"},
    },
    "prometheus": {"retention": "35d", "storage": "10Gi"},
    "loki": {"retention": "15d"},
}


def place(server: str, folder: Path) -> Place:
    """A server at a port of its own, with its folders below one."""
    return Place(
        listen=":8080",
        addresses=(f"{server}-0:8080", f"{server}-1:8080"),
        config=str(folder / server),
        data=str(folder / "data" / server),
        secrets=str(folder / "secrets"),
    )


@pytest.fixture
def services() -> tuple[Service, ...]:
    return (parse_service(UNWATCHED, "attic.yaml"), parse_service(SHOP, "shop.yaml"))


@pytest.fixture
def settings() -> Settings:
    return parse_settings(CONFIG, "test")


@pytest.fixture
def quiet_settings() -> Settings:
    """Settings under which nobody is notified."""
    return parse_settings({**CONFIG, "receivers": {}}, "test")


@pytest.fixture
def topology(tmp_path: Path) -> Topology:
    return Topology(
        prometheus=place("prometheus", tmp_path),
        alertmanager=place("alertmanager", tmp_path),
        loki=place("loki", tmp_path),
        loki_grpc=":9095",
        grafana=place("grafana", tmp_path),
        notifications="receiver:9095",
        alloy=place("alloy", tmp_path),
        blackbox=place("blackbox", tmp_path),
    )

"""A stack whose one service needs everything that an exporter can look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi

from slostack.bundle import Bundle
from slostack.deploy.kubernetes import deploy, kubernetes_topology
from slostack.deploy.secrets import required_secrets
from slostack.settings import Settings, parse_settings
from slostack.stack import make_bundle
from tests.certificate import CERTIFICATE
from tests.components.program import ROOT, Program, run_function, stack_config

SHOP = """\
service: shop
description: Sells things
team: web
needs: [postgres, redis, rds, json]
json_metrics:
  - {name: uploads_total, path: "{ .uploads.total }", type: counter, labels: {source: api}}
scrape: [{job: shop}]
slos:
  - name: availability
    description: A request is answered
    objective: 99
    sli: {events: {bad: 'http_requests_total{status=~"5.."}', total: http_requests_total}}
    runbook: shop/burn.md
"""
NEEDS: dict[str, Any] = {
    "postgres": {"host": "pg.acme.example:5432", "database": "shop", "user": "looker", "ca": CERTIFICATE},
    "redis": {"host": "redis.acme.example:6380", "user": "looker"},
    "rds": {"instance": "shop-prod", "region": "eu-central-1", "credentials": True},
    "json": {"url": "https://shop.acme.example:8443/metrics.json", "token": True},
}


def needs_project(root: Path, slos: str = SHOP) -> Path:
    """A project with that service."""
    for folder in ("slos", "runbooks/shop"):
        (root / folder).mkdir(parents=True)
    (root / "slos/shop.yaml").write_text(slos, encoding="utf-8")
    (root / "runbooks/shop/burn.md").write_text("# Burn", encoding="utf-8")
    (root / "runbooks/shared").symlink_to(ROOT / "runbooks/shared")
    return root


def needs_settings(needs: dict[str, Any] = NEEDS) -> Settings:
    """dev, with the service in place of its own."""
    config = stack_config("dev") | {"services": {"shop": {"targets": ["shop.acme.example:443"], "needs": needs}}}
    return parse_settings(config, "dev")


def needs_bundle(root: Path, settings: Settings) -> Bundle:
    """What its servers read."""
    return make_bundle(root, settings, kubernetes_topology(settings))


def needs_program(root: Path, settings: Settings, value: Callable[[str], str] = lambda key: f"canary-{key}") -> Program:
    """What is registered for it, with a value of each secret by its key."""
    bundle = needs_bundle(root, settings)

    def main() -> None:
        wanted = required_secrets(settings)
        deploy(bundle, settings, {secret: pulumi.Output.secret(value(secret.key)) for secret in wanted})

    return run_function(main)

"""A stack for the Prometheus operator that uses every receiver and every way to scrape."""

from __future__ import annotations

from typing import Any

from slostack.deploy.secrets import required_secrets
from slostack.settings import parse_settings
from slostack.teams import teams_of
from tests.certificate import CERTIFICATE
from tests.components.program import ROOT, Program, canaries, run_program, stack_config


def operator_config(namespace: str, *, pods: bool = False) -> dict[str, Any]:
    """The committed prod stack, delivered to an operator; its service's targets are hosts or pods."""
    config = stack_config("prod")
    service = {
        "targets": ["learnsnap-1.acme.example:443", "learnsnap-2.acme.example:443"],
        "scheme": "https",
        "token": True,
        "clientCertificate": True,
        "ca": CERTIFICATE,
        "serverName": "metrics.acme.example",
        "probe": "https://learnsnap.acme.example",
    }
    if pods:
        del service["targets"]
        service["pods"] = {"namespace": "learnsnap", "labels": {"app": "learnsnap"}, "port": 8080}
    receivers = {
        "email": {
            "to": "oncall@acme.example",
            "sender": "alerts@acme.example",
            "smarthost": "smtp.acme.example:587",
            "username": "alerts@acme.example",
        },
        "slack": {"channel": "#alerts"},
        "pagerduty": {"enabled": True},
        "sms": {"gateway": "sms.acme.example:443"},
        "webhook": {"host": "hooks.acme.example:443"},
        "deadMansSwitch": {"host": "heartbeat.acme.example:443"},
    }
    return config | {
        "delivery": "operator",
        "services": {"learnsnap": service},
        "receivers": receivers,
        "kubernetes": {
            "context": config["kubernetes"]["context"],
            "namespace": namespace,
            "labels": {"cost-center": "observability"},
        },
        "operator": {"labels": {"release": "prom"}, "prober": "blackbox.monitoring:9115"},
    }


def operator_secrets() -> dict[str, str]:
    """A value for every secret that it calls for."""
    config = operator_config("monitoring")
    settings = parse_settings(config, "prod")
    values = canaries("prod", config)
    return {secret.key: values[secret.key] for secret in required_secrets(settings, teams_of(ROOT, settings.watched))}


def operator_program(namespace: str, *, pods: bool = False) -> Program:
    """What the program registers for it."""
    return run_program("prod", operator_config(namespace, pods=pods), operator_secrets())

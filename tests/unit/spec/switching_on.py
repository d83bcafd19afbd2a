"""Services that switch signals of the library on."""

from __future__ import annotations

from typing import Any

from slostack import plain_yaml
from slostack.spec import Service, parse_service
from slostack.spec.signal_library import Signal

SERVICE: dict[str, Any] = {
    "service": "shop",
    "description": "Sells things",
    "team": "checkout",
    "scrape": [{"job": "shop"}],
    "probes": [{"name": "health", "path": "/health"}],
    "slos": [
        {
            "name": "availability",
            "description": "A request is answered",
            "objective": 99,
            "sli": {"events": {"bad": "bad_total", "total": "all_total"}},
            "runbook": "shop/burn.md",
        }
    ],
}


def slo_file(signals: dict[str, Any], **more: Any) -> str:
    """The text of an SLO file with these signals and further sections."""
    return plain_yaml.dump({**SERVICE, "signals": signals, **more})


def switched_on(signal: Signal) -> Service:
    """A service that uses a signal as its example does."""
    return parse_service(slo_file({signal.name: signal.example}), "shop.yaml")

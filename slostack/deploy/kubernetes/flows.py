"""The traffic that a stack needs, derived from its settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from slostack.config.topology import split
from slostack.deploy.kubernetes.network import OUTSIDE, Flow
from slostack.deploy.kubernetes.topology import PORTS
from slostack.names import SERVER_JOBS
from slostack.settings import Settings

_HTTPS = 443


def stack_flows(settings: Settings) -> tuple[Flow, ...]:
    """Every flow between the servers, and from them to what is watched and to who is notified."""
    inside = [
        *(Flow("prometheus", server, PORTS[server]) for server in SERVER_JOBS if server != "prometheus"),
        *(Flow("grafana", server, PORTS[server]) for server in SERVER_JOBS if server != "grafana"),
        Flow("loki", "alertmanager", PORTS["alertmanager"]),
        Flow("loki", "prometheus", PORTS["prometheus"]),  # what its ruler counts
    ]
    scraped = [Flow("prometheus", OUTSIDE, port) for port in _target_ports(settings)]
    notified = [Flow("alertmanager", OUTSIDE, port) for port in _receiver_ports(settings)]
    return tuple(sorted({*inside, *scraped, *notified}, key=str))


def _target_ports(settings: Settings) -> set[int]:
    return {split(target)[1] for watched in settings.services.values() for target in watched.targets}


def _receiver_ports(settings: Settings) -> set[int]:
    receivers = settings.receivers
    ports = set()
    if receivers.slack or (receivers.pagerduty and receivers.pagerduty.enabled):
        ports.add(_HTTPS)
    if receivers.email:
        ports.add(split(receivers.email.smarthost)[1])
    if receivers.webhook:
        url = urlsplit(receivers.webhook)
        ports.add(url.port or (_HTTPS if url.scheme == "https" else 80))
    return ports

"""The blackbox exporter's config: how probes ask, by the modules that Prometheus names."""

from __future__ import annotations

import math
from typing import Any

from slostack import names
from slostack.config.document import yaml_text
from slostack.config.topology import Topology
from slostack.settings import Settings, WatchedService, host_port
from slostack.spec import Probe, Service

_BY_IP: dict[str, Any] = {"preferred_ip_protocol": "ip4", "ip_protocol_fallback": True}
_HTTP = {"method": "GET", "follow_redirects": True, **_BY_IP}
MODULES: dict[str, tuple[str, dict[str, Any]]] = {
    "http": ("http_2xx", {"prober": "http", "http": _HTTP}),
    "tls": ("tls_connect", {"prober": "tcp", "tcp": {"tls": True, **_BY_IP}}),
    "tcp": ("tcp_connect", {"prober": "tcp", "tcp": _BY_IP}),
}
"""By the kind of a probe its module: a GET whose last answer, after redirects, is a 2xx one; a handshake; a connection.
A probe that asks more of its answer has one of its own. Exporters come with modules named as the first and the last."""


def probe_module(service: Service, probe: Probe) -> str:
    """The name of a probe's module."""
    return names.probe_job(service.service, probe.name) if probe.limits else MODULES[probe.kind][0]


def probe_target(probe: Probe, watched: WatchedService) -> str | None:
    """What a probe asks, a URL or host:port, by its own address in the settings or by that of all; None without any."""
    address = watched.probes.get(probe.name) or watched.probe
    if address is None:
        return None
    return host_port(address) if probe.path is None else address.rstrip("/") + probe.path


def blackbox_files(services: tuple[Service, ...], settings: Settings, topology: Topology) -> dict[str, str]:
    """blackbox/blackbox.yml; nothing where no blackbox exporter runs."""
    if not topology.blackbox:
        return {}
    modules = dict(MODULES.values())
    for service in services:
        watched = settings.watched.get(service.service)
        if watched and not watched.prober:
            modules |= {probe_module(service, probe): _limited(probe) for probe in service.probes if probe.limits}
    return {"blackbox/blackbox.yml": yaml_text({"modules": modules})}


def _limited(probe: Probe) -> dict[str, Any]:
    """A module of HTTP with what a probe asks of its answer."""
    limits = {
        "valid_status_codes": probe.status and [*probe.status],
        "body_size_limit": probe.body_limit and f"{math.ceil(probe.body_limit.number)}B",
        "fail_if_body_not_matches_regexp": probe.body_has and [probe.body_has],
        "fail_if_body_matches_regexp": probe.body_lacks and [probe.body_lacks],
    }
    return {"prober": "http", "http": {**_HTTP, **{key: value for key, value in limits.items() if value}}}

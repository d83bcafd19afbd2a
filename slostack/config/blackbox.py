"""The blackbox exporter's config: how probes ask."""

from __future__ import annotations

from slostack.config.document import yaml_text
from slostack.config.topology import Topology

PROBE_MODULE = "http_2xx"
"""The module that every probe of an SLO file uses: a GET whose last answer, after redirects, is a 2xx one."""


def blackbox_files(topology: Topology) -> dict[str, str]:
    """blackbox/blackbox.yml; nothing where no blackbox exporter runs."""
    if not topology.blackbox:
        return {}
    http = {"method": "GET", "follow_redirects": True, "preferred_ip_protocol": "ip4", "ip_protocol_fallback": True}
    return {"blackbox/blackbox.yml": yaml_text({"modules": {PROBE_MODULE: {"prober": "http", "http": http}}})}

"""What a blackbox exporter would tell of a simulated service: the demo's services have no addresses to ask."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from prometheus_client.core import GaugeMetricFamily, Metric

from slostack.demo.simulation import Simulation
from slostack.demo.traffic import daily_shape

PROBE_PATH = "/probe"
PHASES = {"resolve": 0.05, "connect": 0.1, "tls": 0.25, "processing": 0.55, "transfer": 0.05}
"""How much of its time a probe spends on what."""
_DOMAIN = ".example"
_DAY = 86400.0


def base_url(service: str) -> str:
    """The made-up address of a service, under a name that nobody can have."""
    return f"https://{service}{_DOMAIN}"


def probed(target: str) -> tuple[str, str]:
    """The service and the path that a probe asks: an empty one by TLS or TCP, whose target is host:port."""
    url = urlsplit(target if "://" in target else f"tls://{target}")
    return (url.hostname or "").removesuffix(_DOMAIN), url.path


def probe_families(service: Simulation, path: str, now: float) -> Iterator[Metric]:
    """The answer to a probe of a path at a Unix time; of an empty one to a handshake."""
    conditions = service.conditions
    reached = conditions.answers and path not in conditions.unreachable
    seconds = conditions.probe_seconds * daily_shape(now)
    yield GaugeMetricFamily("probe_success", "", value=float(reached))
    yield GaugeMetricFamily("probe_duration_seconds", "", value=seconds)
    if path:
        status = 200 if reached else 503 if conditions.answers else 0
        yield GaugeMetricFamily("probe_http_status_code", "", value=status)
        phases = GaugeMetricFamily("probe_http_duration_seconds", "", labels=("phase",))
        for phase, share in PHASES.items():
            phases.add_metric((phase,), seconds * share)
        yield phases
    if conditions.answers:
        expiry = now // _DAY * _DAY + conditions.certificate_days * _DAY
        yield GaugeMetricFamily("probe_ssl_earliest_cert_expiry", "", value=expiry)

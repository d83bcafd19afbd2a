"""What Prometheus finds by asking the cluster's API: pods, the labels of their series, and how they are scraped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slostack.config.grafana import SCRAPER, SCRAPERS_PASSWORD
from slostack.config.topology import Topology
from slostack.settings import Pods, Settings, WatchedService
from slostack.spec import Service

CA_FOLDER = "ca"
"""Below Prometheus' config: the certificates that sign those of the watched services."""

_POD = "__meta_kubernetes_pod_"
_ANNOTATION = f"{_POD}annotation_prometheus_io_"
_INSTANCE = {"node-exporter": f"{_POD}node_name", "alloy": f"{_POD}node_name"}
"""What an instance is called where its pod's name says less: it is all there is of its kind on the node."""
_HONOR_LABELS = ("kube-state-metrics",)
"""Those whose series have labels of what they are about: its namespace, its pod."""


def stack_jobs(topology: Topology) -> Iterator[dict[str, Any]]:
    """The scrape jobs of the stack's own servers whose pods come and go. One whose image can't be had is pending for
    good: it is scraped in vain, so that an alert tells."""
    for server, pods in topology.discovered.items():
        honor = {"honor_labels": True} if server in _HONOR_LABELS else {}
        instance = {"source_labels": [_INSTANCE.get(server, f"{_POD}name")], "target_label": "instance"}
        log_in = own_log_in(server, topology)
        yield {"job_name": server, **honor, **log_in, **_found(pods, [instance], "Pending|Running")}


def own_log_in(server: str, topology: Topology) -> dict[str, Any]:
    """What one of the stack's own servers wants to see before it shows its metrics: Grafana, the only one that is
    reached from outside, its scraper's password."""
    if server != "grafana":
        return {}
    password = f"{topology.prometheus.secrets}/{SCRAPERS_PASSWORD}"
    return {"basic_auth": {"username": SCRAPER, "password_file": password}, "follow_redirects": False}


def service_targets(watched: WatchedService) -> dict[str, Any]:
    """Where a service's job scrapes: its targets, or its pods with the labels `namespace`, `pod` and `instance`."""
    if not watched.pods:
        return {"static_configs": [{"targets": list(watched.targets)}]}
    labels = [
        {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
        {"source_labels": [f"{_POD}name"], "target_label": "pod"},
        {"source_labels": [f"{_POD}name"], "target_label": "instance"},
    ]
    return _found(watched.pods, labels)


def credentials(service: str, job: str, watched: WatchedService, topology: Topology) -> dict[str, Any]:
    """What a job of a service wants to see before it shows its metrics, and what Prometheus wants to see of it. A token
    goes where the settings say and nowhere else: Prometheus would show it to the same host by http if that redirected
    it."""
    place, scraped = topology.prometheus, watched.of_job(job)
    found: dict[str, Any] = {}
    if scraped.token:
        found["authorization"] = {"credentials_file": f"{place.secrets}/scrape-token-{service}"}
        found["follow_redirects"] = False
    tls = {}
    if scraped.ca:
        own = job in watched.jobs and watched.jobs[job].ca
        tls["ca_file"] = f"{place.config}/{CA_FOLDER}/{_ca_file(service, job if own else None)}"
    if scraped.client_certificate:
        tls["cert_file"] = f"{place.secrets}/scrape-certificate-{service}"
        tls["key_file"] = f"{place.secrets}/scrape-key-{service}"
    if scraped.server_name:
        tls["server_name"] = scraped.server_name
    return {**found, "tls_config": tls} if tls else found


def ca_files(services: tuple[Service, ...], settings: Settings) -> dict[str, str]:
    """The certificates that the jobs of services name, by their path in the bundle."""
    found: dict[str, str | None] = {}
    for service in services:
        if watched := settings.watched.get(service.service):
            of_jobs = {_ca_file(service.service, job): said.ca for job, said in watched.jobs.items()}
            found |= {_ca_file(service.service): watched.ca, **of_jobs}
    return {f"prometheus/{CA_FOLDER}/{name}": ca for name, ca in found.items() if ca}


def _ca_file(service: str, job: str | None = None) -> str:
    """The name of the file with the certificates that sign a service's, or those that sign one job's alone."""
    return f"{service}.{job}.pem" if job else f"{service}.pem"


def _found(pods: Pods, labels: list[dict[str, Any]], phases: str = "Running") -> dict[str, Any]:
    """The pods of one namespace in some phases, by labels or annotations; each scraped at its one port."""
    selector = ",".join(f"{name}={value}" for name, value in sorted(pods.labels.items()))
    selectors = {"selectors": [{"role": "pod", "label": selector}]} if selector else {}
    return {
        "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": [pods.namespace]}, **selectors}],
        "relabel_configs": [
            {"action": "keep", "source_labels": [f"{_POD}phase"], "regex": phases},
            *(_annotated() if pods.annotated else _port(pods.port)),
            *labels,
        ],
    }


def _annotated() -> Iterator[dict[str, Any]]:
    yield {"action": "keep", "source_labels": [f"{_ANNOTATION}scrape"], "regex": "true"}
    yield {"action": "keep", "source_labels": [f"{_ANNOTATION}port"], "regex": "[0-9]+"}
    yield {
        "source_labels": [f"{_ANNOTATION}path"],
        "regex": "(/.*)",
        "target_label": "__metrics_path__",
    }
    yield from _address(f"{_ANNOTATION}port")


def _port(port: int | str | None) -> Iterator[dict[str, Any]]:
    """A number needs no declared port; a name is that of a declared one, whose address is there already."""
    if isinstance(port, int):
        yield {"target_label": "__tmp_port", "replacement": str(port)}
        yield from _address("__tmp_port")
    else:
        yield {"action": "keep", "source_labels": [f"{_POD}container_port_name"], "regex": port}


def _address(port: str) -> Iterator[dict[str, Any]]:
    """The pod's address with the port that a label has, whichever ports its containers declare."""
    for address, replacement in (("[0-9.]+", "$1:$2"), (".*:.*", "[$1]:$2")):
        yield {
            "source_labels": [f"{_POD}ip", port],
            "regex": f"({address});([0-9]+)",
            "target_label": "__address__",
            "replacement": replacement,
        }

"""Prometheus' config: what it scrapes, evaluates and keeps, and where it sends alerts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slostack import names
from slostack.config.blackbox import probe_module, probe_target
from slostack.config.discovery import ca_files, credentials, own_log_in, service_targets, stack_jobs
from slostack.config.document import yaml_text
from slostack.config.exporters import exporter_jobs, played_jobs
from slostack.config.kubelets import kubelet_jobs
from slostack.config.topology import Place, Topology
from slostack.settings import Settings, WatchedService, mebibytes
from slostack.spec import Duration, Probe, Scrape, Service

OWN_INTERVAL = Duration(30)
"""Between scrapes of the stack's own servers."""
SHARE_OF_STORAGE = 0.8
"""How much of the storage blocks may fill; the rest is for the write-ahead log and for compaction."""

REMOTE_WRITE_FLAG = "--web.enable-remote-write-receiver"
"""Has Prometheus take what Loki counts; it would otherwise be refused."""
EXEMPLARS_FLAG = "--enable-feature=exemplar-storage"
"""Has Prometheus keep the traces that histograms name, for the dots on latency panels."""
FOR_STATE_FLAG = "--rules.alert.for-grace-period=1m"
"""Has Prometheus go on, after a restart, with alerts whose `for` is this long or longer. By default it would begin anew
those of less than ten minutes, and Alertmanager, which hears of them no more, would tell that they ended."""
REMOTE_WRITE_PATH = "/api/v1/write"


def prometheus_files(services: tuple[Service, ...], settings: Settings, topology: Topology) -> dict[str, str]:
    """prometheus/prometheus.yml: what every server and every service is asked, as settings and topology say; with the
    certificates that it names."""
    of_stack = [*_own_jobs(topology), *stack_jobs(topology), *kubelet_jobs(settings, topology)]
    of_services = [*_service_jobs(services, settings, topology), *played_jobs(services, settings)]
    jobs = [*of_stack, *of_services, *exporter_jobs(settings, topology)]
    document = {
        "global": {
            "scrape_interval": str(OWN_INTERVAL),
            "scrape_timeout": "10s",
            "evaluation_interval": str(names.EVALUATION_INTERVAL),
            "external_labels": _external_labels(settings, topology),
        },
        "storage": {"tsdb": {"retention": _retention(settings)}},
        "rule_files": ["rules/*.yaml"],
        "alerting": _alerting(topology),
        **({"remote_write": list(_remote_write(settings, topology))} if settings.prometheus.remote_write else {}),
        "scrape_configs": jobs,
    }
    return {"prometheus/prometheus.yml": yaml_text(document), **ca_files(services, settings)}


def _external_labels(settings: Settings, topology: Topology) -> dict[str, str]:
    cluster = {names.CLUSTER: settings.kubernetes.cluster} if settings.kubernetes.cluster else {}
    replica = {names.REPLICA: topology.replica} if topology.replica else {}
    return {"environment": settings.environment, **cluster, **replica}


def _alerting(topology: Topology) -> dict[str, Any]:
    """Every alert to every Alertmanager, and the same from each replica: they tell one alert from another by labels."""
    return {
        "alert_relabel_configs": [{"action": "labeldrop", "regex": names.REPLICA}],
        "alertmanagers": [{"static_configs": [{"targets": list(topology.alertmanager.addresses)}]}],
    }


def _remote_write(settings: Settings, topology: Topology) -> Iterator[dict[str, Any]]:
    for name, remote in sorted(settings.prometheus.remote_write.items()):
        secret = f"{topology.prometheus.secrets}/{remote_write_file(name)}"
        log_in = {"basic_auth": {"username": remote.username, "password_file": secret}} if remote.username else {}
        yield {
            "name": name,
            "url": remote.url,
            **({"headers": {"X-Scope-OrgID": remote.tenant}} if remote.tenant else {}),
            **({"authorization": {"credentials_file": secret}} if remote.token else log_in),
            "write_relabel_configs": [
                {"source_labels": [names.REPLICA], "target_label": remote.replica_label},
                {"action": "labeldrop", "regex": names.REPLICA},
            ],
        }


def remote_write_file(name: str) -> str:
    """The name of the file with the token, or the password, of what gets every sample."""
    return f"remote-write-token-{name}"


def _retention(settings: Settings) -> dict[str, str]:
    size = int(mebibytes(settings.prometheus.storage) * SHARE_OF_STORAGE)
    return {"time": str(settings.prometheus.retention), "size": f"{size}MiB"}


def _own_jobs(topology: Topology) -> Iterator[dict[str, Any]]:
    places: tuple[Place | None, ...] = (topology.prometheus, topology.alertmanager, topology.loki, topology.grafana)
    for name, place in zip(names.SERVER_JOBS, places, strict=True):
        if place and name not in topology.discovered:
            yield {**_static_job(name, place.addresses), **own_log_in(name, topology)}
    if thanos := topology.thanos:
        yield _static_job("thanos-sidecar", thanos.sidecars)
        yield _static_job("thanos-store", thanos.store.addresses)
        yield _static_job("thanos-compactor", thanos.compactor.addresses)


def _static_job(name: str, addresses: tuple[str, ...]) -> dict[str, Any]:
    return {"job_name": name, "static_configs": [{"targets": list(addresses)}]}


def _service_jobs(services: tuple[Service, ...], settings: Settings, topology: Topology) -> Iterator[dict[str, Any]]:
    for service in services:
        watched = settings.watched.get(service.service)
        if watched is None:
            continue
        for scrape in service.scrape:
            yield _scrape_job(service, scrape, watched, topology)
        prober = watched.prober or (topology.blackbox.address if topology.blackbox else None)
        for probe in service.probes:
            if prober and (target := probe_target(probe, watched)):
                yield _probe_job(service, probe, target, prober)


def _scrape_job(service: Service, scrape: Scrape, watched: WatchedService, topology: Topology) -> dict[str, Any]:
    scraped = watched.of_job(scrape.job)
    return {
        "job_name": scrape.job,
        "scrape_interval": str(scrape.interval),
        "scrape_timeout": str(scrape.timeout),
        "metrics_path": f"{scraped.base_path}{scrape.path}",
        "scheme": scraped.scheme,
        **({"honor_labels": True} if scraped.honor_labels else {}),
        **credentials(service.service, scrape.job, watched, topology),
        **service_targets(scraped),
    }


def _probe_job(service: Service, probe: Probe, target: str, blackbox: str) -> dict[str, Any]:
    return {
        "job_name": names.probe_job(service.service, probe.name),
        "scrape_interval": str(probe.interval),
        "scrape_timeout": str(probe.timeout),
        "metrics_path": "/probe",
        "params": {"module": [probe_module(service, probe)]},
        "static_configs": [{"targets": [target]}],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": blackbox},
        ],
    }

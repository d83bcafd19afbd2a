"""The exporters of what services need that is managed elsewhere: one of each service and need, how it is scraped, and
the files that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from slostack.config.document import yaml_text
from slostack.config.topology import Place, Topology
from slostack.settings import Needed, NeededJson, NeededPostgres, NeededRds, NeededRedis, Settings
from slostack.spec import Service
from slostack.spec.needs import need_job

PROGRAMS = {
    "postgres": "postgres-exporter",
    "redis": "redis-exporter",
    "rds": "cloudwatch-exporter",
    "json": "json-exporter",
}
"""What runs for each need."""
CA_FILE, CONFIG_FILE = "ca.pem", "config.yml"
SECRET_FILES = {"postgres": "password", "redis": "passwords.json", "rds": "credentials", "json": "token"}
CLOUDWATCH_SECONDS = 300
"""How often CloudWatch is asked, which has a value every five minutes and is paid by the question."""
_RDS_METRICS = ("CPUUtilization", "FreeStorageSpace", "FreeableMemory", "DatabaseConnections")


@dataclass(frozen=True)
class Exporter:
    """One exporter: of which service's need it is, and the facts about that."""

    service: str
    need: str
    facts: Needed

    @property
    def server(self) -> str:
        """Its name in the cluster."""
        return f"{PROGRAMS[self.need]}-{self.service}"

    @property
    def job(self) -> str:
        """Its scrape job."""
        return need_job(self.service, self.need)

    @property
    def instance(self) -> str:
        """What it looks at, as the label `instance` has it: its pods come and go."""
        match self.facts:
            case NeededPostgres() | NeededRedis():
                return self.facts.host
            case NeededRds():
                return self.facts.instance
            case NeededJson():
                return self.facts.url


def exporters(settings: Settings) -> tuple[Exporter, ...]:
    """Those that a stack's settings call for."""
    return tuple(
        Exporter(service, need, facts)
        for service, watched in sorted(settings.services.items())
        for need, facts in watched.needs.all.items()
    )


def exporter_jobs(settings: Settings, topology: Topology) -> Iterator[dict[str, Any]]:
    """How Prometheus scrapes them. What CloudWatch says is minutes old: at the time that it is of, a query for the
    present would find nothing."""
    for exporter in exporters(settings):
        place = topology.exporters.get(exporter.server)
        if place is None:
            continue
        job: dict[str, Any] = {"job_name": exporter.job}
        if isinstance(exporter.facts, NeededRds):
            job |= {"scrape_interval": "1m", "honor_timestamps": False}
        if isinstance(exporter.facts, NeededJson):
            params = {"module": [exporter.service], "target": [exporter.facts.url]}
            job |= {"scrape_interval": "1m", "metrics_path": "/probe", "params": params}
        yield {
            **job,
            "static_configs": [{"targets": [place.address]}],
            "relabel_configs": [{"target_label": "instance", "replacement": exporter.instance}],
        }


def played_jobs(services: Iterable[Service], settings: Settings) -> Iterator[dict[str, Any]]:
    """How Prometheus scrapes the demo workload, which answers in place of the exporters of the services it plays."""
    for service in services:
        if played := settings.played.get(service.service):
            for need in service.needs:
                yield {
                    "job_name": need_job(service.service, need),
                    "metrics_path": f"{played.base_path}/{need}/metrics",
                    "static_configs": [{"targets": list(played.targets)}],
                }


def exporter_files(services: tuple[Service, ...], settings: Settings, topology: Topology) -> dict[str, str]:
    """What they read, by its path in the bundle."""
    metrics = {service.service: service.json_metrics for service in services}
    files: dict[str, str] = {}
    for exporter in exporters(settings):
        place = topology.exporters.get(exporter.server)
        if place is None:
            continue
        match exporter.facts:
            case NeededPostgres(ca=str(ca)) | NeededRedis(ca=str(ca)):
                files[f"{exporter.server}/{CA_FILE}"] = ca
            case NeededRds() as rds:
                files[f"{exporter.server}/{CONFIG_FILE}"] = yaml_text(_cloudwatch(exporter.service, rds))
            case NeededJson() as endpoint:
                found = [_metric(each.model_dump(exclude_none=True)) for each in metrics.get(exporter.service, ())]
                module = {"metrics": found, **_token(endpoint, place)}
                files[f"{exporter.server}/{CONFIG_FILE}"] = yaml_text({"modules": {exporter.service: module}})
    return files


def _cloudwatch(service: str, rds: NeededRds) -> dict[str, Any]:
    """With CloudWatch's own times, without which what has no value would be NaN."""
    metric = {"statistics": ["Average"], "period": CLOUDWATCH_SECONDS, "length": 2 * CLOUDWATCH_SECONDS}
    job = {
        "name": service,
        "namespace": "AWS/RDS",
        "regions": [rds.region],
        "dimensions": [{"name": "DBInstanceIdentifier", "value": rds.instance}],
        "metrics": [{"name": name, **metric, "addCloudwatchTimestamp": True} for name in _RDS_METRICS],
    }
    return {"apiVersion": "v1alpha1", "sts-region": rds.region, "static": [job]}


def _metric(metric: dict[str, Any]) -> dict[str, Any]:
    kind = metric.pop("type")
    return {"help": metric["name"], **metric, "type": "value", "valuetype": kind}


def _token(endpoint: NeededJson, place: Place) -> dict[str, Any]:
    if not endpoint.token:
        return {}
    file = f"{place.secrets}/{SECRET_FILES['json']}"
    return {"http_client_config": {"authorization": {"type": "Bearer", "credentials_file": file}}}

"""What the operator's Prometheus scrapes: a ScrapeConfig per job of a service, a Probe per probe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slostack import names, plain_yaml
from slostack.bundle import Bundle
from slostack.config.blackbox import probe_module, probe_target
from slostack.config.discovery import CA_FOLDER
from slostack.deploy.kubernetes.labels import STACK
from slostack.deploy.operator.manifest import Manifest, camel_case, config_map, manifest
from slostack.deploy.operator.secrets import selector
from slostack.settings import Settings
from slostack.spec import Service

_CA = f"{STACK}-ca"


def scrape_configs(bundle: Bundle, services: tuple[Service, ...], settings: Settings) -> Iterator[Manifest]:
    """A ScrapeConfig for each job of the services in Prometheus' config, and the ConfigMap with their certificates."""
    of_services = {scrape.job for service in services for scrape in service.scrape}
    for job in plain_yaml.load(bundle.files["prometheus/prometheus.yml"])["scrape_configs"]:
        if job["job_name"] in of_services and job.get("static_configs") != [{"targets": []}]:
            name = f"{STACK}-{job['job_name'].lower().replace('_', '-')}"
            yield manifest("monitoring.coreos.com/v1alpha1", "ScrapeConfig", name, settings, spec=_spec(job))
    if certificates := bundle.below(f"prometheus/{CA_FOLDER}"):
        yield config_map(_CA, settings, certificates, {})


def probes(services: tuple[Service, ...], settings: Settings) -> Iterator[Manifest]:
    """A Probe for each probe of the SLO files that has an address, by the cluster's blackbox exporter."""
    for service in services:
        watched = settings.services.get(service.service)
        if not watched:
            continue
        for probe in service.probes:
            if not (target := probe_target(probe, watched)):
                continue
            spec = {
                "jobName": names.probe_job(service.service, probe.name),
                "interval": str(probe.interval),
                "scrapeTimeout": str(probe.timeout),
                "module": probe_module(service, probe),
                "prober": {"url": watched.prober or settings.operator.prober},
                "targets": {"staticConfig": {"static": [target]}},
            }
            name = f"{STACK}-{service.service}-{probe.name}"
            yield manifest("monitoring.coreos.com/v1", "Probe", name, settings, spec=spec)


def _spec(job: Mapping[str, Any]) -> dict[str, Any]:
    """A job of Prometheus' config as a ScrapeConfig says it: the same targets, labels and credentials."""
    spec: dict[str, Any] = {
        "jobName": job["job_name"],
        "scrapeInterval": job["scrape_interval"],
        "scrapeTimeout": job["scrape_timeout"],
        "metricsPath": job["metrics_path"],
        "scheme": job["scheme"].upper(),
    }
    if "honor_labels" in job:
        spec["honorLabels"] = True
    if "authorization" in job:
        spec["authorization"] = {"credentials": selector("prometheus", job["authorization"]["credentials_file"])}
    if "tls_config" in job:
        spec["tlsConfig"] = _tls(job["tls_config"])
    if "static_configs" in job:
        spec["staticConfigs"] = job["static_configs"]
    if "kubernetes_sd_configs" in job:
        spec["kubernetesSDConfigs"] = [_discovery(each) for each in job["kubernetes_sd_configs"]]
        spec["relabelings"] = [{camel_case(k): v for k, v in each.items()} for each in job["relabel_configs"]]
    return spec


def _tls(config: Mapping[str, str]) -> dict[str, Any]:
    tls: dict[str, Any] = {}
    if "ca_file" in config:
        tls["ca"] = {"configMap": {"name": _CA, "key": config["ca_file"].rpartition("/")[2]}}
    if "cert_file" in config:
        tls["cert"] = {"secret": selector("prometheus", config["cert_file"])}
        tls["keySecret"] = selector("prometheus", config["key_file"])
    if "server_name" in config:
        tls["serverName"] = config["server_name"]
    return tls


def _discovery(config: Mapping[str, Any]) -> dict[str, Any]:
    found = {**config, "role": config["role"].capitalize()}
    if "selectors" in config:
        found["selectors"] = [{**each, "role": each["role"].capitalize()} for each in config["selectors"]]
    return found

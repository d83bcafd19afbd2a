"""What Prometheus scrapes of a cluster's pods, and how it shows who it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml, promtool
from slostack.bundle import Bundle
from slostack.config import config_files
from slostack.config.discovery import stack_jobs
from slostack.config.topology import Topology
from slostack.deploy.kubernetes import kubernetes_topology
from slostack.deploy.local.stack import warn_of_missing_targets
from slostack.deploy.operator.scrapes import scrape_configs
from slostack.deploy.secrets import secrets_in_use
from slostack.settings import Pods, parse_settings
from slostack.spec import Service, SpecError
from tests.certificate import CERTIFICATE
from tests.unit.config.conftest import CONFIG

PHASE = "__meta_kubernetes_pod_phase"
BY_LABELS = {"namespace": "shop", "labels": {"app": "shop", "tier": "web"}, "port": 9464}


@pytest.fixture
def scraped(services: tuple[Service, ...], topology: Topology, tmp_path: Path) -> Any:
    """The files of the bundle, and the scrape job of a service, when it is watched so; promtool has taken them."""

    def files(**watched: Any) -> tuple[dict[str, str], dict[str, Any]]:
        settings = parse_settings({**CONFIG, "services": {"shop": watched}}, "test")
        found = config_files(services, settings, topology)
        (tmp_path / "prometheus.yml").write_text(found["prometheus/prometheus.yml"])
        promtool.check_config_syntax(tmp_path / "prometheus.yml")
        jobs = plain_yaml.load(found["prometheus/prometheus.yml"])["scrape_configs"]
        (job,) = (each for each in jobs if each["job_name"] == "shop")
        return found, job

    return files


def test_pods_are_found_by_their_labels_in_their_namespace_alone(scraped: Any) -> None:
    _, job = scraped(pods=BY_LABELS)
    assert "static_configs" not in job
    (found,) = job["kubernetes_sd_configs"]
    assert found == {
        "role": "pod",
        "namespaces": {"names": ["shop"]},
        "selectors": [{"role": "pod", "label": "app=shop,tier=web"}],
    }
    labels = [rule["target_label"] for rule in job["relabel_configs"] if not rule.get("action")]
    assert labels == ["__tmp_port", "__address__", "__address__", "namespace", "pod", "instance"]
    assert "job" not in labels, "it is the SLO file's"


def test_pods_are_scraped_at_a_number_or_at_a_named_port(scraped: Any) -> None:
    _, numbered = scraped(pods=BY_LABELS)
    assert {"target_label": "__tmp_port", "replacement": "9464"} in numbered["relabel_configs"]
    _, named = scraped(pods={**BY_LABELS, "port": "metrics"})
    source = ["__meta_kubernetes_pod_container_port_name"]
    assert {"action": "keep", "source_labels": source, "regex": "metrics"} in named["relabel_configs"]


def test_annotated_pods_say_themselves_whether_and_where(scraped: Any) -> None:
    _, job = scraped(pods={"namespace": "shop", "annotated": True})
    assert job["kubernetes_sd_configs"] == [{"role": "pod", "namespaces": {"names": ["shop"]}}]
    annotation = "__meta_kubernetes_pod_annotation_prometheus_io_"
    kept = {rule["source_labels"][0]: rule["regex"] for rule in job["relabel_configs"] if rule.get("action") == "keep"}
    assert kept == {
        PHASE: "Running",
        f"{annotation}scrape": "true",
        f"{annotation}port": "[0-9]+",
    }
    path = {"source_labels": [f"{annotation}path"], "regex": "(/.*)", "target_label": "__metrics_path__"}
    assert path in job["relabel_configs"]


def test_a_pod_of_the_stack_that_never_runs_is_scraped_in_vain_and_one_of_a_service_is_not(scraped: Any) -> None:
    _, job = scraped(pods=BY_LABELS)
    assert {"action": "keep", "source_labels": [PHASE], "regex": "Running"} in job["relabel_configs"]
    settings = parse_settings({**CONFIG, "delivery": "kubernetes"}, "test")
    own = {each["job_name"]: each["relabel_configs"] for each in stack_jobs(kubernetes_topology(settings))}
    assert {"grafana", "alloy", "kube-state-metrics", "node-exporter"} <= set(own)
    kept = {"action": "keep", "source_labels": [PHASE], "regex": "Pending|Running"}
    assert all(kept in relabelling for relabelling in own.values())


def test_what_is_outside_is_scraped_by_https_with_a_client_certificate_and_its_own_authority(
    scraped: Any, topology: Topology
) -> None:
    place = topology.prometheus
    files, job = scraped(
        targets=["shop.example:443"],
        scheme="https",
        token=True,
        clientCertificate=True,
        ca=CERTIFICATE,
        serverName="shop.internal",
    )
    assert job["scheme"] == "https"
    assert job["authorization"] == {"credentials_file": f"{place.secrets}/scrape-token-shop"}
    assert job["follow_redirects"] is False, "the token would be shown to the same host by http"
    assert job["tls_config"] == {
        "ca_file": f"{place.config}/ca/shop.pem",
        "cert_file": f"{place.secrets}/scrape-certificate-shop",
        "key_file": f"{place.secrets}/scrape-key-shop",
        "server_name": "shop.internal",
    }
    assert files["prometheus/ca/shop.pem"] == CERTIFICATE


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_token_needs_no_https_where_it_stays_on_the_machine(scraped: Any, host: str) -> None:
    _, job = scraped(targets=[f"{host}:8080"], token=True)
    assert (job["scheme"], "authorization" in job) == ("http", True)


@pytest.mark.parametrize("host", ["127.0.0.1.acme.example", "localhost.acme.example", "10.127.0.1", "[fd00::1]"])
def test_a_token_needs_https_wherever_it_leaves_the_machine(scraped: Any, host: str) -> None:
    with pytest.raises(
        SpecError, match=r"slostack:services\.shop\.token: `token` with scheme http, expected scheme: h"
    ):
        scraped(targets=["localhost:8080", f"{host}:8080"], token=True)


def test_without_credentials_none_are_shown(scraped: Any) -> None:
    files, job = scraped(targets=["shop.example:80"])
    assert not {"authorization", "follow_redirects", "tls_config"} & set(job)
    assert not [path for path in files if path.startswith("prometheus/ca/")]


BY_HTTPS = {
    "targets": ["shop-1:443", "shop-2:443"],
    "scheme": "https",
    "token": True,
    "clientCertificate": True,
    "ca": CERTIFICATE,
    "serverName": "shop.internal",
    "basePath": "/shop",
    "honorLabels": True,
}
SHOWN = {"authorization", "tls_config", "follow_redirects"}


@pytest.mark.parametrize(
    ("said", "expected", "shown"),
    [
        ({}, {"targets": ["shop-1:443", "shop-2:443"], "scheme": "https", "path": "/shop/worker/metrics"}, SHOWN),
        ({"port": 9464}, {"targets": ["shop-1:9464", "shop-2:9464"], "scheme": "https"}, SHOWN),
        ({"targets": ["worker:443"], "token": False}, {"targets": ["worker:443"], "scheme": "https"}, {"tls_config"}),
        ({"targets": ["worker:80"], "scheme": "http"}, {"targets": ["worker:80"], "scheme": "http"}, set()),
        ({"targets": ["a:1"], "basePath": "/b"}, {"targets": ["a:1"], "path": "/b/worker/metrics"}, SHOWN),
        ({"honorLabels": False, "basePath": "/b"}, {"honor": False, "path": "/b/worker/metrics"}, SHOWN),
    ],
)  # fmt: skip
def test_a_job_is_scraped_as_its_service_but_for_what_is_said_of_it(
    scraped: Any, services: tuple[Service, ...], said: dict[str, Any], expected: dict[str, Any], shown: set[str]
) -> None:
    watched = {**BY_HTTPS, "jobs": {"shop-worker": said}}
    files, of_shop = scraped(**watched)
    assert of_shop["static_configs"] == [{"targets": ["shop-1:443", "shop-2:443"]}]
    assert set(of_shop) > SHOWN
    jobs = plain_yaml.load(files["prometheus/prometheus.yml"])["scrape_configs"]
    (job,) = (each for each in jobs if each["job_name"] == "shop-worker")
    found = {
        "targets": job["static_configs"][0]["targets"],
        "scheme": job["scheme"],
        "path": job["metrics_path"],
        "honor": job.get("honor_labels", False),
    }
    assert found == {**found, "path": "/worker/metrics", "honor": True, **expected}
    assert set(job) & SHOWN == shown
    settings = parse_settings({**CONFIG, "services": {"shop": watched}}, "test")
    manifests = scrape_configs(Bundle(files), services, settings)
    specs = {each["spec"]["jobName"]: each["spec"] for each in manifests if each["kind"] == "ScrapeConfig"}
    assert specs["shop-worker"]["staticConfigs"] == [{"targets": found["targets"]}]
    assert specs["shop-worker"]["scheme"] == found["scheme"].upper()


def test_a_job_may_be_another_port_of_the_pods_or_pods_of_its_own(scraped: Any) -> None:
    for said, port, selector in (
        ({"port": 9187}, "9187", "app=shop,tier=web"),
        ({"pods": {**BY_LABELS, "labels": {"app": "pg"}}}, "9464", "app=pg"),
    ):
        files, _ = scraped(pods=BY_LABELS, jobs={"shop-worker": said})
        jobs = plain_yaml.load(files["prometheus/prometheus.yml"])["scrape_configs"]
        (job,) = (each for each in jobs if each["job_name"] == "shop-worker")
        assert job["kubernetes_sd_configs"][0]["selectors"] == [{"role": "pod", "label": selector}]
        assert {"target_label": "__tmp_port", "replacement": port} in job["relabel_configs"]


def test_a_job_may_have_an_authority_and_want_a_token_that_its_service_does_not(scraped: Any) -> None:
    own = {"targets": ["worker:443"], "scheme": "https", "token": True, "ca": CERTIFICATE}
    files, of_shop = scraped(targets=["shop:80"], jobs={"shop-worker": own})
    assert not SHOWN & set(of_shop)
    jobs = plain_yaml.load(files["prometheus/prometheus.yml"])["scrape_configs"]
    (job,) = (each for each in jobs if each["job_name"] == "shop-worker")
    assert job["tls_config"]["ca_file"].endswith("/ca/shop.shop-worker.pem")
    assert files["prometheus/ca/shop.shop-worker.pem"] == CERTIFICATE
    watched = {"shop": {"targets": ["shop:80"], "jobs": {"shop-worker": own}}}
    settings = parse_settings({**CONFIG, "services": watched}, "test")
    assert "scrapeToken-shop" in {secret.key for secret in secrets_in_use(settings)}


@pytest.mark.parametrize(
    ("watched", "said"),
    [
        ({}, "shop has no targets, so nothing of it is scraped"),
        ({"targets": ["shop:80"]}, None),
        ({"jobs": {"shop": {"targets": ["shop:80"]}}}, "shop has no targets, so shop-worker isn't scraped"),
        ({"jobs": {"shop": {"targets": ["shop:80"]}, "shop-worker": {"targets": ["shop:81"]}}}, None),
    ],
)
def test_jobs_without_targets_are_named_on_this_machine(
    services: tuple[Service, ...], watched: dict[str, Any], said: str | None
) -> None:
    told: list[str] = []
    settings = parse_settings({**CONFIG, "services": {"shop": watched, "attic": {"targets": ["attic:80"]}}}, "test")
    warn_of_missing_targets(services, settings, told.append)
    assert [each.partition(";")[0] for each in told] == ([said] if said else [])


def test_servers_whose_pods_are_discovered_have_no_address(services: tuple[Service, ...], topology: Topology) -> None:
    found = {
        server: Pods(namespace="stack", labels={"name": server}, port="http")
        for server in ("grafana", "kube-state-metrics", "node-exporter")
    }
    files = config_files(services, parse_settings(CONFIG, "test"), replace(topology, discovered=found))
    jobs = {job["job_name"]: job for job in plain_yaml.load(files["prometheus/prometheus.yml"])["scrape_configs"]}
    assert not any("static_configs" in jobs[server] for server in found)
    assert jobs["kube-state-metrics"]["honor_labels"] is True
    instance = {server: jobs[server]["relabel_configs"][-1]["source_labels"] for server in found}
    assert instance["grafana"] == ["__meta_kubernetes_pod_name"]
    assert instance["node-exporter"] == ["__meta_kubernetes_pod_node_name"]

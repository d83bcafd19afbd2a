from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml, promtool
from slostack.config import Topology, config_files
from slostack.settings import Settings, parse_settings
from slostack.spec import Service
from tests.unit.config.conftest import CONFIG

FILE = "prometheus/prometheus.yml"
Services = tuple[Service, ...]


def config(services: Services, settings: Settings, topology: Topology) -> Any:
    return plain_yaml.load(config_files(services, settings, topology)[FILE])


def jobs(services: Services, settings: Settings, topology: Topology) -> dict[str, Any]:
    return {job["job_name"]: job for job in config(services, settings, topology)["scrape_configs"]}


def test_promtool_accepts_it(services: Services, settings: Settings, topology: Topology, tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.parent.mkdir()
    file.write_text(config_files(services, settings, topology)[FILE])
    secrets = Path(topology.prometheus.secrets)
    secrets.mkdir()
    (secrets / "scrape-token-shop").write_text("token")
    promtool.check_config(file)


def test_retention_is_in_the_file_and_leaves_room_in_the_storage(
    services: Services, settings: Settings, topology: Topology
) -> None:
    retention = config(services, settings, topology)["storage"]["tsdb"]["retention"]
    assert retention == {"time": "35d", "size": "8192MiB"}


def test_rules_alertmanagers_and_environment(services: Services, settings: Settings, topology: Topology) -> None:
    document = config(services, settings, topology)
    assert document["rule_files"] == ["rules/*.yaml"]
    targets = document["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert targets == ["alertmanager-0:8080", "alertmanager-1:8080"]
    assert document["global"]["external_labels"] == {"environment": "test"}
    assert document["alerting"]["alert_relabel_configs"] == [{"action": "labeldrop", "regex": "prometheus_replica"}]
    assert document["global"]["evaluation_interval"] == "30s"


def test_replicas_are_told_apart_by_a_label(services: Services, settings: Settings, topology: Topology) -> None:
    document = config(services, settings, replace(topology, replica="${POD_NAME}"))
    assert document["global"]["external_labels"] == {"environment": "test", "prometheus_replica": "${POD_NAME}"}


def test_every_scrape_of_a_watched_service_is_a_job(services: Services, settings: Settings, topology: Topology) -> None:
    found = jobs(services, settings, topology)
    assert found["shop"] == {
        "job_name": "shop",
        "scrape_interval": "30s",
        "scrape_timeout": "5s",
        "metrics_path": "/metrics",
        "scheme": "https",
        "authorization": {"credentials_file": f"{topology.prometheus.secrets}/scrape-token-shop"},
        "follow_redirects": False,
        "static_configs": [{"targets": ["shop-1:8080", "shop-2:8080"]}],
    }
    assert found["shop-worker"]["metrics_path"] == "/worker/metrics"
    assert "attic" not in found


def test_without_a_token_there_is_no_authorization(services: Services, topology: Topology) -> None:
    settings = parse_settings({**CONFIG, "services": {"shop": {"targets": ["shop:80"]}}}, "test")
    assert "authorization" not in jobs(services, settings, topology)["shop"]


def test_labels_in_the_metrics_are_kept_where_that_is_asked_for(services: Services, topology: Topology) -> None:
    settings = parse_settings({**CONFIG, "services": {"shop": {"targets": ["shop:80"], "honorLabels": True}}}, "test")
    assert jobs(services, settings, topology)["shop"]["honor_labels"] is True


def test_the_stack_watches_itself(services: Services, settings: Settings, topology: Topology) -> None:
    found = jobs(services, settings, topology)
    assert {"prometheus", "alertmanager", "loki", "grafana"} <= set(found)
    assert found["loki"]["static_configs"] == [{"targets": ["loki-0:8080", "loki-1:8080"]}]
    assert "grafana" not in jobs(services, settings, replace(topology, grafana=None))


@pytest.mark.parametrize(
    ("probe", "module", "target"),
    [
        ("health", "http_2xx", "https://shop/health"),
        ("created", "shop/created", "https://shop/orders"),
        ("handshake", "tls_connect", "shop:443"),
        ("database", "tcp_connect", "postgres.example:5432"),
    ],
)
def test_a_probe_asks_by_its_module_and_at_its_own_address_or_at_that_of_all(
    services: Services, settings: Settings, topology: Topology, probe: str, module: str, target: str
) -> None:
    job = jobs(services, settings, topology)[f"shop/{probe}"]
    assert job["params"] == {"module": [module]}
    assert job["static_configs"] == [{"targets": [target]}]


def test_a_probe_without_an_address_is_not_asked(services: Services, topology: Topology) -> None:
    watched = {"targets": ["shop:80"], "probes": {"database": "postgres.example:5432"}}
    settings = parse_settings({**CONFIG, "services": {"shop": watched}}, "test")
    assert {name for name in jobs(services, settings, topology) if name.startswith("shop/")} == {"shop/database"}


def test_probes_go_through_the_blackbox_exporter(services: Services, settings: Settings, topology: Topology) -> None:
    probe = jobs(services, settings, topology)["shop/health"]
    assert probe["static_configs"] == [{"targets": ["https://shop/health"]}]
    assert probe["metrics_path"] == "/probe"
    assert {"target_label": "__address__", "replacement": "blackbox-0:8080"} in probe["relabel_configs"]


def test_without_a_blackbox_exporter_nothing_is_probed(
    services: Services, settings: Settings, topology: Topology
) -> None:
    assert "shop/health" not in jobs(services, settings, replace(topology, blackbox=None))

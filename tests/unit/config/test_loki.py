from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml, promtool
from slostack.config import REPLAY_FLAG, Topology, config_files
from slostack.deploy.local.programs import REPLAY_MEMORY
from slostack.settings import Settings, parse_settings
from slostack.spec import Service
from tests.unit.config.conftest import CONFIG

FILE = "loki/loki.yaml"
Services = tuple[Service, ...]


@pytest.fixture
def document(services: Services, settings: Settings, topology: Topology) -> Any:
    return plain_yaml.load(config_files(services, settings, topology)[FILE])


def test_loki_accepts_it(services: Services, settings: Settings, topology: Topology, tmp_path: Path) -> None:
    file = tmp_path / "loki.yaml"
    file.write_text(config_files(services, settings, topology)[FILE])
    promtool.verify_loki_config(file, f"{REPLAY_FLAG}={REPLAY_MEMORY}")


def test_old_logs_are_deleted(document: Any) -> None:
    limits = document["limits_config"]
    assert {limits["retention_period"], *(each["period"] for each in limits["retention_stream"])} == {"15d"}
    assert document["compactor"]["retention_enabled"] is True
    assert document["compactor"]["delete_request_store"] == "filesystem"


def test_graver_lines_are_kept_for_longer(services: Services, topology: Topology) -> None:
    kept = {"info": "40d", "other": "2d"}
    settings = parse_settings({**CONFIG, "loki": {"retention": kept}}, "test")
    limits = plain_yaml.load(config_files(services, settings, topology)[FILE])["limits_config"]
    assert limits["retention_period"] == "2d"
    assert [(each["selector"], each["period"], each["priority"]) for each in limits["retention_stream"]] == [
        ('{level=~"trace|debug"}', "7d", 1),
        ('{level=~"info"}', "40d", 1),
        ('{level=~"warn"}', "90d", 1),
        ('{level=~"error"}', "90d", 1),
        ('{kind="security"}', "365d", 2),
    ]


def test_its_rules_reach_every_alertmanager(document: Any, topology: Topology) -> None:
    ruler = document["ruler"]
    assert ruler["alertmanager_url"] == "http://alertmanager-0:8080,http://alertmanager-1:8080"
    assert ruler["storage"] == {"type": "local", "local": {"directory": f"{topology.loki.config}/rules"}}


def test_what_its_ruler_counts_goes_to_every_prometheus(document: Any, topology: Topology) -> None:
    ruler = document["ruler"]
    assert ruler["wal"] == {"dir": f"{topology.loki.data}/ruler-wal"}
    assert ruler["remote_write"] == {
        "enabled": True,
        "clients": {
            "prometheus-0": {"url": "http://prometheus-0:8080/api/v1/write"},
            "prometheus-1": {"url": "http://prometheus-1:8080/api/v1/write"},
        },
    }


def test_it_reports_to_nobody(document: Any) -> None:
    assert document["analytics"] == {"reporting_enabled": False}


def test_on_this_machine_it_listens_on_loopback_only(
    services: Services, settings: Settings, topology: Topology
) -> None:
    place = replace(topology.loki, listen="127.0.0.1:3100")
    topology = replace(topology, loki=place, loki_grpc="127.0.0.1:9096")
    server = plain_yaml.load(config_files(services, settings, topology)[FILE])["server"]
    assert (server["http_listen_address"], server["http_listen_port"]) == ("127.0.0.1", 3100)
    assert (server["grpc_listen_address"], server["grpc_listen_port"]) == ("127.0.0.1", 9096)

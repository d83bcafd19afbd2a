from __future__ import annotations

from configparser import RawConfigParser
from dataclasses import replace

import pytest
import yaml

from slostack.config import ALERTMANAGER_UID, LOKI_UID, PROMETHEUS_UID, Topology, config_files
from slostack.settings import Settings
from slostack.spec import Service

Services = tuple[Service, ...]
DATASOURCES = "grafana/provisioning/datasources/slostack.yaml"
DASHBOARDS = "grafana/provisioning/dashboards/slostack.yaml"


@pytest.fixture
def files(services: Services, settings: Settings, topology: Topology) -> dict[str, str]:
    return config_files(services, settings, topology)


@pytest.fixture
def ini(files: dict[str, str]) -> RawConfigParser:
    parser = RawConfigParser()
    parser.read_string(files["grafana/grafana.ini"])
    return parser


def test_the_password_is_read_from_a_file(ini: RawConfigParser, topology: Topology) -> None:
    assert topology.grafana
    password = f"$__file{{{topology.grafana.secrets}/grafana-admin-password}}"
    assert ini["security"]["admin_password"] == password


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [
        ("auth.anonymous", "enabled", "false"),
        ("users", "allow_sign_up", "false"),
        ("analytics", "reporting_enabled", "false"),
        ("analytics", "check_for_updates", "false"),
        ("analytics", "check_for_plugin_updates", "false"),
        ("news", "news_feed_enabled", "false"),
        ("security", "disable_gravatar", "true"),
        ("plugins", "preinstall_disabled", "true"),
        ("snapshots", "external_enabled", "false"),
    ],
)
def test_nobody_unknown_gets_in_and_nothing_is_told_outside(
    section: str, option: str, value: str, ini: RawConfigParser
) -> None:
    assert ini[section][option] == value


def test_it_knows_its_own_url(ini: RawConfigParser) -> None:
    assert ini["server"]["root_url"] == "https://grafana.example/"


def test_datasources_have_fixed_uids(files: dict[str, str]) -> None:
    datasources = {d["uid"]: d for d in yaml.safe_load(files[DATASOURCES])["datasources"]}
    assert {uid: d["url"] for uid, d in datasources.items()} == {
        PROMETHEUS_UID: "http://prometheus-0:8080",
        LOKI_UID: "http://loki-0:8080",
        ALERTMANAGER_UID: "http://alertmanager-0:8080",
    }
    assert [uid for uid, d in datasources.items() if d.get("isDefault")] == [PROMETHEUS_UID]


def test_dashboards_are_only_what_is_provisioned(files: dict[str, str], topology: Topology) -> None:
    assert topology.grafana
    (provider,) = yaml.safe_load(files[DASHBOARDS])["providers"]
    assert provider["allowUiUpdates"] is False
    assert provider["options"]["path"] == f"{topology.grafana.config}/dashboards"


def test_without_grafana_there_are_no_files_for_it(services: Services, settings: Settings, topology: Topology) -> None:
    files = config_files(services, settings, replace(topology, grafana=None))
    assert not [name for name in files if name.startswith("grafana/")]

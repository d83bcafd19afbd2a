from __future__ import annotations

from configparser import RawConfigParser
from dataclasses import replace
from typing import Any

import pytest

from slostack import plain_yaml
from slostack.config import ALERTMANAGER_UID, LOKI_UID, PROMETHEUS_UID, Place, Topology, config_files
from slostack.config.grafana import grafana_files
from slostack.settings import Settings, parse_settings
from slostack.spec import Service
from tests.certificate import CERTIFICATE
from tests.unit.config.conftest import CONFIG

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
    datasources = {d["uid"]: d for d in plain_yaml.load(files[DATASOURCES])["datasources"]}
    assert {uid: d["url"] for uid, d in datasources.items()} == {
        PROMETHEUS_UID: "http://prometheus-0:8080",
        LOKI_UID: "http://loki-0:8080",
        ALERTMANAGER_UID: "http://alertmanager-0:8080",
    }
    assert [uid for uid, d in datasources.items() if d.get("isDefault")] == [PROMETHEUS_UID]


def test_dashboards_are_only_what_is_provisioned(files: dict[str, str], topology: Topology) -> None:
    assert topology.grafana
    (provider,) = plain_yaml.load(files[DASHBOARDS])["providers"]
    assert provider["allowUiUpdates"] is False
    assert provider["options"]["path"] == f"{topology.grafana.config}/dashboards"


def test_without_grafana_there_are_no_files_for_it(services: Services, settings: Settings, topology: Topology) -> None:
    files = config_files(services, settings, replace(topology, grafana=None))
    assert not [name for name in files if name.startswith("grafana/")]


def grafana(**keys: object) -> RawConfigParser:
    settings = parse_settings({**CONFIG, "grafana": keys}, "test")
    place = Place("0.0.0.0:3000", ("grafana:3000",), "/etc/grafana", "/data", "/secrets")
    topology = Topology(prometheus=place, alertmanager=place, loki=place, loki_grpc=":1", grafana=place)
    parser = RawConfigParser()
    parser.read_string(grafana_files(settings, topology)["grafana/grafana.ini"])
    return parser


def test_replicas_share_a_database_whose_password_is_a_file() -> None:
    assert dict(grafana(replicas=2, database={"host": "postgres:5432"})["database"]) == {
        "type": "postgres",
        "host": "postgres:5432",
        "name": "grafana",
        "user": "grafana",
        "password": "$__file{/secrets/grafana-database-password}",
        "ssl_mode": "verify-full",
    }
    assert not grafana().has_section("database")


def test_a_database_may_have_a_certificate_of_ones_own(topology: Topology) -> None:
    database = {"host": "postgres:5432", "ca": CERTIFICATE}
    assert grafana(database=database)["database"]["ca_cert_path"] == "/etc/grafana/database-ca.pem"
    settings = parse_settings({**CONFIG, "grafana": {"database": database}}, "test")
    assert grafana_files(settings, topology)["grafana/database-ca.pem"] == database["ca"]


OIDC = {
    "clientId": "grafana",
    "authUrl": "https://login.example/authorize",
    "tokenUrl": "https://login.example/token",
    "apiUrl": "https://login.example/userinfo",
}


def test_people_log_in_by_oidc_with_the_role_that_their_token_says() -> None:
    assert dict(grafana(oidc=OIDC)["auth.generic_oauth"]) == {
        "enabled": "true",
        "name": "SSO",
        "allow_sign_up": "true",
        "client_id": "grafana",
        "client_secret": "$__file{/secrets/grafana-oidc-secret}",
        "scopes": "openid profile email",
        "auth_url": "https://login.example/authorize",
        "token_url": "https://login.example/token",
        "api_url": "https://login.example/userinfo",
        "role_attribute_path": "`'Viewer'`",
        "role_attribute_strict": "true",
        "use_pkce": "true",
    }
    assert not grafana().has_section("auth.generic_oauth")


@pytest.mark.parametrize("name", ["Acme; Inc.", "Acme #1", '"Acme"', "'Acme'", "Acme \\", " Acme", "Acme "])
def test_what_would_begin_a_comment_or_be_dropped_is_quoted(name: str) -> None:
    assert grafana(oidc={**OIDC, "name": name})["auth.generic_oauth"]["name"] == f"`{name}`"


@pytest.mark.parametrize("settings", [{}, {"oidc": OIDC}])
@pytest.mark.parametrize("section", ["security", "secrets_manager.encryption.secret_key.v1"])
def test_what_is_secret_is_encrypted_with_a_key_of_ones_own(settings: dict[str, Any], section: str) -> None:
    assert grafana(**settings)[section]["secret_key"] == "$__file{/secrets/grafana-secret-key}"


def test_cookies_go_by_https_where_grafana_does(ini: RawConfigParser, settings: Settings, topology: Topology) -> None:
    assert ini["security"]["cookie_secure"] == "true"
    urls = settings.urls.model_copy(update={"grafana": "http://127.0.0.1:3000"})
    plain = grafana_files(settings.model_copy(update={"urls": urls}), topology)["grafana/grafana.ini"]
    assert "cookie_secure = false" in plain


def test_any_replica_answers_queries(services: Services, settings: Settings, topology: Topology) -> None:
    shared = replace(topology, prometheus=replace(topology.prometheus, shared="prometheus-any:9090"))
    sources = plain_yaml.load(config_files(services, settings, shared)[DATASOURCES])["datasources"]
    assert [source["url"] for source in sources if source["uid"] == PROMETHEUS_UID] == ["http://prometheus-any:9090"]

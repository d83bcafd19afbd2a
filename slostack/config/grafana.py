"""Grafana's config: its ini file and what it is provisioned with."""

from __future__ import annotations

import re
from typing import Any

from slostack.config.document import yaml_text
from slostack.config.topology import Place, Topology, split
from slostack.settings import GrafanaDatabase, GrafanaOidc, Settings

PROMETHEUS_UID = "prometheus"
COARSE_UID = "prometheus-coarse"
LOKI_UID = "loki"
ALERTMANAGER_UID = "alertmanager"
"""The datasources' fixed uids, by which dashboards name them."""
ADMIN = "admin"
COARSE = "max_source_resolution=1h"
"""Asks Thanos for the coarsest samples that there are, one an hour at most."""
SCRAPER = "prometheus"
"""Who may scrape Grafana, and nothing else."""
SCRAPERS_PASSWORD = "grafana-metrics-password"
"""The name of the file with its password, which Grafana and Prometheus read."""
FOLDER = "SLOs"
_DATABASE_CA = "database-ca.pem"
RESCAN_SECONDS = 10
"""How often Grafana looks for changed dashboard files."""


def grafana_files(settings: Settings, topology: Topology) -> dict[str, str]:
    """grafana.ini and the provisioning of datasources and dashboards; nothing where there is no Grafana."""
    place = topology.grafana
    if place is None:
        return {}
    database = settings.grafana.database
    return {
        **({f"grafana/{_DATABASE_CA}": database.ca} if database and database.ca else {}),
        "grafana/grafana.ini": _ini(settings, place),
        "grafana/provisioning/datasources/slostack.yaml": yaml_text(_datasources(topology)),
        "grafana/provisioning/dashboards/slostack.yaml": yaml_text(_dashboards(place)),
    }


def _ini(settings: Settings, place: Place) -> str:
    host, port = split(place.listen)
    sections: dict[str, dict[str, object]] = {
        "server": {
            "http_addr": host,
            "http_port": port,
            "root_url": settings.urls.grafana.rstrip("/") + "/",
        },
        "paths": {
            "data": place.data,
            "logs": f"{place.data}/log",
            "plugins": f"{place.data}/plugins",
            "provisioning": f"{place.config}/provisioning",
        },
        "log": {"mode": "console", "level": "warn"},
        "security": {
            "admin_user": ADMIN,
            "admin_password": _secret(place, "grafana-admin-password"),
            "disable_gravatar": "true",
            **_encryption(place),
            "cookie_secure": str(settings.urls.grafana.startswith("https://")).lower(),
        },
        "secrets_manager.encryption.secret_key.v1": _encryption(place),
        **_database(settings.grafana.database, place),
        **_log_in(settings.grafana.oidc, place),
        "users": {"allow_sign_up": "false", "allow_org_create": "false"},
        "auth.anonymous": {"enabled": "false"},
        "metrics": {
            "basic_auth_username": SCRAPER,
            "basic_auth_password": _secret(place, SCRAPERS_PASSWORD),
        },
        "snapshots": {"enabled": "false", "external_enabled": "false"},
        "public_dashboards": {"enabled": "false"},
        "analytics": {
            "reporting_enabled": "false",
            "check_for_updates": "false",
            "check_for_plugin_updates": "false",
            "feedback_links_enabled": "false",
        },
        "news": {"news_feed_enabled": "false"},
        "plugins": {
            "plugin_admin_enabled": "false",
            "preinstall_disabled": "true",
            "public_key_retrieval_disabled": "true",
        },
        "dashboards": {"default_home_dashboard_path": f"{place.config}/dashboards/overview.json"},
    }
    return "\n".join(
        "\n".join([f"[{name}]", *(f"{key} = {_value(value)}".rstrip() for key, value in section.items()), ""])
        for name, section in sections.items()
    )


def _value(value: object) -> str:
    """A value as the ini file has it: in backticks where it has signs that begin a comment, or quotes or outer spaces
    that Grafana would drop. No setting holds backticks or line breaks."""
    text = str(value)
    return f"`{text}`" if re.search(r"[#;\"'\\]|^\s|\s$", text) else text


def _database(database: GrafanaDatabase | None, place: Place) -> dict[str, dict[str, object]]:
    """The database that replicas share; without one, Grafana has its own (SQLite) in its data folder."""
    if database is None:
        return {}
    section: dict[str, object] = {
        "type": "postgres",
        "host": database.host,
        "name": database.name,
        "user": database.user,
        "password": _secret(place, "grafana-database-password"),
        "ssl_mode": database.ssl_mode,
    }
    if database.ca:
        section["ca_cert_path"] = f"{place.config}/{_DATABASE_CA}"
    return {"database": section}


def _log_in(oidc: GrafanaOidc | None, place: Place) -> dict[str, dict[str, object]]:
    """Who the identity provider lets in gets an account at the first log-in, and the role that their token says."""
    if oidc is None:
        return {}
    section: dict[str, object] = {
        "enabled": "true",
        "name": oidc.name,
        "allow_sign_up": "true",
        "client_id": oidc.client_id,
        "client_secret": _secret(place, "grafana-oidc-secret"),
        "scopes": oidc.scopes,
        "auth_url": oidc.auth_url,
        "token_url": oidc.token_url,
        "api_url": oidc.api_url,
        "role_attribute_path": oidc.role,
        "role_attribute_strict": "true",
        "use_pkce": "true",
    }
    return {"auth.generic_oauth": section}


def _encryption(place: Place) -> dict[str, object]:
    """The key with which Grafana encrypts what is secret in its database, and hashes sessions, in place of its
    default, which is public. Its newer store of secrets (since Grafana 12) has a key, and that default, of its own."""
    return {"secret_key": _secret(place, "grafana-secret-key")}


def _secret(place: Place, file: str) -> str:
    return f"$__file{{{place.secrets}/{file}}}"


def _datasources(topology: Topology) -> dict[str, object]:
    prometheus: dict[str, Any] = {
        "name": "Prometheus",
        "type": "prometheus",
        "uid": PROMETHEUS_UID,
        "url": f"http://{topology.metrics.address}",
        "isDefault": True,
        "jsonData": {
            "httpMethod": "POST",
            "timeInterval": "15s",
            "manageAlerts": False,
            **({"prometheusType": "Thanos"} if topology.thanos else {}),
        },
    }
    coarse = {
        **prometheus,
        "name": "Prometheus, coarse",
        "uid": COARSE_UID,
        "isDefault": False,
        "jsonData": {**prometheus["jsonData"], "timeInterval": "1h", "customQueryParameters": COARSE},
    }
    loki = {
        "name": "Loki",
        "type": "loki",
        "uid": LOKI_UID,
        "url": f"http://{topology.loki.address}",
        "jsonData": {"manageAlerts": False},
    }
    alertmanager = {
        "name": "Alertmanager",
        "type": "alertmanager",
        "uid": ALERTMANAGER_UID,
        "url": f"http://{topology.alertmanager.address}",
        "jsonData": {"implementation": "prometheus"},
    }
    common = {"access": "proxy", "orgId": 1, "editable": False}
    sources = (prometheus, *([coarse] if topology.thanos else []), loki, alertmanager)
    return {"apiVersion": 1, "datasources": [{**source, **common} for source in sources]}


def _dashboards(place: Place) -> dict[str, object]:
    provider = {
        "name": "slostack",
        "folder": FOLDER,
        "type": "file",
        "allowUiUpdates": False,
        "updateIntervalSeconds": RESCAN_SECONDS,
        "options": {"path": f"{place.config}/dashboards"},
    }
    return {"apiVersion": 1, "providers": [provider]}

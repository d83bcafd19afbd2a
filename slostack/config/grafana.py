"""Grafana's config: its ini file and what it is provisioned with."""

from __future__ import annotations

from slostack.config.document import yaml_text
from slostack.config.topology import Place, Topology, split
from slostack.settings import Settings

PROMETHEUS_UID = "prometheus"
LOKI_UID = "loki"
ALERTMANAGER_UID = "alertmanager"
"""The datasources' fixed uids, by which dashboards name them."""
ADMIN = "admin"
FOLDER = "SLOs"
RESCAN_SECONDS = 10
"""How often Grafana looks for changed dashboard files."""


def grafana_files(settings: Settings, topology: Topology) -> dict[str, str]:
    """grafana.ini and the provisioning of datasources and dashboards; nothing where there is no Grafana."""
    place = topology.grafana
    if place is None:
        return {}
    return {
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
            "admin_password": f"$__file{{{place.secrets}/grafana-admin-password}}",
            "disable_gravatar": "true",
        },
        "users": {"allow_sign_up": "false", "allow_org_create": "false"},
        "auth.anonymous": {"enabled": "false"},
        "snapshots": {"external_enabled": "false"},
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
        "\n".join([f"[{name}]", *(f"{key} = {value}".rstrip() for key, value in section.items()), ""])
        for name, section in sections.items()
    )


def _datasources(topology: Topology) -> dict[str, object]:
    prometheus = {
        "name": "Prometheus",
        "type": "prometheus",
        "uid": PROMETHEUS_UID,
        "url": f"http://{topology.prometheus.address}",
        "isDefault": True,
        "jsonData": {"httpMethod": "POST", "timeInterval": "15s", "manageAlerts": False},
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
    return {"apiVersion": 1, "datasources": [{**source, **common} for source in (prometheus, loki, alertmanager)]}


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

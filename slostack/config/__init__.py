"""The servers' configs: pure text from services, settings and the places where the servers are put."""

from slostack.config.alertmanager import MAINTENANCE_FLAG, alertmanager_files
from slostack.config.alloy import NODE_NAME, alloy_files
from slostack.config.blackbox import blackbox_files
from slostack.config.channels import NOTIFICATION_PATH
from slostack.config.exporters import exporter_files
from slostack.config.grafana import ALERTMANAGER_UID, COARSE, COARSE_UID, LOKI_UID, PROMETHEUS_UID, grafana_files
from slostack.config.loki import REPLAY_FLAG, TENANT, loki_files
from slostack.config.prometheus import EXEMPLARS_FLAG, FOR_STATE_FLAG, REMOTE_WRITE_FLAG, prometheus_files
from slostack.config.recipients import NO_TEAMS
from slostack.config.thanos import ENDPOINTS_FILE, thanos_files
from slostack.config.topology import Place, Topology
from slostack.settings import Settings
from slostack.spec import Service
from slostack.teams import Teams

__all__ = [
    "ALERTMANAGER_UID",
    "COARSE",
    "COARSE_UID",
    "ENDPOINTS_FILE",
    "EXEMPLARS_FLAG",
    "FOR_STATE_FLAG",
    "LOKI_UID",
    "MAINTENANCE_FLAG",
    "NODE_NAME",
    "NOTIFICATION_PATH",
    "PROMETHEUS_UID",
    "REMOTE_WRITE_FLAG",
    "REPLAY_FLAG",
    "TENANT",
    "Place",
    "Topology",
    "config_files",
]


def config_files(
    services: tuple[Service, ...], settings: Settings, topology: Topology, teams: Teams = NO_TEAMS
) -> dict[str, str]:
    """Every server's config by its path in the bundle; rules and dashboards are not among them."""
    return {
        **prometheus_files(services, settings, topology),
        **alertmanager_files(services, settings, topology, teams),
        **loki_files(settings, topology),
        **grafana_files(settings, topology),
        **alloy_files(services, settings, topology),
        **blackbox_files(services, settings, topology),
        **thanos_files(settings, topology),
        **exporter_files(services, settings, topology),
    }

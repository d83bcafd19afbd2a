"""Grafana dashboards, from the model to JSON text: of each service, of all, of their common parts, of probes, of
clusters, of the stack itself."""

from slostack.dashboards.clusters import render_clusters_dashboard
from slostack.dashboards.naming import OVERVIEW_UID
from slostack.dashboards.overview import render_overview_dashboard
from slostack.dashboards.probes import render_probes_dashboard
from slostack.dashboards.service import render_service_dashboard
from slostack.dashboards.shared import render_shared_dashboards
from slostack.dashboards.stack import render_stack_dashboard
from slostack.dashboards.thanos import render_thanos_dashboard

__all__ = [
    "OVERVIEW_UID",
    "render_clusters_dashboard",
    "render_overview_dashboard",
    "render_probes_dashboard",
    "render_service_dashboard",
    "render_shared_dashboards",
    "render_stack_dashboard",
    "render_thanos_dashboard",
]

"""Grafana dashboards: one for each service, one overview of all; from the model to JSON text."""

from slostack.dashboards.naming import OVERVIEW_UID, service_uid
from slostack.dashboards.overview import render_overview_dashboard
from slostack.dashboards.service import render_service_dashboard

__all__ = ["OVERVIEW_UID", "render_overview_dashboard", "render_service_dashboard", "service_uid"]

"""Links of dashboards and of their panels: to other dashboards, to logs, to pages elsewhere."""

from __future__ import annotations

import json

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from slostack.dashboards.house import LOKI
from slostack.names import PLACES, dashboard_uid


def link(title: str, url: str, *, new_tab: bool = False) -> dashboard.DashboardLink:
    """A link of a dashboard."""
    to = dashboard.DashboardLink(title).type(model.DashboardLinkType.LINK).icon("external link")
    return to.url(url).keep_time(not new_tab).target_blank(new_tab)


class PanelLink(Builder[model.DashboardLink]):
    """A link of a panel, in a new tab. Its address may name variables."""

    def __init__(self, title: str, url: str) -> None:
        self._link = _PanelLink(title, url=url)

    def build(self) -> model.DashboardLink:
        """The link as the SDK takes it."""
        return self._link


_IN_ADDRESS = str.maketrans({character: f"%{ord(character):X}" for character in "%#&+"})
"""What would end a parameter of an address; browsers write the rest as it has to be."""


def logs_link(matcher: str) -> PanelLink:
    """The link to the log lines with a label, in the panel's time range, where they can be searched further."""
    query = json.dumps({"expr": f"{{{matcher}}}"}, separators=(",", ":"))
    return PanelLink("Logs", f'/explore?left=["${{__from}}","${{__to}}","{LOKI}",{query.translate(_IN_ADDRESS)}]')


class _PanelLink(model.DashboardLink):
    """Links of panels have nothing else."""

    def to_json(self) -> dict[str, object]:
        return {"targetBlank": True, "title": self.title, "url": self.url}


def dashboard_path(uid: str) -> str:
    """A dashboard's address inside its Grafana."""
    return f"/d/{uid}"


def to_service(name: str) -> dashboard.DashboardLink:
    """The link to a service's dashboard, which carries on time range and place; `name` may be a variable."""
    path = dashboard_path(dashboard_uid(name))
    chosen = "".join(f"&${{{label}:queryparam}}" for label in PLACES)
    return link("Dashboard", f"{path}?${{__url_time_range}}{chosen}")

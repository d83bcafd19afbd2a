"""The dashboard of the stack itself: every alert of its own has a panel that shows what it watches."""

from __future__ import annotations

import pytest

from slostack import names
from slostack.dashboards import render_stack_dashboard
from slostack.rules.model import AlertingRule
from slostack.rules.stack import stack_groups
from tests.unit.dashboards.reading import Json, limits, panel, panels, read

ALERTS = [rule for group in stack_groups() for rule in group.rules if isinstance(rule, AlertingRule)]


@pytest.fixture(scope="module")
def dashboard() -> Json:
    return read(render_stack_dashboard())


def test_every_alert_but_the_one_that_always_fires_has_a_panel_with_its_expression_and_runbook(dashboard: Json) -> None:
    for alert in ALERTS:
        shown = [p for p in panels(dashboard) if p["description"].find(f"{alert.alert} (") >= 0]
        assert len(shown) == (alert.labels["severity"] != names.NO_SEVERITY), alert.alert
        for one in shown:
            assert alert.expr in one["description"]
            assert [link["url"] for link in one["links"]] == [alert.annotations["runbook_url"]]


def test_thresholds_are_the_alerts(dashboard: Json) -> None:
    assert limits(panel(dashboard, "Scrape failing")) == [0.9]
    assert limits(panel(dashboard, "Rule evaluation failing")) == [0]
    assert limits(panel(dashboard, "Certificate expiring")) == [14 * 86400]


def test_of_many_lines_those_that_are_the_nearest_to_firing_are_drawn(dashboard: Json) -> None:
    def queries(title: str) -> list[str]:
        return [query["expr"].partition(",")[0] for query in panel(dashboard, title)["targets"]]

    assert queries("Scrape failing") == ["bottomk(10"]
    assert queries("Stack server down") == ["bottomk(10"] * 2  # its scrapes, and its pods
    assert queries("Rule evaluation missed") == ["topk(10"]

"""Each alert links to a panel of the dashboard, and that shows what the alert watches."""

from __future__ import annotations

import pytest

from slostack import names
from slostack.bundle import GRAFANA_URL
from slostack.dashboards import render_service_dashboard, render_stack_dashboard, render_thanos_dashboard
from slostack.dashboards.naming import words
from slostack.rules.model import AlertingRule, RuleGroup
from slostack.rules.service import service_groups
from slostack.rules.stack import stack_groups, thanos_groups
from slostack.spec import Duration, Service, parse_service
from slostack.spec.watched import watched
from tests.unit.dashboards.reading import Json, panels, read


def alerts(groups: tuple[RuleGroup, ...]) -> list[AlertingRule]:
    return [rule for group in groups for rule in group.rules if isinstance(rule, AlertingRule)]


def linked(alert: AlertingRule, dashboard: Json) -> Json:
    """The panel that an alert links to."""
    address, _, panel = alert.annotations["dashboard_url"].partition("?viewPanel=")
    assert address == f"{GRAFANA_URL}/d/{dashboard['uid']}"
    (found,) = [each for each in panels(dashboard) if each["id"] == int(panel)]
    return found


def drawn(panel: Json) -> str:
    return "\n".join(target["expr"] for target in panel["targets"])


@pytest.mark.parametrize("of", ["learnsnap", "odd"])
def test_alerts_of_a_service(of: str, request: pytest.FixtureRequest) -> None:
    service: Service = request.getfixturevalue(of)
    dashboard = read(render_service_dashboard(service))
    every = alerts(service_groups(service))
    assert len(every) > len(service.alerts)
    for alert in every:
        shown = drawn(linked(alert, dashboard))
        if alert.alert == names.BURN_ALERT:
            assert f"{names.burn_rate(Duration.parse(alert.labels[names.WINDOW]))}{{" in shown
        else:
            assert all(line.expr in shown for line in watched(alert.expr))


def test_alerts_that_watch_the_same_link_to_one_panel(learnsnap: Service) -> None:
    dashboard = read(render_service_dashboard(learnsnap))
    by_name = {alert.alert: alert for alert in alerts(service_groups(learnsnap))}
    shown = [linked(by_name[name], dashboard) for name in ("ServiceDown", "InstanceDown")]
    assert shown[0] is shown[1]
    assert shown[0]["title"] == "Service down, Instance down"


def test_a_spent_budget_and_absence() -> None:
    of = parse_service(
        "{service: api, description: An API, team: web, slos: [{name: success, description: Requests succeed, "
        "objective: 99.9, sli: {events: {bad: errors_total, total: requests_total}}, runbook: a.md, "
        "alerting: {spent: {}, absence: {}}}]}",
        "api.yaml",
    )
    dashboard = read(render_service_dashboard(of))
    by_name = {alert.alert: alert for alert in alerts(service_groups(of))}
    assert names.BUDGET_REMAINING in drawn(linked(by_name[names.SPENT_ALERT], dashboard))
    assert names.burn_rate(Duration(3600)) in drawn(linked(by_name[names.ABSENCE_ALERT], dashboard))


def test_alerts_of_the_stack_itself() -> None:
    dashboard = read(render_stack_dashboard())
    for alert in alerts(stack_groups()):
        if alert.alert == "StillFiring":
            assert alert.annotations["dashboard_url"] == f"{GRAFANA_URL}/d/slo-{{{{ $labels.service }}}}"
        elif alert.alert == names.WATCHDOG:
            assert alert.annotations["dashboard_url"] == f"{GRAFANA_URL}/d/{dashboard['uid']}"
        else:
            assert linked(alert, dashboard)["title"] == words(alert.alert)


def test_alerts_of_thanos() -> None:
    dashboard = read(render_thanos_dashboard())
    for alert in alerts(thanos_groups()):
        panel = linked(alert, dashboard)
        assert panel["title"] == words(alert.alert)
        assert all(line.expr in drawn(panel) for line in watched(alert.expr))

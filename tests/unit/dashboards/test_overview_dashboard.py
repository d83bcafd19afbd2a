"""The overview: by label, whatever the number of services."""

from __future__ import annotations

from slostack.dashboards import render_overview_dashboard
from slostack.spec import Service
from tests.unit.dashboards.reading import Json, panel, promql, read


def overview(*services: Service) -> Json:
    return read(render_overview_dashboard(services))


def test_more_services_need_no_more_panels_or_queries(learnsnap: Service) -> None:
    few = tuple(learnsnap.model_copy(update={"service": f"service-{n}"}) for n in range(5))
    many = tuple(learnsnap.model_copy(update={"service": f"service-{n}"}) for n in range(500))
    assert render_overview_dashboard(many) == render_overview_dashboard(few)


def test_no_query_names_a_service(learnsnap: Service, odd: Service) -> None:
    assert not any('service="' in expr for expr in promql(overview(learnsnap, odd)))


def test_the_lowest_budget_comes_first_and_leads_to_its_services_dashboard(learnsnap: Service) -> None:
    table = panel(overview(learnsnap), "Service level objectives")
    assert table["options"]["sortBy"] == [{"displayName": "Budget left", "desc": False}]
    order = table["transformations"][1]["options"]["indexByName"]
    assert sorted(order, key=order.__getitem__)[:3] == ["service", "slo", "window"]
    (service,) = (o for o in table["fieldConfig"]["overrides"] if o["matcher"]["options"] == "Service")
    assert (
        service["properties"][0]["value"][0]["url"]
        == "/d/slo-${__value.raw}?${__url_time_range}&${environment:queryparam}&${cluster:queryparam}"
    )


def test_the_objectives_table_asks_for_what_is_recorded_whatever_the_window(learnsnap: Service, odd: Service) -> None:
    exprs = [query["expr"] for query in panel(overview(learnsnap, odd), "Service level objectives")["targets"]]
    of_teams = 'unless on (service, slo) slo:info{team!~"$team"}'
    assert exprs == [
        f"(max by (service, slo) (slo:objective:ratio) {of_teams})",
        f"(min by (service, slo) (slo:error_budget_remaining:ratio) {of_teams})",
        f"(max by (service, slo) (slo:burn_rate:rate1h) {of_teams})",
        f"(min by (service, slo) (slo:error_budget_exhaustion:seconds) {of_teams})",
        "max by (service, slo, window) (slo:info)",
    ]


def test_it_leads_to_the_stack_and_to_the_probes_where_there_are_some(learnsnap: Service, odd: Service) -> None:
    stack = "/d/slo-slostack"
    assert [link["url"] for link in overview(learnsnap)["links"]][:2] == [stack, "/d/slo-probes"]
    assert [link["url"] for link in overview(odd)["links"]] == [stack]


def test_alerts_are_counted_by_severity_with_zero_where_none_fires(learnsnap: Service) -> None:
    counts = {
        query["legendFormat"]: query["expr"]
        for query in panel(overview(learnsnap), "Firing alerts by severity")["targets"]
    }
    assert list(counts) == ["critical", "high", "medium", "low"]
    assert counts["high"] == 'sum(ALERTS{alertstate="firing",severity="high"}) or vector(0)'


def test_each_service_has_a_tile_that_leads_to_its_dashboard(learnsnap: Service) -> None:
    tiles = panel(overview(learnsnap), "Lowest budget left, by service")
    (link,) = tiles["fieldConfig"]["defaults"]["links"]
    assert (
        link["url"]
        == "/d/slo-${__field.labels.service}?${__url_time_range}&${environment:queryparam}&${cluster:queryparam}"
    )
    assert tiles["targets"][0]["legendFormat"] == "{{service}}"


def test_firing_alerts_are_ranked_by_severity(learnsnap: Service) -> None:
    table = panel(overview(learnsnap), "Firing alerts")
    ranked = table["targets"][0]["expr"].split("\nor\n")
    assert [line[:2] for line in ranked] == ["1 ", "2 ", "3 ", "4 "]
    assert 'severity="critical"' in ranked[0]
    assert 'severity="low"' in ranked[3]
    assert table["options"]["sortBy"] == [{"displayName": "Severity", "desc": False}]


def test_a_firing_alerts_service_leads_to_its_dashboard(learnsnap: Service) -> None:
    overrides = panel(overview(learnsnap), "Firing alerts")["fieldConfig"]["overrides"]
    of_service = [p for o in overrides if o["matcher"]["options"] == "Service" for p in o["properties"]]
    (links,) = (p["value"] for p in of_service if p["id"] == "links")
    assert (
        links[0]["url"] == "/d/slo-${__value.raw}?${__url_time_range}&${environment:queryparam}&${cluster:queryparam}"
    )

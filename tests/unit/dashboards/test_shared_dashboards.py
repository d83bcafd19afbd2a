"""The dashboards of common parts: of those that are in use, whatever the number of services, the worst first."""

from __future__ import annotations

from typing import Any

import pytest

from slostack.dashboards import render_overview_dashboard, render_shared_dashboards
from slostack.project import generated_files
from slostack.spec import Service, SpecError, parse_service
from tests.unit.dashboards.reading import Json, limits, panel, panels, read
from tests.unit.spec.switching_on import slo_file


def shop(signals: dict[str, Any], name: str = "shop") -> Service:
    return parse_service(slo_file(signals, service=name), f"{name}.yaml")


CONNECTIONS = shop({"postgres": {"limit": 20}})
EVERYTHING = shop(
    {"postgres": {"limit": 100, "reachable": "pg_up", "queries": "q_seconds"}, "queue": {"waiting": "jobs"}}, "all"
)


def dashboards(*services: Service) -> dict[str, Json]:
    return {name: read(text) for name, text in render_shared_dashboards(services).items()}


def test_they_are_there_where_a_service_uses_the_signal() -> None:
    assert dashboards() == dashboards(shop({"up": {}})) == {}
    assert list(dashboards(CONNECTIONS)) == ["shared-postgres"]
    assert list(dashboards(CONNECTIONS, EVERYTHING)) == ["shared-postgres", "shared-queue"]
    files = generated_files([CONNECTIONS])
    assert [path for path in files if "shared-" in path] == ["dashboards/shared-postgres.json"]


def test_the_overview_leads_to_those_that_are_there() -> None:
    def paths(*services: Service) -> list[str]:
        return [link["url"] for link in read(render_overview_dashboard(services))["links"]]

    assert paths(shop({"up": {}})) == ["/d/slo-slostack", "/d/slo-probes"]
    assert paths(EVERYTHING)[2:] == ["/d/slo-shared-postgres", "/d/slo-shared-queue"]


def test_what_is_on_them_depends_on_the_alerts_in_use_alone() -> None:
    one = dashboards(CONNECTIONS)["shared-postgres"]
    assert [p["title"] for p in panels(one)] == ["Postgres", "Near an alert", "Connections"]
    many = [shop({"postgres": {"limit": 10 + n}}, f"shop-{n}") for n in range(50)]
    assert dashboards(*many)["shared-postgres"] == one
    titles = [p["title"] for p in panels(dashboards(CONNECTIONS, EVERYTHING)["shared-postgres"])]
    assert titles == ["Postgres", "Near an alert", "Reachable", "Connections", "Slowest queries"]
    renamed = {"limit": 20, "alerts": {"DatabaseConnectionsHigh": {"name": "Full", "severity": "low"}}}
    assert dashboards(shop({"postgres": renamed}))["shared-postgres"] == one


def test_what_has_no_threshold_to_be_near_to_is_shown_by_its_value() -> None:
    given_up = dashboards(shop({"queue": {"dead": "jobs_dead"}}))["shared-queue"]
    assert [p["title"] for p in panels(given_up)] == ["Queues", "Jobs given up"]


def test_the_nearest_to_an_alert_comes_first_and_leads_to_its_service() -> None:
    table = panel(dashboards(EVERYTHING)["shared-postgres"], "Postgres")
    assert table["options"]["sortBy"] == [{"displayName": "Near an alert", "desc": True}]
    assert table["targets"][0]["expr"] == 'max by (service, prefix) (signal:alert:nearness{signal="postgres"})'
    columns = table["transformations"][1]["options"]["indexByName"]
    assert sorted(columns, key=columns.__getitem__)[:2] == ["service", "prefix"]
    links = [
        p["value"][0]["url"] for o in table["fieldConfig"]["overrides"] for p in o["properties"] if p["id"] == "links"
    ]
    assert links == ["/d/slo-${__value.raw}?${__url_time_range}&${environment:queryparam}&${cluster:queryparam}"]


def test_graphs_show_the_worst_in_the_unit_of_what_is_watched() -> None:
    board = dashboards(EVERYTHING)["shared-postgres"]
    lowest, slowest = panel(board, "Reachable"), panel(board, "Slowest queries")
    of = '(signal:alert:value{signal="postgres",alert="'
    assert lowest["targets"][0]["expr"] == f'bottomk(10, min by (service, prefix) {of}DatabaseDown"}}))'
    assert slowest["targets"][0]["expr"] == f'topk(10, max by (service, prefix) {of}SlowQueries"}}))'
    assert slowest["fieldConfig"]["defaults"]["unit"] == "s"
    assert limits(panel(board, "Near an alert")) == [1]
    assert {link["url"] for p in (lowest, slowest) for link in p["links"]} == {
        "https://runbooks.invalid/shared/postgres.md"
    }


def test_what_is_not_known_has_no_colour_and_a_switch_is_said_in_words() -> None:
    table = panel(dashboards(EVERYTHING)["shared-postgres"], "Postgres")
    columns = {
        override["matcher"]["options"]: {each["id"]: each["value"] for each in override["properties"]}
        for override in table["fieldConfig"]["overrides"]
    }
    assert columns["Near an alert"]["thresholds"]["steps"][0] == {"value": None, "color": "transparent"}
    assert {each["value"]: each["text"] for each in columns["Reachable"]["mappings"]} == {"0": "no", "1": "yes"}
    assert "mappings" not in columns["Connections"]


def test_no_service_has_their_name() -> None:
    with pytest.raises(SpecError, match="shared-redis"):
        shop({"up": {}}, "shared-redis")
    assert shop({"up": {}}, "shared-cart").service == "shared-cart"

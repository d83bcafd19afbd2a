"""Every kind of SLI, grouped and not, has panels that say what it judges."""

from __future__ import annotations

import promql_parser
import pytest

from slostack.dashboards import render_overview_dashboard, render_service_dashboard
from slostack.dashboards.service import VERSION_INFO
from slostack.spec import Service, parse_service
from tests.unit.dashboards.reading import Json, limits, metrics, panel, panels, promql, read
from tests.unit.recorded import SERIES, SLIS, service
from tests.unit.test_recorded_series import ALL, general

READ = {name.partition("{")[0] for name in SERIES}


@pytest.fixture(scope="module", params=["[]", "[route]"], ids=["alone", "grouped"])
def shop(request: pytest.FixtureRequest) -> Service:
    return service(request.param)


@pytest.fixture
def dashboard(shop: Service) -> Json:
    return read(render_service_dashboard(shop))


def of(sli: str, window: str = "30d", more: str = "") -> Json:
    """The dashboard of a service with one SLO."""
    text = f"""
service: shop
description: Sells
team: t
slos:
  - {{name: one, description: It works, objective: 99, window: {window}, sli: {sli}, runbook: a.md{more}}}
"""
    return read(render_service_dashboard(parse_service(text, "slos/shop.yaml")))


def legends(panel: Json) -> list[str]:
    return [query["legendFormat"] for query in panel["targets"]]


def test_queries_parse_and_read_what_is_recorded_or_scraped(shop: Service, dashboard: Json) -> None:
    for expr in [*promql(dashboard), *promql(read(render_overview_dashboard((shop,))))]:
        promql_parser.parse(expr)
        for metric in metrics(expr):
            assert general(metric) in ALL or metric in READ | {"ALERTS", "ALERTS_FOR_STATE", VERSION_INFO}


def test_every_slo_has_a_panel_of_what_it_judges(dashboard: Json) -> None:
    titles = " ".join(
        panel["title"]
        for panel in panels(dashboard)
        if panel["title"].partition(":")[0] in ("Errors", "Latency", "Slices", "Up")
    )
    assert [slo for slo in SLIS if slo not in titles.replace(",", "").split()] == []


def test_an_uptime_is_drawn_as_its_gauges(dashboard: Json) -> None:
    up = panel(dashboard, "Up: uptime")
    assert [query["expr"] for query in up["targets"]] == ["probe_success"]
    assert up["fieldConfig"]["defaults"]["custom"]["axisSoftMax"] == 1
    assert not [p for p in panels(dashboard) if p["title"] == "Errors: uptime"]


@pytest.mark.parametrize(
    ("sli", "limit", "unit", "steps"),
    [
        ("quantile: 0.95, histogram: wait_seconds, below: 0.2", 0.2, "s", ["transparent", "orange"]),
        ("quantile: 0.95, native_histogram: wait_seconds, at_most: 0.2", 0.2, "s", ["transparent", "orange"]),
        ("bad: bad_total, total: all_total, at_most: 0.01", 0.01, "percentunit", ["transparent", "orange"]),
        ("good: ok_total, total: all_total, at_least: 0.99", 0.99, "percentunit", ["orange", "transparent"]),
        (
            "value: 'min(min_over_time(free_bytes[$window]))', above: 1000000",
            1e6,
            "decbytes",
            ["orange", "transparent"],
        ),
        ("value: max(depth), below: 100", 100, "short", ["transparent", "orange"]),
        ("value: min(celsius), at_least: -18.5", -18.5, "short", ["orange", "transparent"]),
    ],
)
def test_slices_are_drawn_by_their_value_against_its_limit(sli: str, limit: float, unit: str, steps: list[str]) -> None:
    shown = panel(of(f"{{slices: {{{sli}}}}}"), "Slices: one")
    assert [query["expr"] for query in shown["targets"]] == ['slo:slice:value{service="shop",slo="one"}']
    assert limits(shown) == [limit]
    defaults = shown["fieldConfig"]["defaults"]
    assert defaults["unit"] == unit
    assert [step["color"] for step in defaults["thresholds"]["steps"]] == steps
    assert defaults["custom"]["axisSoftMax"] > limit


def test_a_quantile_of_slices_is_drawn_with_the_others_of_its_histogram() -> None:
    dashboard = of("{slices: {quantile: 0.95, histogram: wait_seconds, below: 0.2}}")
    latency = panel(dashboard, "Latency: one")
    assert (limits(latency), legends(latency)) == ([0.2], ["p50", "p95", "p99"])
    assert latency["description"] == "one: 99 % of slices with p95 within 0.2 s."
    of_bytes = of("{slices: {quantile: 0.95, histogram: answer_bytes, below: 1000}}")
    assert "Latency: one" not in {shown["title"] for shown in panels(of_bytes)}


@pytest.mark.parametrize(
    ("limit", "words"),
    [("below: 3", "from 3"), ("at_most: 3", "above 3"), ("above: 3", "up to 3"), ("at_least: 3", "below 3")],
)
def test_the_limit_is_said_in_words(limit: str, words: str) -> None:
    shown = panel(of(f"{{slices: {{length: 10m, value: x, {limit}}}}}"), "Slices: one")
    assert shown["description"] == (
        f"The value of every slice of 10m as it ends; it is bad {words}.\n\n99 % of all slices are to be good."
    )


def test_maintenance_is_marked_on_the_graphs_of_those_that_have_some() -> None:
    some = of("{uptime: up}", more=", maintenance: [{cron: 0 2 * * SUN, duration: 2h}]")
    names = {markers["name"]: markers["expr"] for markers in some["annotations"]["list"]}
    assert list(names) == ["Urgent alerts", "Releases", "Maintenance"]
    assert names["Maintenance"] == 'max by (service, slo) (slo:maintenance:bool{service="shop"}) == 1'
    assert [markers["name"] for markers in of("{uptime: up}")["annotations"]["list"]] == [
        "Urgent alerts",
        "Releases",
    ]


GROUPED = ", group_by: [route, region]"


def test_label_sets_are_lines_of_panels_of_their_own() -> None:
    shown = of("{events: {bad: b, total: t}}", more=GROUPED)
    for title, expr in (
        (
            "Budget left by route, region: one",
            'clamp_min(slo:error_budget_remaining:ratio{service="shop",slo="one"}, -1)',
        ),
        ("Burn rate by route, region: one", 'slo:burn_rate:rate1h{service="shop",slo="one"}'),
        ("Errors: one", 'slo:error_ratio:rate5m{service="shop",slo="one"}'),
    ):
        assert [query["expr"] for query in panel(shown, title)["targets"]] == [expr]
        assert legends(panel(shown, title)) == ["{{route}} {{region}}"]
        assert panel(shown, title)["options"]["legend"]["displayMode"] == "list"


def test_the_burn_rates_of_a_grouped_slo_are_those_of_its_fastest_label_set() -> None:
    burn = panel(of("{events: {bad: b, total: t}}", more=GROUPED), "Burn rate: one")
    assert burn["targets"][1]["expr"] == 'max(slo:burn_rate:rate1h{service="shop",slo="one"})'
    assert "Of all sets of route, region the fastest." in burn["description"]
    assert legends(burn)[:2] == ["5m (page above 36x)", "1h (page above 14.4x)"]


def test_slices_and_uptimes_of_label_sets_are_told_apart() -> None:
    assert legends(panel(of("{uptime: up}", more=GROUPED), "Up: one")) == ["{{route}} {{region}} {{instance}}"]
    assert legends(panel(of("{slices: {value: x, below: 1}}", more=GROUPED), "Slices: one")) == ["{{route}} {{region}}"]


@pytest.mark.parametrize(
    ("window", "title", "forgets", "period"),
    [
        ("30d", "Budget left, last 30d", "Old errors leave a rolling window again.", "30d"),
        ("week", "Budget left, last 7d", "A week begins with all of it.", "a week"),
        ("month", "Budget left, last 31d", "A month begins with all of it.", "a month"),
        ("quarter", "Budget left, last 92d", "A quarter begins with all of it.", "a quarter"),
    ],
)
def test_windows_are_called_by_their_names(window: str, title: str, forgets: str, period: str) -> None:
    shown = of("{events: {bad: b, total: t}}", window)
    assert f"over each SLO's window. {forgets} Cut off" in panel(shown, title)["description"]
    assert panel(shown, title)["timeFrom"] == title.rpartition(" ")[2]
    assert f"99 % over {period}." in panel(shown, "Burn rate: one")["description"]


def test_what_is_counted_twice_has_one_graph_of_its_traffic() -> None:
    text = """
service: shop
description: Sells
team: t
slos:
  - {name: a, description: d, objective: 99, sli: {events: {bad: bad_total, total: http_requests_total}}, runbook: a.md}
  - {name: b, description: d, objective: 99, sli: {latency: {histogram: HISTOGRAM, threshold: 1s}}, runbook: a.md}
"""
    board = read(
        render_service_dashboard(parse_service(text.replace("HISTOGRAM", "http_request_duration_seconds"), "s.yaml"))
    )
    traffic = panel(board, "Traffic: HTTP requests")
    assert legends(traffic) == ["HTTP requests total", "HTTP request duration seconds count"]
    assert [p["title"] for p in panels(board) if p["title"].startswith("Traffic")] == ["Traffic: HTTP requests"]

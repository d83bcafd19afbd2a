"""Variables narrow what is theirs, and nothing while All is chosen."""

from __future__ import annotations

import json
import re
from pathlib import Path

import promql_parser
import pytest

from slostack import names
from slostack.dashboards import (
    render_clusters_dashboard,
    render_overview_dashboard,
    render_probes_dashboard,
    render_service_dashboard,
    render_stack_dashboard,
)
from slostack.dashboards.variables import Variable, narrowed, whole
from slostack.spec import Service, load_services, parse_service
from tests.unit.dashboards.reading import Json, panel, promql, selectors

EVERY = [Variable("x", "up", "X", bool)]
CHOSEN = 'x=~"$x"'


def raw(text: str) -> Json:
    dashboard: Json = json.loads(text)
    return dashboard


def variables(dashboard: Json) -> dict[str, str]:
    return {variable["name"]: variable["query"] for variable in dashboard["templating"]["list"]}


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("up", "up{X}"),
        ("up{}", "up{X}"),
        ('up{a="b", }', 'up{a="b",X}'),
        ('{__name__="up"}', '{__name__="up",X}'),
        ('{"http.requests"}', '{"http.requests",X}'),
        ('up{a="}",b="x{y"}', 'up{a="}",b="x{y",X}'),
        ("up{a='it\\'s}'} > bool 1", "up{a='it\\'s}',X} > bool 1"),
        ("up{a=`\\`}", "up{a=`\\`,X}"),
        ("sum by (job) (rate(a[5m])) / b", "sum by (job) (rate(a{X}[5m])) / b{X}"),
        ("sum(a) BY (job)", "sum(a{X}) BY (job)"),
        ("a offset 5m and on (y) b", "a{X} offset 5m and on (y) b{X}"),
        ("a @ end() unless ignoring(y) group_left b", "a{X} @ end() unless ignoring(y) group_left b{X}"),
        ("max_over_time(a[1h:5m]) * 1e3 + 0x1f + Inf", "max_over_time(a{X}[1h:5m]) * 1e3 + 0x1f + Inf"),
        ("slo:a:rate5m or or_else # or up", "slo:a:rate5m{X} or or_else{X} # or up"),
        ('label_replace(a, "up", "$1", "b", "(up)")', 'label_replace(a{X}, "up", "$1", "b", "(up)")'),
        ("rate(a[$__rate_interval])", "rate(a{X}[$__rate_interval])"),
        ("time() - start", "time() - start{X}"),
    ],
)
def test_every_selector_is_found_and_nothing_else(expr: str, expected: str) -> None:
    assert narrowed(expr, EVERY) == expected.replace("X", CHOSEN)


def test_queries_of_all_services_are_narrowed_as_the_parser_sees_them() -> None:
    """Each selector gets one matcher more, which is all that changes."""
    exprs = {
        expr
        for service in load_services(Path(__file__).parents[3])
        for expr in promql(raw(render_service_dashboard(service)))
    }
    assert len(exprs) > 200
    for expr in exprs:
        before, after = selectors(whole(expr)), selectors(narrowed(whole(expr), EVERY))
        assert [told(selector) for selector in after] == [
            (name, sorted([*matchers, ("x", "$x")])) for name, matchers in map(told, before)
        ]
        assert whole(narrowed(expr, EVERY)) == whole(expr)


def told(selector: promql_parser.VectorSelector) -> tuple[str | None, list[tuple[str, str]]]:
    return selector.name, sorted((matcher.name, matcher.value) for matcher in selector.matchers.matchers)


@pytest.mark.parametrize("board", ["service", "overview", "clusters", "probes", "slostack"])
def test_all_is_chosen_and_lets_everything_through(board: str, learnsnap: Service) -> None:
    render = {
        "service": lambda: render_service_dashboard(learnsnap),
        "overview": lambda: render_overview_dashboard((learnsnap,)),
        "clusters": lambda: render_clusters_dashboard((learnsnap,)),
        "probes": render_probes_dashboard,
        "slostack": render_stack_dashboard,
    }[board]
    dashboard = raw(render())
    offered = dashboard["templating"]["list"]
    assert [one["name"] for one in offered][:2] == ["environment", "cluster"]
    for one in offered:
        assert (one["allValue"], one["current"]["value"], one["includeAll"]) == (".*", ["$__all"], True)
        assert one["datasource"] == "prometheus"
    used = set(re.findall(r'([=!]~)"\$(\w+)"', "\n".join(promql(dashboard))))
    assert {name for _, name in used} == {one["name"] for one in offered}
    assert {name for operator, name in used if operator == "!~"} <= {"team"}, "nothing is of another team than any"


def test_every_query_of_a_service_is_narrowed_by_place_and_its_own_series_by_instance(learnsnap: Service) -> None:
    dashboard = raw(render_service_dashboard(learnsnap))
    assert variables(dashboard) == {
        "environment": "label_values(slo:info, environment)",
        "cluster": 'label_values(slo:info{environment=~"$environment"}, cluster)',
        "instance": 'label_values(up{job="learnsnap"}, instance)',
    }
    for expr in promql(dashboard):
        for selector in selectors(expr):
            matchers = {matcher.name: matcher.value for matcher in selector.matchers.matchers}
            assert (matchers["environment"], matchers["cluster"]) == ("$environment", "$cluster")
            assert (matchers.get("instance") == "$instance") == (matchers.get("job") == "learnsnap")


ROUTED = """
service: shop
description: Sells
team: t
scrape: [{job: shop}]
slos:
  - name: success
    description: It works
    objective: 99
    sli: {events: {bad: 'requests_total{job="shop",code="500"}', total: 'requests_total{job="shop"}'}}
    runbook: a.md
    GROUPED
  - name: fast
    description: It is quick
    objective: 99
    sli: {latency: {histogram: 'wait_seconds{job="shop"}', threshold: 2s}}
    runbook: a.md
panels: [{title: P, lines: [{expr: 'PANEL', legend: l}]}]
"""
BY_ROUTE = 'sum by (route) (rate(wait_seconds_bucket{job="shop"}[5m]))'


@pytest.mark.parametrize(
    ("grouped", "shown", "routed"),
    [
        ("", "vector(1)", set()),
        ("group_by: [route]", "vector(1)", {"requests_total"}),
        ("", BY_ROUTE, {"wait_seconds"}),
        ("group_by: [route]", BY_ROUTE, {"requests_total", "wait_seconds"}),
    ],
)
def test_a_route_can_be_chosen_where_the_file_tells_metrics_apart_by_it(
    grouped: str, shown: str, routed: set[str]
) -> None:
    text = ROUTED.replace("GROUPED", grouped).replace("PANEL", shown)
    dashboard = raw(render_service_dashboard(parse_service(text, "slos/shop.yaml")))
    assert ("route" in variables(dashboard)) == bool(routed)
    narrow = [s.name for expr in promql(dashboard) for s in selectors(expr) if ("route", "$route") in told(s)[1]]
    assert {re.sub("_(bucket|count)$", "", metric or "") for metric in narrow} == routed
    if routed:
        named = re.search(r'__name__=~"(.*?)"', variables(dashboard)["route"])
        assert named
        assert all(re.fullmatch(named[1], metric) for metric in routed)
        assert re.fullmatch(named[1], f"{min(routed)}_count")


@pytest.mark.parametrize(
    ("selector", "is_own"),
    [
        ("""wait{job="shop"}""", True),
        ("""wait{job='shop'}""", True),
        ("""wait{job=`shop`}""", True),
        ("""wait{ job = "shop", }""", True),
        ("""wait{job=~"shop|till"}""", True),
        ("""{__name__=~"wait.*",job='shop'}""", True),
        ("""wait{job='till'}""", False),
        ("""wait{job=~"shop.+"}""", False),
        ("""wait{job!='shop'}""", False),
        ("""wait{job=~"shop|till",job!="shop"}""", False),
        ("""wait{said='job="shop"'}""", False),
        ("""wait{bigjob="shop"}""", False),
        ("""wait""", False),
    ],
)
def test_what_is_of_the_services_own_jobs_is_narrowed_by_instance_however_it_is_written(
    selector: str, is_own: bool
) -> None:
    text = ROUTED.replace("GROUPED", "").replace("'PANEL'", json.dumps(f"max({selector})"))
    shown = panel(raw(render_service_dashboard(parse_service(text, "slos/shop.yaml"))), "P")
    (asked,) = selectors(shown["targets"][0]["expr"])
    assert (("instance", "$instance") in told(asked)[1]) == is_own


def test_the_overview_is_narrowed_by_team_and_service(learnsnap: Service) -> None:
    dashboard = raw(render_overview_dashboard((learnsnap,)))
    assert variables(dashboard)["service"] == 'label_values(slo:info{team=~"$team"}, service)'
    for expr in promql(dashboard):
        for selector in selectors(expr):
            labels = {matcher.name for matcher in selector.matchers.matchers}
            assert {"environment", "cluster", "service"} <= labels
            assert ("team" in labels) == (selector.name in ("ALERTS", "ALERTS_FOR_STATE", names.INFO))
    left = panel(dashboard, "Lowest budget left, by service")["targets"][0]["expr"]
    assert 'unless on (service, slo) slo:info{team!~"$team",' in left

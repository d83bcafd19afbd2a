"""What holds for every dashboard: it parses, fits on the grid, is found again, and is the same every time."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import promql_parser
import pytest
from grafana_foundation_sdk.builders import timeseries

from slostack import names
from slostack.dashboards import (
    OVERVIEW_UID,
    render_clusters_dashboard,
    render_overview_dashboard,
    render_probes_dashboard,
    render_service_dashboard,
    render_shared_dashboards,
    render_stack_dashboard,
)
from slostack.dashboards.house import GRID_WIDTH, grid
from slostack.dashboards.service import VERSION_INFO
from slostack.rules.model import AlertingRule
from slostack.rules.stack import stack_groups
from slostack.spec import Duration, EventRatio, LatencyRatio, QueryRatio, Service, load_services
from slostack.spec.quantities import WindowedPromQL
from tests.unit.dashboards.reading import Json, metrics, panels, promql, values

ROOT = Path(__file__).parents[3]
SERVERS_EXPOSE = {
    "alertmanager_alerts",
    "alertmanager_notifications_total",
    "grafana_api_response_status_total",
    "grafana_http_request_duration_seconds_count",
    "loki_distributor_lines_received_total",
    "loki_request_duration_seconds_bucket",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "prometheus_rule_group_last_duration_seconds",
    "prometheus_tsdb_head_samples_appended_total",
    "prometheus_tsdb_storage_blocks_bytes",
    "scrape_duration_seconds",
}
"""What the stack's own servers expose, besides what its alerts read."""
PROBES_EXPOSE = {
    "probe_duration_seconds",
    "probe_http_duration_seconds",
    "probe_http_status_code",
    "probe_ssl_earliest_cert_expiry",
    "probe_success",
}
"""What the blackbox exporter tells of an HTTP probe."""
OWN = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str) and ":" in value}


@pytest.fixture(params=["learnsnap", "odd", "overview", "clusters", "probes", "shared-postgres", "slostack"])
def text(request: pytest.FixtureRequest, learnsnap: Service, odd: Service) -> str:
    match request.param:
        case "overview":
            return render_overview_dashboard((learnsnap, odd))
        case "clusters":
            return render_clusters_dashboard((learnsnap, odd))
        case "probes":
            return render_probes_dashboard()
        case "shared-postgres":
            return render_shared_dashboards((learnsnap,))["shared-postgres"]
        case "slostack":
            return render_stack_dashboard()
        case name:
            return render_service_dashboard({"learnsnap": learnsnap, "odd": odd}[name])


@pytest.fixture
def dashboard(text: str) -> Json:
    loaded: Json = json.loads(text)
    return loaded


def test_every_query_parses(dashboard: Json) -> None:
    assert promql(dashboard)
    for expr in promql(dashboard):
        assert "$_" not in expr
        promql_parser.parse(expr)


def test_queries_read_only_what_is_recorded_or_exposed(dashboard: Json, learnsnap: Service, odd: Service) -> None:
    named = service_metrics(learnsnap) | service_metrics(odd) | stack_metrics() | PROBES_EXPOSE
    for expr in promql(dashboard):
        for metric in metrics(expr):
            if metric.startswith(("slo:", "signal:")):
                assert metric in OWN or metric.startswith(("slo:error_ratio:", "slo:burn_rate:", "slo:events:rate"))
            else:
                assert metric in {"ALERTS", "ALERTS_FOR_STATE", VERSION_INFO} | named


def service_metrics(service: Service) -> set[str]:
    found: set[str] = set()
    for slo in service.slos:
        match slo.sli.kind:
            case EventRatio(total=total):
                found.add(total.metric)
            case LatencyRatio(total=total, good=good):
                found |= {total.metric, good.metric}
            case QueryRatio(total=WindowedPromQL() as query):
                found |= metrics(query.over(Duration(300)))
    shown = (line.expr for panel in service.panels for line in panel.lines)
    return found.union(*map(metrics, (*(alert.expr for alert in service.alerts), *shown)))


def stack_metrics() -> set[str]:
    alerts = [rule for group in stack_groups() for rule in group.rules if isinstance(rule, AlertingRule)]
    return SERVERS_EXPOSE.union(*(metrics(alert.expr) for alert in alerts))


def test_no_two_panels_overlap_or_leave_the_grid(dashboard: Json) -> None:
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    for place in places:
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= GRID_WIDTH
    for a, b in combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or above, (a, b)


@pytest.mark.parametrize(
    ("count", "widths"),
    [(0, []), (1, [24]), (2, [12] * 2), (3, [8] * 3), (4, [6] * 4), (5, [8] * 5), (7, [6] * 7), (9, [8] * 9)],
)
def test_panels_of_one_size_fill_their_lines(count: int, widths: list[int]) -> None:
    assert [sized.width for sized in grid([timeseries.Panel() for _ in range(count)], 4, 7)] == widths


def test_json_is_sorted_and_ends_with_a_newline(text: str) -> None:
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_the_same_input_gives_the_same_bytes(learnsnap: Service) -> None:
    (again,) = (each for each in load_services(ROOT) if each.service == learnsnap.service)
    assert again is not learnsnap
    assert render_service_dashboard(again) == render_service_dashboard(learnsnap)
    assert render_overview_dashboard((again,)) == render_overview_dashboard((learnsnap,))


def test_ids_are_unique_and_none_is_left_to_grafana(dashboard: Json) -> None:
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert all(isinstance(number, int) and 0 < number < 2**31 for number in ids)
    assert len(set(ids)) == len(ids)
    assert not {"id", "version", "iteration"} & set(dashboard)


@pytest.mark.parametrize("file", sorted((ROOT / "dashboards").glob("*.json")), ids=lambda file: file.stem)
def test_ids_are_unique_on_the_projects_own_dashboards(file: Path) -> None:
    ids = [panel["id"] for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]]
    assert len(set(ids)) == len(ids) > 5


def test_a_panel_keeps_its_id_when_others_go(learnsnap: Service) -> None:
    fewer = learnsnap.model_copy(update={"slos": learnsnap.slos[1:], "alerts": learnsnap.alerts[2:]})
    before = {panel["title"]: panel["id"] for panel in panels(json.loads(render_service_dashboard(learnsnap)))}
    after = {panel["title"]: panel["id"] for panel in panels(json.loads(render_service_dashboard(fewer)))}
    stayed = before.keys() & after.keys()
    assert len(stayed) > 20
    assert {title: before[title] for title in stayed} == {title: after[title] for title in stayed}


def test_uids_are_those_that_alerts_link_to(learnsnap: Service, odd: Service) -> None:
    assert json.loads(render_service_dashboard(learnsnap))["uid"] == "slo-learnsnap"
    assert json.loads(render_overview_dashboard((odd,)))["uid"] == OVERVIEW_UID == "slo-overview"


def test_datasources_are_the_fixed_uids_as_every_grafana_reads_them(dashboard: Json) -> None:
    assert {panel["datasource"] for panel in panels(dashboard)} <= {"prometheus", "loki"}
    assert set(values(dashboard, "datasource")) <= {"prometheus", "loki"}
    assert dashboard["schemaVersion"] == 27


def test_panels_are_of_kinds_that_every_grafana_has(dashboard: Json) -> None:
    assert {panel["type"] for panel in dashboard["panels"]} <= {"row", "timeseries", "stat", "table", "logs"}


def test_every_panel_says_what_it_shows(dashboard: Json) -> None:
    for panel in panels(dashboard):
        assert panel["title"]
        assert panel["description"]
        assert panel["targets"]


def test_queries_of_a_panel_have_letters_of_their_own(dashboard: Json) -> None:
    for panel in panels(dashboard):
        refs = [query["refId"] for query in panel["targets"]]
        assert len(set(refs)) == len(refs)
        assert all(re.fullmatch("[A-Z]+", ref) for ref in refs)

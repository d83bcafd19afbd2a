"""A service's dashboard: its numbers are the model's, its panels those of its SLOs, signals and alerts."""

from __future__ import annotations

import pytest

from slostack.dashboards import render_service_dashboard
from slostack.spec import Service, parse_service
from tests.unit.dashboards.reading import Json, limits, panel, panels, promql, read, selectors


@pytest.fixture
def learnsnap_dashboard(learnsnap: Service) -> Json:
    return read(render_service_dashboard(learnsnap))


@pytest.fixture
def odd_dashboard(odd: Service) -> Json:
    return read(render_service_dashboard(odd))


def legends(panel: Json) -> list[str]:
    return [query["legendFormat"] for query in panel["targets"]]


LOGS = '/explore?left=["${__from}","${__to}","loki",{"expr":"{job=\\"learnsnap\\"}"}]'


def links(panel: Json) -> dict[str, str]:
    return {link["title"]: link["url"] for link in panel["links"]}


def test_burn_rates_have_the_thresholds_of_the_policy(learnsnap: Service, learnsnap_dashboard: Json) -> None:
    for slo in learnsnap.slos:
        burns = [tier.burn for tier in slo.tiers]
        assert limits(panel(learnsnap_dashboard, f"Burn rate: {slo.name}")) == sorted(burns)


def test_thresholds_follow_the_policy_and_the_slo_window(odd: Service, odd_dashboard: Json) -> None:
    quoted = odd.slos[0]
    assert quoted.window.seconds == 28 * 86400
    shown = limits(panel(odd_dashboard, "Burn rate: quoted"))
    assert shown == [0.933333333333, 2.8, 5.6, 13.44, 33.6]
    assert limits(panel(odd_dashboard, "Burn rate: same-metric")) == []


def test_burn_rates_are_drawn_over_each_tiers_window_and_always_the_hour(learnsnap_dashboard: Json) -> None:
    availability = [q["expr"] for q in panel(learnsnap_dashboard, "Burn rate: availability")["targets"]]
    identity = '{service="learnsnap",slo="availability"}'
    windows = ("5m", "1h", "6h", "1d", "3d")
    assert availability == [f"max(slo:burn_rate:rate{window}{identity})" for window in windows]
    tickets_only = panel(learnsnap_dashboard, "Burn rate: error-rate")
    assert legends(tickets_only) == ["1h", "1d (ticket above 3x)", "3d (ticket above 1x)"]


def test_a_line_has_the_colour_of_its_threshold(learnsnap_dashboard: Json) -> None:
    shown = panel(learnsnap_dashboard, "Burn rate: availability")["fieldConfig"]
    of_lines = {o["matcher"]["options"]: o["properties"][0]["value"]["fixedColor"] for o in shown["overrides"]}
    of_limits = {step["value"]: step["color"] for step in shown["defaults"]["thresholds"]["steps"]}
    assert of_lines["1h (page above 14.4x)"] == of_limits[14.4] == "red"
    assert of_lines["3d (ticket above 1x)"] == of_limits[1] == "blue"
    assert len(set(of_limits.values())) == 6
    tickets = panel(learnsnap_dashboard, "Burn rate: error-rate")["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in tickets[1:]] == [(1, "blue"), (3, "yellow")]


def test_the_table_joins_state_and_time_to_exhaustion_of_all_slos(learnsnap_dashboard: Json) -> None:
    table = panel(learnsnap_dashboard, "Service level objectives")
    columns = table["transformations"][1]["options"]["renameByName"]
    exprs = {columns.get(f"Value #{query['refId']}"): query["expr"] for query in table["targets"]}
    assert "slo:error_budget_remaining:ratio" in exprs["Budget left"]
    assert "slo:burn_rate:rate1h" in exprs["Burn rate 1h"]
    assert "slo:error_budget_exhaustion:seconds" in exprs["Time to exhaustion"]
    counts = 'count_over_time(slo:events:count5m{service="learnsnap"}[30d]) / 8640'
    of_place = f"max by (service, slo, environment, cluster) ({counts})"
    assert exprs["Covered"] == f"clamp_max(min by (service, slo) ({of_place}), 1)"
    assert table["fieldConfig"]["defaults"]["noValue"] == "-"
    assert table["options"]["sortBy"] == [{"displayName": "Budget left", "desc": False}]


def test_windows_are_covered_by_as_many_counts_as_they_hold(odd_dashboard: Json) -> None:
    exprs = [query["expr"] for query in panel(odd_dashboard, "Service level objectives")["targets"]]
    shares = (
        'count_over_time(slo:events:count5m{service="odd",slo=~"quoted"}[28d]) / 8064',
        'count_over_time(slo:events:count5m{service="odd",slo=~"same-metric|asked|fast"}[30d]) / 8640',
    )
    assert exprs[4] == "\nor\n".join(
        f"clamp_max(min by (service, slo) (max by (service, slo, environment, cluster) ({share})), 1)"
        for share in shares
    )


def test_an_alert_that_is_about_no_slo_has_a_dash_for_it(learnsnap_dashboard: Json) -> None:
    table = panel(learnsnap_dashboard, "Firing alerts")["fieldConfig"]
    assert table["defaults"]["noValue"] == "No alert fires"
    dashes = {o["matcher"]["options"] for o in table["overrides"] if {"id": "noValue", "value": "-"} in o["properties"]}
    assert dashes == {"SLO", "Tier"}


def test_cell_styles_of_columns_survive_the_migration_of_newer_grafanas(learnsnap_dashboard: Json) -> None:
    for title in ("Service level objectives", "Firing alerts"):
        assert panel(learnsnap_dashboard, title)["fieldConfig"]["defaults"]["custom"] == {"displayMode": "auto"}


def test_only_axes_of_what_is_never_negative_start_at_zero(learnsnap_dashboard: Json) -> None:
    assert "axisSoftMin" not in panel(learnsnap_dashboard, "Budget left, last 30d")["fieldConfig"]["defaults"]["custom"]
    assert panel(learnsnap_dashboard, "High memory usage")["fieldConfig"]["defaults"]["custom"]["axisSoftMin"] == 0


def test_budgets_are_shown_over_the_longest_window(learnsnap_dashboard: Json, odd_dashboard: Json) -> None:
    assert panel(learnsnap_dashboard, "Budget left, last 30d")["timeFrom"] == "30d"
    assert panel(odd_dashboard, "Budget left, last 30d")["timeFrom"] == "30d"


def test_slos_of_the_same_selector_share_one_traffic_panel(learnsnap_dashboard: Json) -> None:
    traffic = [p["title"] for p in panels(learnsnap_dashboard) if p["title"].startswith("Traffic")]
    assert traffic == [
        "Traffic: HTTP requests",
        "Traffic: quiz generations",
        "Traffic: AI generations",
        "Traffic: payments",
    ]
    http = panel(learnsnap_dashboard, "Traffic: HTTP requests")
    assert [q["expr"] for q in http["targets"]] == ['sum(rate(http_requests_total{job="learnsnap"}[$__rate_interval]))']
    assert http["fieldConfig"]["defaults"]["unit"] == "reqps"


def test_selectors_of_one_metric_are_lines_of_one_panel(odd_dashboard: Json) -> None:
    assert len(panel(odd_dashboard, "Traffic: requests")["targets"]) == 2
    assert panel(odd_dashboard, "Traffic: asked")["targets"][0]["expr"] == (
        'sum(slo:events:rate5m{service="odd",slo="asked"})'
    )


def test_errors_are_shown_against_what_the_objective_allows(learnsnap: Service, learnsnap_dashboard: Json) -> None:
    shared = panel(learnsnap_dashboard, "Errors: availability, error-rate")
    assert shared["targets"][0]["expr"] == 'slo:error_ratio:rate5m{service="learnsnap",slo="availability"}'
    assert limits(shared) == [learnsnap.slos[0].budget]
    assert shared["fieldConfig"]["defaults"]["unit"] == "percentunit"


def test_what_clients_got_wrong_is_apart_from_what_failed(learnsnap_dashboard: Json) -> None:
    shown = panel(learnsnap_dashboard, "4xx and 5xx: HTTP requests")
    every = 'sum(rate(http_requests_total{job="learnsnap"}[$__rate_interval]))'
    wrong = 'sum(rate(http_requests_total{job="learnsnap",status=~"4.."}[$__rate_interval]))'
    failed = 'sum(rate(http_requests_total{job="learnsnap",status=~"5.."}[$__rate_interval]))'
    assert [query["expr"] for query in shown["targets"]] == [
        f"({wrong} or vector(0))\n/ {every}",
        f"({failed} or vector(0))\n/ {every}",
    ]
    assert legends(shown) == ["4xx", "5xx"]


@pytest.mark.parametrize(
    ("events", "label"),
    [
        ("bad: 'r{code=~\"5..\"}', total: r", "code"),
        ('bad: \'r{job="a",code=~"5\\\\d+|timeout"}\', total: \'r{job="a"}\'', "code"),
        ("good: 'r{status_code!~\"5..\"}', total: r", "status_code"),
        ("good: 'r{status=\"200\"}', total: r", "status"),
        ("good: 'r{result=\"ok\"}', total: r", None),
        ("bad: 'r{result!=\"ok\"}', total: r", None),
        ("bad: 'r{result=\"failed\"}', total: r", None),
        ("bad: 'r{status=~\"4..\"}', total: r", None),
        ("bad: failed, total: r", None),
    ],
)
def test_statuses_are_told_apart_where_a_label_holds_them(events: str, label: str | None) -> None:
    dashboard = read(render_service_dashboard(of_events(events)))
    shown = [p for p in panels(dashboard) if p["title"].startswith("4xx and 5xx")]
    assert [f"{label}=~" in p["targets"][0]["expr"] for p in shown] == ([True] if label else [])


def of_events(events: str) -> Service:
    slo = f"{{name: one, description: It works, objective: 99, sli: {{events: {{{events}}}}}, runbook: a.md}}"
    return parse_service(f"{{service: shop, description: Sells, team: t, slos: [{slo}]}}", "slos/shop.yaml")


def test_a_release_is_marked_when_a_version_runs_beside_or_after_another(learnsnap_dashboard: Json) -> None:
    (marks,) = (m for m in learnsnap_dashboard["annotations"]["list"] if m["name"] == "Releases")
    before = 'group by (version) (last_over_time(app_version_info{job="learnsnap"}[5m] offset 5m))'
    assert marks["expr"] == (
        f'group by (version) (app_version_info{{job="learnsnap"}}) unless {before} and on () {before}'
    )
    assert marks["titleFormat"] == "Release {{version}}"


def test_latency_is_shown_against_the_thresholds_of_its_objectives(learnsnap_dashboard: Json) -> None:
    latency = panel(learnsnap_dashboard, "Latency: quiz-latency-p95, quiz-latency-p99")
    assert limits(latency) == [60, 120]
    assert legends(latency) == ["p50", "p95", "p99"]
    assert latency["targets"][1]["expr"] == (
        "histogram_quantile(0.95, sum by (le) "
        '(rate(quiz_generation_duration_seconds_bucket{job="learnsnap"}[$__rate_interval])))'
    )


def test_latency_leads_to_logs_and_to_traces_where_the_file_says_where_they_are(
    learnsnap: Service, learnsnap_dashboard: Json
) -> None:
    latency, errors = "Latency: quiz-latency-p95, quiz-latency-p99", "Errors: ai-success"
    assert links(panel(learnsnap_dashboard, latency)) == links(panel(learnsnap_dashboard, errors)) == {"Logs": LOGS}
    traced = learnsnap.model_copy(update={"links": {"traces": "https://traces.example/learnsnap"}})
    dashboard = read(render_service_dashboard(traced))
    assert links(panel(dashboard, latency)) == {"Logs": LOGS, "Traces": "https://traces.example/learnsnap"}
    assert links(panel(dashboard, errors)) == {"Logs": LOGS}


def test_exemplars_are_asked_for_once_where_latency_is_shown(learnsnap_dashboard: Json) -> None:
    asked = {p["title"]: [q["refId"] for q in p["targets"] if q.get("exemplar")] for p in panels(learnsnap_dashboard)}
    assert {title: refs for title, refs in asked.items() if refs} == {
        "Latency: quiz-latency-p95, quiz-latency-p99": ["C"]
    }


def test_every_alert_has_a_panel_that_names_it_and_links_to_its_runbook(
    learnsnap: Service, learnsnap_dashboard: Json
) -> None:
    for alert in learnsnap.alerts:
        (shown,) = (p for p in panels(learnsnap_dashboard) if alert.name in p["description"].split())
        assert alert.expr in shown["description"]
        assert alert.description is None or alert.description in shown["description"]
        assert links(shown) == {"Runbook": f"https://runbooks.invalid/{alert.runbook}", "Logs": LOGS}


@pytest.mark.parametrize(
    ("title", "limit", "unit"),
    [
        ("High memory usage", 800e6, "decbytes"),
        ("High error rate", 0.01, "percentunit"),
        ("Slow quiz generation", 90, "s"),
        ("Recovery point too old", 3600, "s"),
        ("Open files high", 0.8, "percentunit"),
        ("Database connection exhausted", 18, "short"),
    ],
)
def test_an_alerts_threshold_and_unit_are_its_expressions(
    learnsnap_dashboard: Json, title: str, limit: float, unit: str
) -> None:
    shown = panel(learnsnap_dashboard, title)
    assert limits(shown) == [limit]
    assert shown["fieldConfig"]["defaults"]["unit"] == unit
    assert shown["fieldConfig"]["defaults"]["custom"]["axisSoftMax"] > limit
    (query,) = shown["targets"]
    assert ">" not in query["expr"]


def test_values_that_are_too_low_are_coloured_below_the_line(odd_dashboard: Json) -> None:
    low = panel(odd_dashboard, "HTTP queue low")
    steps = low["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps == [{"value": None, "color": "orange"}, {"value": 2, "color": "transparent"}]


def test_alerts_of_any_other_shape_show_what_they_watch(learnsnap_dashboard: Json, odd_dashboard: Json) -> None:
    assert panel(learnsnap_dashboard, "Service down, Instance down")["targets"][0]["expr"] == 'up{job="learnsnap"}'
    assert panel(odd_dashboard, "Gone")["targets"][0]["expr"] == 'heartbeat{job="x"}'
    either = panel(odd_dashboard, "Either side")
    assert [query["expr"] for query in either["targets"]] == ["low_ratio", "high_ratio"]
    assert limits(either) == [0.1, 0.9]
    assert panel(odd_dashboard, "Plain")["targets"][0]["expr"] == "vector(1)"


SHARED = """
service: shop
description: Sells
team: t
slos: [{name: a, description: It works, objective: 99, sli: {events: {bad: b, total: t}}, runbook: a.md}]
alerts:
  - {name: Some, expr: sum(lost) > 10, severity: medium, summary: Some, runbook: a.md}
  - {name: Low, expr: stock < 5, severity: medium, summary: Low, runbook: a.md}
  - {name: Many, expr: sum(lost) > 50, severity: critical, summary: Many, description: Many are lost., runbook: b.md}
  - {name: Out, expr: stock < 1, severity: high, summary: '{{ $labels.item }} is out', runbook: a.md}
  - {name: Others, expr: sum(lost) > sum(found), severity: medium, summary: Others, runbook: a.md}
panels:
  - {title: The lost, lines: [{expr: 'sum (lost)', legend: all}]}
  - {title: The found, lines: [{expr: sum(found), legend: all}]}
"""


def test_alerts_that_watch_the_same_share_a_panel_with_their_thresholds() -> None:
    service = parse_service(SHARED, "slos/shop.yaml")
    board = read(render_service_dashboard(service))
    lost, stock = panel(board, "Some, Many"), panel(board, "Low, Out")
    assert [query["expr"] for query in lost["targets"]] == ["sum(lost)"]
    steps = lost["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "transparent"), (10, "yellow"), (50, "red")]
    assert all(f"{name} (" in lost["description"] for name in ("Some", "Many"))
    assert "Many are lost." in lost["description"]
    runbooks = {title: url for title, url in links(lost).items() if title != "Logs"}
    assert runbooks == {
        "Runbook: Some": "https://runbooks.invalid/a.md",
        "Runbook: Many": "https://runbooks.invalid/b.md",
    }
    steps = stock["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "orange"), (1, "yellow"), (5, "transparent")]
    assert legends(stock) == ["{{item}}"]
    assert [query["expr"] for query in panel(board, "Others")["targets"]] == ["sum(lost)", "sum(found)"]


@pytest.mark.parametrize(("of_alert", "drawn"), [("{}", ["Backup too old"]), ("off", ["Backup age"])])
def test_a_signals_graph_that_an_alert_has_is_not_drawn_again(of_alert: str, drawn: list[str]) -> None:
    backups = f"signals: {{backups: {{runbook: a.md, alerts: {{BackupTooOld: {of_alert}}}}}}}\n"
    board = read(render_service_dashboard(parse_service(SHARED + backups, "slos/shop.yaml")))
    titles = [each["title"] for each in panels(board)]
    assert [title for title in titles if title in ("Backup too old", "Backup age")] == drawn
    assert {"The lost", "The found"} <= {*titles}, "the file itself asks for them"


def test_lines_are_told_apart_by_the_labels_that_the_alert_names(learnsnap_dashboard: Json) -> None:
    assert legends(panel(learnsnap_dashboard, "AI provider degraded")) == ["{{provider}}"]
    assert legends(panel(learnsnap_dashboard, "Dependency down")) == ["{{dependency}}"]
    assert legends(panel(learnsnap_dashboard, "High memory usage")) == ["{{instance}}"]


ALERTING_ON = """
service: shop
description: Sells
team: t
slos: [{name: a, description: It works, objective: 99, sli: {events: {bad: b, total: t}}, runbook: a.md}]
alerts: [{name: TooMany, expr: 'EXPR', severity: high, summary: Too many, runbook: a.md}]
"""


def watched_panel(expr: str) -> Json:
    service = parse_service(ALERTING_ON.replace("EXPR", expr), "slos/shop.yaml")
    return panel(read(render_service_dashboard(service)), "Too many")


@pytest.mark.parametrize(
    ("expr", "lines"),
    [
        ("max(used) > 0.9 * max(limit)", ["Too many", "threshold"]),
        ("used > 2 * used offset 1h and used > 9", ["{{instance}}", "threshold {{instance}}"]),
        (
            'max(pool{job="a",is="waiting"}) > 0 or max(pool{job="a",is="used"}) > max(pool{job="a",is="max"})',
            ["Pool waiting", "Pool used", "threshold"],
        ),
        ("max(a) > 1 or min(b) < 1", ["A", "B"]),
        ('max by (is) (pool{is="used"}) > 1 or max by (is) (pool{is="waiting"}) > 2', ["{{is}}", "{{is}}"]),
        ('max by (is) (pool{is="used"}) > 1 or max by (is) (lost{is="used"}) > 2', ["Pool {{is}}", "Lost {{is}}"]),
        ("slo:error_ratio:rate1h > 0.5", ["Too many"]),
        ("vector(1) > time() or vector(2) > 1", ["vector(1)", "threshold", "vector(2)"]),
    ],
)
def test_lines_are_named_by_what_tells_them_apart_and_limits_as_such(expr: str, lines: list[str]) -> None:
    assert legends(watched_panel(expr)) == lines


@pytest.mark.parametrize(
    ("expr", "drawn"),
    [
        ("max(age{job='a'}) > 1 or absent(age{job='a'})", ["max(age{job='a'})"]),
        ("max(age) > 1 or absent(up)", ["max(age)", "up"]),
        ("absent(age)", ["age"]),
        ("absent(age) or absent(up)", ["age", "up"]),
        ("max(age) > 1 or min(age) < 9", ["max(age)", "min(age)"]),
    ],
)
def test_what_is_missed_is_drawn_where_no_other_line_draws_it(expr: str, drawn: list[str]) -> None:
    shown = [query["expr"].replace('"', "'") for query in watched_panel(expr.replace("'", '"'))["targets"]]
    assert shown == drawn


def test_what_a_line_is_compared_with_is_dashed_in_the_alerts_colour() -> None:
    (limit,) = watched_panel("max(used) > max(limit)")["fieldConfig"]["overrides"]
    assert limit["matcher"] == {"id": "byRegexp", "options": "/^threshold/"}
    assert {"id": "color", "value": {"mode": "fixed", "fixedColor": "orange"}} in limit["properties"]
    assert watched_panel("max(used) > 3")["fieldConfig"]["overrides"] == []


@pytest.mark.parametrize(
    ("expr", "drawn"),
    [
        ("absent(done_timestamp_seconds)", ["time() - (done_timestamp_seconds)"]),
        (
            "max(failed_timestamp_seconds) > max(done_timestamp_seconds)",
            [
                "time() - (max(failed_timestamp_seconds))",
                "time() - (max(done_timestamp_seconds))",
            ],
        ),
        ("time() - max(done_timestamp_seconds) > 60", ["time() - max(done_timestamp_seconds)"]),
        ("changes(process_start_time_seconds[15m]) > 3", ["changes(process_start_time_seconds[15m])"]),
    ],
)
def test_times_are_drawn_as_how_long_ago_they_are(expr: str, drawn: list[str]) -> None:
    shown = watched_panel(expr)
    assert [query["expr"] for query in shown["targets"]] == drawn
    assert shown["fieldConfig"]["defaults"]["unit"] == ("short" if "changes" in expr else "s")


def test_quotes_and_backslashes_reach_prometheus_as_they_were_written(odd_dashboard: Json) -> None:
    read = {
        (selector.name, matcher.name): matcher.value
        for expr in promql(odd_dashboard)
        for selector in selectors(expr)
        for matcher in selector.matchers.matchers
    }
    assert read["workers", "pool"] == 'a"b'
    assert read["latency_seconds_bucket", "route"] == '/health|/"ready"'
    assert {'C:\\temp"x"', "/"} >= {read["requests_total", "path"]}
    exprs = [expr for expr in promql(odd_dashboard) if "requests_total{" in expr]
    assert any('path="C:\\\\temp\\"x\\""' in expr for expr in exprs)


def test_logs_are_those_of_the_services_jobs(learnsnap_dashboard: Json, odd_dashboard: Json) -> None:
    logs = panel(learnsnap_dashboard, "Logs")
    assert (logs["datasource"], logs["targets"][0]["expr"]) == ("loki", '{job="learnsnap"}')
    assert panel(odd_dashboard, "Logs")["targets"][0]["expr"] == r'{job=~"o\"dd\\\\job|a\\.b"}'
    assert panels(learnsnap_dashboard)[-1] is logs


def test_links_lead_to_the_overview_and_to_what_the_service_names(learnsnap_dashboard: Json) -> None:
    links = {link["title"]: link["url"] for link in learnsnap_dashboard["links"]}
    assert links == {"All services": "/d/slo-overview", "status page": "https://status.learnsnap.example"}


def test_firing_alerts_are_the_services_own_and_the_urgent_ones_marked_on_every_graph(
    learnsnap_dashboard: Json,
) -> None:
    markers, _ = learnsnap_dashboard["annotations"]["list"]
    assert markers["expr"] == 'ALERTS{alertstate="firing",service="learnsnap",severity=~"critical|high"}'
    assert markers["titleFormat"] == "{{alertname}}"
    for query in panel(learnsnap_dashboard, "Firing alerts")["targets"]:
        assert 'service="learnsnap"' in query["expr"]


def test_a_service_without_alerts_has_no_empty_section(odd: Service) -> None:
    dashboard = read(render_service_dashboard(odd.model_copy(update={"alerts": ()})))
    titles = [p["title"] for p in dashboard["panels"] if p["type"] == "row"]
    assert titles == ["Now", "Burn rates", "Traffic", "Errors and latency", "Logs"]

"""What is marked on graphs, asked of a real Prometheus as Grafana asks it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from slostack import promtool
from slostack.dashboards import render_overview_dashboard, render_service_dashboard
from slostack.spec import Service, parse_service
from tests.unit.dashboards.served import Asked, prometheus

STEP, SCRAPE = 60, 15
BEGIN = 1_800_000_000
"""Of an hour in which everything happens."""
RELEASED, FIRED, MAINTAINED = BEGIN + 1200, BEGIN + 1800, BEGIN + 2400
SPAN = (BEGIN, BEGIN + 3600)
SHOP = """
service: shop
description: Sells
team: t
scrape: [{job: shop}]
slos:
  - name: success
    description: It works
    objective: 99
    sli: {events: {bad: b, total: t}}
    maintenance: [{cron: 0 2 * * SUN, duration: 2h}]
    runbook: a.md
"""
SERIES = {
    'app_version_info{job="shop",instance="a",version="1"}': (BEGIN, RELEASED, 1),
    'app_version_info{job="shop",instance="a",version="2"}': (RELEASED, BEGIN + 3600, 1),
    'app_version_info{job="other",instance="a",version="3"}': (RELEASED, BEGIN + 3600, 1),
    'ALERTS{alertname="Down",alertstate="firing",service="shop",severity="high",team="t"}': (FIRED, FIRED + 300, 1),
    'ALERTS{alertname="Slow",alertstate="firing",service="shop",severity="low",team="t"}': (FIRED, FIRED + 300, 1),
    'ALERTS{alertname="Down",alertstate="pending",service="shop",severity="high",team="t"}': (FIRED - 300, FIRED, 1),
    'slo:maintenance:bool{service="shop",slo="success"}': (MAINTAINED, MAINTAINED + 300, 1),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("markers")
    by_metric: dict[str, list[str]] = {}
    for series, (start, end, value) in SERIES.items():
        lines = by_metric.setdefault(series.partition("{")[0], [])
        lines += [f"{series} {value} {at}" for at in range(start, end, SCRAPE)]
    text = [line for metric, lines in by_metric.items() for line in (f"# TYPE {metric} gauge", *lines)]
    (folder / "history.txt").write_text("\n".join([*text, "# EOF\n"]))
    promtool.create_blocks_from_openmetrics(folder / "history.txt", folder / "data")
    with prometheus(folder) as asked:
        yield asked


@pytest.fixture(scope="module")
def shop() -> Service:
    return parse_service(SHOP, "slos/shop.yaml")


def marks(server: Asked, dashboard: str, name: str) -> dict[str, tuple[int, int]]:
    """The first and last time that is marked, from the span's beginning, by the label that the title names."""
    (marker,) = [each for each in json.loads(dashboard)["annotations"]["list"] if each["name"] == name]
    found = server.ranged(marker["expr"], *SPAN, STEP)
    label = marker["titleFormat"].rpartition("{{")[2].rstrip("}")
    times = {each["metric"].get(label, label): [int(at) - BEGIN for at, _ in each["values"]] for each in found}
    assert all(at == list(range(at[0], at[-1] + 1, STEP)) for at in times.values())
    return {title: (at[0], at[-1]) for title, at in times.items()}


def test_a_release_is_marked_for_five_minutes_from_its_first_scrape(server: Asked, shop: Service) -> None:
    assert marks(server, render_service_dashboard(shop), "Releases") == {"2": (1200, 1440)}


def test_urgent_alerts_are_marked_while_they_fire(server: Asked, shop: Service) -> None:
    for dashboard in (render_service_dashboard(shop), render_overview_dashboard((shop,))):
        begun, ended = marks(server, dashboard, "Urgent alerts")["Down"]
        assert (begun, ended) == (1800, 2340)
        assert set(marks(server, dashboard, "Urgent alerts")) == {"Down"}


def test_maintenance_is_marked_while_it_lasts(server: Asked, shop: Service) -> None:
    assert marks(server, render_service_dashboard(shop), "Maintenance") == {"Maintenance": (2400, 2940)}

"""What the dashboard of clusters asks: an SLO over all clusters is as one that judges the events of all of them."""

from __future__ import annotations

import pytest

from slostack import plain_yaml
from slostack.dashboards.clusters import burn_over_all, left_over_all
from slostack.spec import Duration
from tests.rules.playing import HEAD, HOUR, play

END = 2 * HOUR
BURN = burn_over_all(Duration(HOUR))
EVENTS = {"bad": "bad_total", "total": "all_total"}
PER_CLUSTER = {
    'all_total{cluster="eu-1"}': "0+1500x240",
    'bad_total{cluster="eu-1"}': "0+1x120 120+30x120",
    'all_total{cluster="us-1"}': "0+30x240",
    'bad_total{cluster="us-1"}': "0+15x240",
    'all_total{cluster="ap-1"}': "0x240",
    'bad_total{cluster="ap-1"}': "0x240",
}


def slos(**grouped: list[str]) -> str:
    """One SLO per keyword, grouped by its labels; all judge the same events."""
    keys = {"description": "It works", "objective": 99, "runbook": "a.md", "sli": {"events": EVENTS}}
    return HEAD + plain_yaml.dump({"slos": [{**keys, "name": name, "group_by": by} for name, by in grouped.items()]})


def test_over_all_clusters_each_counts_by_its_events() -> None:
    left, burn = left_over_all(), BURN
    file = slos(each=["cluster"], together=[])
    lowest = 'min by (slo) (slo:error_budget_remaining:ratio{slo="each"})'
    played = play(file, PER_CLUSTER, {left: [END], burn: [END], lowest: [END]}, step=30)
    for query in (left, burn):
        values = played.values(query, END, "slo")
        assert values["each"] == pytest.approx(values["together"], abs=1e-9), query
    of_all = played.values(left, END, "slo")["each"]
    assert played.value(lowest, END) < of_all < 1  # type: ignore[operator]
    assert played.values(burn, END, "slo")["each"] == pytest.approx(45 / 1530 / 0.01, rel=0.02)


def test_of_a_grouped_slo_the_worst_label_set_is_shown_over_all_clusters() -> None:
    series = {
        'all_total{cluster="eu-1",route="/a"}': "0+300x240",
        'bad_total{cluster="eu-1",route="/a"}': "0+3x240",
        'all_total{cluster="us-1",route="/a"}': "0+300x240",
        'bad_total{cluster="us-1",route="/a"}': "0x240",
        'all_total{cluster="us-1",route="/b"}': "0+30x240",
        'bad_total{cluster="us-1",route="/b"}': "0x240",
    }
    played = play(slos(routes=["cluster", "route"]), series, {BURN: [END]}, step=30)
    assert played.value(BURN, END) == pytest.approx(3 / 600 / 0.01, rel=0.01)


def test_clusters_without_events_have_all_of_their_budget() -> None:
    nothing = {'all_total{cluster="eu-1"}': "0x120", 'bad_total{cluster="eu-1"}': "0x120"}
    played = play(slos(each=["cluster"]), nothing, {left_over_all(): [HOUR], BURN: [HOUR]}, step=30)
    assert played.value(left_over_all(), HOUR) == 1
    assert played.value(BURN, HOUR) is None

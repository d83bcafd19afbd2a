"""Dashboard panels: what was added, removed and changed, by row and title."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slostack.errors import SlostackError
from slostack.review import Change, Detail
from slostack.review.panels import panel_changes, panels, variable_changes
from tests.unit.review.conftest import Repository

PATH = "dashboards/custom/own.json"


def panel(title: str, expr: str = "up", unit: str = "short", limit: float = 1, **more: Any) -> dict[str, Any]:
    """A panel with one query."""
    steps = [{"color": "green", "value": None}, {"color": "red", "value": limit}]
    return {
        "type": "timeseries",
        "title": title,
        "targets": [{"refId": "A", "expr": expr}],
        "fieldConfig": {"defaults": {"unit": unit, "thresholds": {"mode": "absolute", "steps": steps}}},
        **more,
    }


def row(title: str, *inside: dict[str, Any]) -> dict[str, Any]:
    """A row, with the panels that it holds when it is collapsed."""
    return {"type": "row", "title": title, "panels": list(inside), "collapsed": bool(inside)}


def changes(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[Change]:
    """What changed between two dashboards of these panels."""
    return [panel.as_change for panel in panel_changes({"panels": old}, {"panels": new}, generated=False)]


@pytest.mark.parametrize(
    ("changed", "details"),
    [
        (panel("P", "up == 1"), (Detail("query A", "up", "up == 1"),)),
        (panel("P", unit="s"), (Detail("unit", "short", "s"),)),
        (panel("P", limit=2.5), (Detail("thresholds", "green, red from 1", "green, red from 2.5"),)),
        (panel("P", type="stat"), (Detail("type", "timeseries", "stat"),)),
        (panel("P", options={"legend": 1}, links=[1]), (Detail("other settings (links, options)"),)),
        (panel("P", " up "), ()),
        (panel("P", gridPos={"x": 1}, id=7), ()),
    ],
)
def test_what_changed_in_a_panel(changed: dict[str, Any], details: tuple[Detail, ...]) -> None:
    assert changes([row("R"), panel("P")], [row("R"), changed]) == (
        [Change("changed", "P", details, "R")] if details else []
    )


def test_in_generated_panels_only_what_is_shown_counts() -> None:
    old, new = {"panels": [panel("P")]}, {"panels": [panel("P", unit="s", description="follows from elsewhere")]}
    (change,) = panel_changes(old, new, generated=True)
    assert change.details == (Detail("unit", "short", "s"),)


def test_panels_that_are_added_and_removed() -> None:
    old = [row("R"), panel("A"), panel("B"), row("S"), panel("A")]
    new = [row("R"), panel("A"), row("S"), panel("A"), panel("C")]
    assert changes(old, new) == [Change("added", "C", (), "S"), Change("removed", "B", (), "R")]


def at(title: str, x: int, y: int, width: int = 12, height: int = 8) -> dict[str, Any]:
    """A panel with a query of its own at a place."""
    return panel(title, f"up{{job='{title}'}}", gridPos={"x": x, "y": y, "w": width, "h": height})


def where(*panels: dict[str, Any]) -> list[tuple[str, tuple[Detail, ...]]]:
    """What is said of two lines of panels, A to D, that become the given ones."""
    old = [at("A", 0, 0), at("B", 12, 0), at("C", 0, 8), at("D", 12, 8)]
    return [(change.name, change.details) for change in changes(old, list(panels))]


def test_only_the_panel_that_was_moved_is_named() -> None:
    last_line = Detail("moved", "column 0, line 0", "column 12, line 8")
    assert where(at("B", 0, 0), at("C", 12, 0), at("D", 0, 8), at("A", 12, 8)) == [("A", (last_line,))]
    assert where(at("A", 0, 0), at("B", 12, 0), at("C", 0, 8), at("D", 6, 8)) == [
        ("D", (Detail("moved", "column 12, line 8", "column 6, line 8"),))
    ]
    assert where(at("A", 0, 0), at("B", 12, 0), at("C", 0, 8), at("D", 0, 16)) == [
        ("D", (Detail("moved", "column 12, line 8", "column 0, line 16"),))
    ]
    assert where(at("A", 0, 0), at("B", 12, 20), at("C", 0, 30), at("D", 12, 30)) == [
        ("B", (Detail("moved", "column 12, line 0", "column 12, line 20"),))
    ]


def test_what_gives_way_was_not_moved() -> None:
    lower = [at("A", 0, 9), at("B", 12, 9), at("C", 0, 17), at("D", 12, 17)]
    assert where(*lower) == []
    assert where(at("New", 0, 0, 24), *lower) == [("New", ())]
    wrapped = (at("New", 0, 0), at("A", 12, 0), at("B", 0, 8), at("C", 12, 8), at("D", 0, 16))
    assert where(*wrapped) == [("New", ())]
    assert where(at("B", 0, 0), at("C", 0, 8), at("D", 12, 8)) == [("A", ())]
    assert where(at("A", 0, 0, 6), at("B", 6, 0), at("C", 0, 8), at("D", 12, 8)) == [
        ("A", (Detail("size", "12 by 8", "6 by 8"),))
    ]


def test_a_panel_in_another_row_and_under_another_title() -> None:
    old = [row("R"), at("A", 0, 0), at("B", 12, 0), row("S"), at("C", 0, 8)]
    assert changes(old, [row("R"), at("B", 0, 0), row("S"), at("C", 0, 8), at("A", 12, 8)]) == [
        Change("changed", "A", (Detail("row", "R", "S"),), "R")
    ]
    retitled = {**at("B", 12, 0), "title": "Bees"}
    assert changes(old, [*old[:2], retitled, *old[3:]]) == [
        Change("changed", "B", (Detail("title", "B", "Bees"),), "R")
    ]
    old[2] = {**old[2], "id": 7}
    other = panel("Bees", "rate(up[5m])", id=7, gridPos=old[2]["gridPos"])
    assert changes(old, [*old[:2], other, *old[3:]]) == [
        Change("changed", "B", (Detail("title", "B", "Bees"), Detail("query A", "up{job='B'}", "rate(up[5m])")), "R")
    ]


def test_a_row_that_is_collapsed_holds_the_same_panels() -> None:
    assert changes([row("R"), panel("A"), panel("B")], [row("R", panel("A"), panel("B"))]) == []


def test_panels_of_one_title_are_told_apart_by_their_order() -> None:
    keys = panels({"panels": [panel("A"), panel("A"), {"type": "text"}]})
    assert [(key.row, key.title, key.nth) for key in keys] == [("", "A", 0), ("", "A", 1), ("", "text", 0)]


def test_of_a_generated_panel_the_order_counts_and_not_the_place_that_follows_from_others() -> None:
    old = [at("A", 0, 0), at("B", 8, 0), at("C", 16, 0), at("D", 0, 8)]
    wider = [at("A", 0, 0), at("New", 6, 0), at("B", 12, 0), at("C", 18, 0), at("D", 0, 8)]
    moved = [at("D", 0, 0), at("A", 8, 0), at("B", 16, 0), at("C", 0, 8)]

    def generated(new: list[dict[str, Any]]) -> list[Change]:
        return [panel.as_change for panel in panel_changes({"panels": old}, {"panels": new}, generated=True)]

    assert [change.names for change in generated(wider)] == [("New",)]
    assert generated(moved) == [Change("changed", "D", (Detail("moved", "after C", "first"),))]
    assert generated([old[0], at("C", 8, 0), at("B", 16, 0), old[3]]) == [
        Change("changed", "B", (Detail("moved", "after A", "after C"),))
    ]


def test_queries_that_change_alike_are_one_detail_and_only_the_difference_is_shown() -> None:
    def burn(budget: str) -> dict[str, Any]:
        windows = [f"slo:error_ratio:rate{window}{{service='a'}} / {budget}" for window in ("5m", "1h")]
        return panel("P", targets=[{"refId": ref, "expr": expr} for ref, expr in zip("AB", windows, strict=True)])

    (change,) = changes([burn("0.001")], [burn("0.01")])
    assert change.details == (Detail("query A, B", "… / 0.001", "… / 0.01"),)


def test_of_a_generated_query_the_difference_is_shown_at_its_beginning_and_end() -> None:
    def of(expr: str) -> dict[str, Any]:
        return {"panels": [panel("P", expr)]}

    old, new = of("a + b"), of("a + " + " + ".join(f"max(c{n})" for n in range(200)) + " + b")
    (change,) = panel_changes(old, new, generated=True)
    shown = change.details[0].after or ""
    assert shown.startswith("… + max(c0)")
    assert shown.endswith("max(c199) + …")
    assert len(shown) < 220
    (custom,) = panel_changes(old, new, generated=False)
    assert len(custom.details[0].after or "") > 2000


def test_a_query_that_is_added_and_one_in_another_language() -> None:
    logs = {"refId": "B", "query": "{job='a'} |= `x`"}
    (change,) = changes([panel("P")], [panel("P", targets=[{"refId": "A", "expr": "up"}, logs])])
    assert change.details == (Detail("query B", None, '{"query": "{job=\'a\'} |= `x`"}'),)


def test_grafanas_variables_are_no_obstacle() -> None:
    old, new = panel("P", "rate(x[$__rate_interval])"), panel("P", "rate( x[$__rate_interval] )")
    assert changes([old], [old]) == []
    (change,) = changes([old], [new])
    assert change.details[0].field == "query A"


def variable(name: str, query: object = "label_values(up, job)", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "query", "query": query, **more}


def test_variables_by_their_titles() -> None:
    old = [variable("a", label="Ay"), variable("b"), variable("c"), variable("d", {"query": "x"}, definition="x")]
    new = [
        variable("a", "label_values(up, a)", label="Ay"),
        variable("c", label="See", multi=True),
        variable("d", "x"),
        variable("e", label="Ee"),
    ]
    assert list(variable_changes({"templating": {"list": old}}, {"templating": {"list": new}})) == [
        Change("changed", "Ay", (Detail("values", "label_values(up, job)", "label_values(up, a)"),)),
        Change("changed", "See", (Detail("title", None, "See"), Detail("other settings (multi)"))),
        Change("added", "Ee"),
        Change("removed", "b"),
    ]
    assert list(variable_changes({}, {"templating": {}})) == []


def test_a_service_that_tells_apart_by_route_gets_a_variable_and_no_panel_is_named_for_it(
    repository: Repository,
) -> None:
    lines = "[{expr: 'sum(r{job=\"api\"})', legend: l}]"
    repository.edit("slos:\n", f"panels: [{{title: By route, lines: {lines}}}]\nslos:\n")
    repository.commit()
    repository.edit("sum(r", "sum by (route) (r")
    assert repository.section("Dashboard variables") == (Change("added", "Route"),)
    assert [change.name for change in repository.section("Dashboard panels")] == ["By route"]
    repository.commit()
    repository.edit("sum by (route) (r", "sum(r")
    assert repository.section("Dashboard variables") == (Change("removed", "Route"),)


def test_an_added_graph_of_the_services_own_is_told_with_what_it_shows(repository: Repository) -> None:
    panel = """panels:
  - title: Orders
    description: Within a day
    unit: reqps
    lines: [{expr: sum( a ), legend: now}, {expr: b, legend: then}]
slos:
"""
    repository.edit("slos:\n", panel)
    assert repository.lines() == [
        "api",
        "Dashboard panels",
        "+ Further graphs / Orders",
        "description Within a day",
        "unit reqps",
        "query A sum( a )",
        "query B b",
    ]
    repository.commit()
    repository.edit(panel, "slos:\n")
    assert repository.lines()[2:] == ["- Further graphs / Orders"]


def test_a_dashboard_of_ones_own(repository: Repository) -> None:
    repository.write(PATH, json.dumps({"title": "Own", "panels": [panel("P")], "version": 1}))
    assert repository.part(PATH).kind == "added"
    repository.commit()
    repository.write(PATH, json.dumps({"version": 2, "panels": [panel("P")], "title": "Own"}, indent=2))
    assert repository.review().parts == ()
    changed = {"title": "Ours", "panels": [panel("P", description="new")], "refresh": "1m"}
    repository.write(PATH, json.dumps(changed))
    assert repository.lines() == [
        PATH,
        "Dashboard",
        "~ Ours",
        "refresh",
        "title",
        "Dashboard panels",
        "~ P: other settings (description)",
    ]


def test_a_dashboard_without_panels_is_named(repository: Repository) -> None:
    repository.write(PATH, '{"title": "Own"}')
    assert repository.lines() == [f"+ {PATH} (added)"]
    repository.commit()
    (repository.root / PATH).unlink()
    assert repository.lines() == [f"- {PATH} (removed)"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"panels": 3}', '{"panels": [3]}', "[" * 100_000])
def test_a_file_of_ones_own_that_is_no_dashboard(repository: Repository, text: str) -> None:
    repository.write(PATH, text)
    with pytest.raises(SlostackError, match=rf"^{PATH}: [^\n]*, expected a Grafana dashboard"):
        repository.review()

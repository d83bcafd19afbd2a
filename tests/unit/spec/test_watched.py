"""What alerts watch, and how near they are."""

from __future__ import annotations

import pytest

from slostack.spec.watched import drawn, nearness, watched


@pytest.mark.parametrize(
    ("expr", "lines"),
    [
        ("a > 3", [("a", ">", 3)]),
        ("3 < a", [("a", ">", 3)]),
        ("(a <= bool -1.5)", [("a", "<=", -1.5)]),
        ("2 == a", [("a", "==", 2)]),
        ("a - time() < 14 * (86400 / 2)", [("a - time()", "<", 604800)]),
        ("a > 2 * scalar(b)", [("a", None, None), ("2 * scalar(b)", None, None)]),
        ("a > b", [("a", None, None), ("b", None, None)]),
        ("a > 1 and on (x) b > 2", [("a", ">", 1)]),
        ("a > 1 unless b", [("a", ">", 1)]),
        ("a > 1 or b < 2", [("a", ">", 1), ("b", "<", 2)]),
        ("a > 1 or a > 1", [("a", ">", 1)]),
        ("absent(a == 1)", [("a", None, None)]),
        ('absent_over_time(a{x="y"}[5m])', [('a{x="y"}', None, None)]),
        ("rate(a[5m]) / rate(b[5m])", [("rate(a[5m]) / rate(b[5m])", None, None)]),
        ("sum(a) * 2 > 800e6", [("sum(a) * 2", ">", 800e6)]),
        ("a offset 5m > 1", [("a offset 5m", ">", 1)]),
        (r'a{b="C:\\x \"y\""} > 1', [(r'a{b="C:\\x \"y\""}', ">", 1)]),
    ],
)
def test_what_an_alert_watches(expr: str, lines: list[tuple[str, str | None, float | None]]) -> None:
    assert [(line.expr, line.comparison, line.threshold) for line in watched(expr)] == lines


@pytest.mark.parametrize(
    ("expr", "lines"),
    [
        ("a > 1 or absent(a)", ["a"]),
        ('sum(a{x=~"1|2"}) > 1 or absent(a{x="1"}) or absent(a{x="2"})', ['sum(a{x=~"1|2"})']),
        ('a{x="1"} > 1 or absent(a)', ['a{x="1"}', "a"]),
        ('a{x="1"} > 1 or absent(b{x="1"})', ['a{x="1"}', 'b{x="1"}']),
        ("absent(a)", ["a"]),
    ],
)
def test_what_an_alert_only_asks_for_is_drawn_where_nothing_else_reads_it(expr: str, lines: list[str]) -> None:
    assert [line.expr for line in drawn(expr)] == lines


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ("sum(a) > 1", ()),
        ("max by (x, y) (a) > 1", ("x", "y")),
        ("sum without (x) (a) > 1", None),
        ("a > 1", None),
        ("topk by (x) (2, a) > 1", None),
        ("histogram_quantile(0.9, sum by (le, route) (rate(a_bucket[5m]))) > 1", ("route",)),
        ("time() - max(a) > 1", ()),
        ("predict_linear(sum(a)[6h:5m], 4 * 86400) > 1", ()),
        ("2 * max by (x) (a) > 1", ("x",)),
        ("sum by (x) (a) / on (x) b > 1", ("x",)),
        ("clamp_min(a, 0) > 1", None),
    ],
)
def test_the_labels_of_what_it_watches(expr: str, labels: tuple[str, ...] | None) -> None:
    assert watched(expr)[0].labels == labels


@pytest.mark.parametrize(
    ("expr", "near"),
    [
        ("a > 3", "V / (3)"),
        ("(a >= 0.8 * 20)", "V / (0.8 * 20)"),
        ("a >= 0.8 * scalar(max(b))", "V / (0.8 * scalar(max(b)))"),
        ("a < 3", "(3) / V"),
        ("max(a) == 0", "V == bool (0)"),
        ("a > b", None),
        ("a > 1 and b", None),
        ("absent(a)", None),
        ("a != 1", None),
    ],
)
def test_how_near_an_alert_is(expr: str, near: str | None) -> None:
    assert nearness(expr, "V") == near


@pytest.mark.parametrize(
    ("expr", "lowest"), [("a > 1", False), ("a < 1", True), ("a == 0", True), ("a == 1", False), ("absent(a)", False)]
)
def test_which_line_is_the_worst(expr: str, lowest: bool) -> None:
    assert watched(expr)[0].worst_is_lowest == lowest

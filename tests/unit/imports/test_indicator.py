"""Queries become selectors wherever those say the same, else counts in a window, else a ratio."""

from __future__ import annotations

from typing import Any

import pytest

from slostack.imports import counting, indicator, promql
from slostack.imports.promql import parse, parse_windowed

W = "[{{.window}}]"
ERRORS = f'sum(rate(r{{code="5"}}{W}))'
ALL = f"sum(rate(r{W}))"


def events(part: str, total: str, *, bad: bool = True) -> dict[str, Any]:
    """The `events` of two selectors."""
    return {"events": {"bad" if bad else "good": part, "total": total}}


def divided(part: str, total: str) -> dict[str, Any]:
    """The `queries` of a ratio."""
    return {"queries": {"error_ratio": f"(({part}) or 0 * ({total}))\n/ ({total})"}}


def asked(ratio: str) -> dict[str, Any]:
    """The `queries` of a ratio as it is written."""
    return {"queries": {"error_ratio": ratio.replace("{{.window}}", "$window")}}


@pytest.mark.parametrize(
    ("bad", "total", "sli", "group_by"),
    [
        (ERRORS, ALL, events('r{code="5"}', "r"), ()),
        (ERRORS.replace("rate", "increase"), ALL.replace("rate", "increase"), events('r{code="5"}', "r"), ()),
        (f"({ERRORS} OR on() vector(0))", f"(({ALL}))", events('r{code="5"}', "r"), ()),
        (f"{ERRORS} or vector(0)", ALL, events('r{code="5"}', "r"), ()),
        (ERRORS, f"{ALL} > 0", events('r{code="5"}', "r"), ()),
        (rf"sum(rate(r{{code=~`5\d\d`}}{W}))", ALL, events(r'r{code=~"5\\d\\d"}', "r"), ()),
        (f"sum by (route) (rate(e{W}))", f"sum(rate(r{W})) by (route)", events("e", "r"), ("route",)),
        (f"sum by (a, b) (rate(e{W}))", f"sum by (b, a) (rate(r{W}))", events("e", "r"), ("a", "b")),
        (f'sum by (job) (rate(e{{job="x"}}{W}))', f'sum by (job) (rate(r{{job="x"}}{W}))',
         events('e{job="x"}', 'r{job="x"}'), ()),
        (f"{ALL} - sum(rate(g{W}))", ALL, events("g", "r", bad=False), ()),
        (f'sum(rate(d_seconds_count{W})) - sum(rate(d_seconds_bucket{{le="0.5"}}{W}))',
         f"sum(rate(d_seconds_count{W}))",
         {"latency": {"histogram": "d_seconds", "threshold": 0.5}}, ()),
        (f"sum(count_over_time(up{W})) - sum(sum_over_time(up{W}))", f"sum(count_over_time(up{W}))",
         {"uptime": "up"}, ()),
        # Counts that take a query.
        (f"sum(rate(a{W})) + sum(rate(b{W}))", ALL,
         {"queries": {"bad": "sum(increase(a[$window])) + sum(increase(b[$window]))",
                      "total": "sum(increase(r[$window]))"}}, ()),
        (f'2 * sum(rate(a{{q="rate(x)"}}{W})) # rate(c)', f"-sum(rate(r{W}))",
         {"queries": {"bad": '2 * sum(increase(a{q="rate(x)"}[$window]))',
                      "total": "-sum(increase(r[$window]))"}}, ()),
        (f"sum(rate(a{W} offset 5m)) / 2", ALL,
         {"queries": {"bad": "sum(increase(a[$window] offset 5m)) / 2", "total": "sum(increase(r[$window]))"}}, ()),
        (f"sum_over_time(count(x > 1){W.replace(']', ':]')})", f"sum_over_time(count(x){W.replace(']', ':]')})",
         {"queries": {"bad": "sum_over_time(count(x > 1)[$window:])", "total": "sum_over_time(count(x)[$window:])"}},
         ()),
        # What is no number of events in the window.
        (f"sum(rate(a{W}) > 5)", ALL, divided("sum(rate(a[$window]) > 5)", "sum(rate(r[$window]))"), ()),
        (f"sum(irate(a{W}))", ALL, divided("sum(irate(a[$window]))", "sum(rate(r[$window]))"), ()),
        (f"sum(rate(a{W})) * sum(rate(b{W}))", ALL,
         divided("sum(rate(a[$window])) * sum(rate(b[$window]))", "sum(rate(r[$window]))"), ()),
    ],
)  # fmt: skip
def test_queries_of_bad_and_all_events(bad: str, total: str, sli: dict[str, Any], group_by: tuple[str, ...]) -> None:
    found = indicator.from_bad(parse_windowed(bad), parse_windowed(total))
    assert (found.sli, found.group_by) == (sli, group_by)


@pytest.mark.parametrize(
    ("good", "total", "sli"),
    [
        (ERRORS, ALL, events('r{code="5"}', "r", bad=False)),
        (f'sum(rate(d_seconds_bucket{{le="2",a="b"}}{W}))', f'sum(rate(d_seconds_count{{a="b"}}{W}))',
         {"latency": {"histogram": 'd_seconds{a="b"}', "threshold": 2}}),
        (f'sum(rate(d_seconds_bucket{{le="2.0"}}{W}))', f"sum(rate(d_seconds_count{W}))",
         {"latency": {"histogram": "d_seconds", "threshold": 2}}),
        # Buckets that `latency` would not find, or that are of other requests.
        (f'sum(rate(d_seconds_bucket{{le="0.50"}}{W}))', f"sum(rate(d_seconds_count{W}))",
         events('d_seconds_bucket{le="0.50"}', "d_seconds_count", bad=False)),
        (f'sum(rate(d_seconds_bucket{{le="+Inf"}}{W}))', f"sum(rate(d_seconds_count{W}))",
         events('d_seconds_bucket{le="+Inf"}', "d_seconds_count", bad=False)),
        (f'sum(rate(d_seconds_bucket{{le=~"1|2"}}{W}))', f"sum(rate(d_seconds_count{W}))",
         events('d_seconds_bucket{le=~"1|2"}', "d_seconds_count", bad=False)),
        (f'sum(rate(d_seconds_bucket{{le="1",a="b"}}{W}))', f"sum(rate(d_seconds_count{W}))",
         events('d_seconds_bucket{le="1",a="b"}', "d_seconds_count", bad=False)),
        (f'sum(rate(d_ms_bucket{{le="1"}}{W}))', f"sum(rate(d_ms_count{W}))",
         events('d_ms_bucket{le="1"}', "d_ms_count", bad=False)),
        (f"sum(rate(a{W})) + sum(rate(b{W}))", ALL,
         {"queries": {"bad": "(sum(increase(r[$window])))\n- (sum(increase(a[$window])) + sum(increase(b[$window])))",
                      "total": "sum(increase(r[$window]))"}}),
    ],
)  # fmt: skip
def test_queries_of_good_and_all_events(good: str, total: str, sli: dict[str, Any]) -> None:
    assert indicator.from_good(parse_windowed(good), parse_windowed(total)).sli == sli


@pytest.mark.parametrize(
    ("ratio", "sli"),
    [
        (f"{ERRORS} / {ALL}", events('r{code="5"}', "r")),
        (f"1 - ({ERRORS} / {ALL})", events('r{code="5"}', "r", bad=False)),
        (f"{ERRORS} / ({ALL} > 0)", events('r{code="5"}', "r")),
        (f"1 - {ERRORS} / ({ALL} > 0)", events('r{code="5"}', "r", bad=False)),
        (f"{ERRORS} / ({ALL} > 9)", asked(f"{ERRORS} / ({ALL} > 9)")),
        (f"1 - avg_over_time(up{W})", {"uptime": "up"}),
        (f"1 - avg(avg_over_time(node_up{W}))", {"uptime": "node_up"}),
        (f"1 - sum(sum_over_time(probe_success{W})) / sum(count_over_time(probe_success{W}))",
         {"uptime": "probe_success"}),
        # What is missing counts as bad there: no selector says so.
        (f"1 - ({ERRORS} / {ALL} or vector(0))", asked(f"1 - ({ERRORS} / {ALL} or vector(0))")),
        (f"1 - (avg(avg_over_time(up{W})) or vector(0))", asked(f"1 - (avg(avg_over_time(up{W})) or vector(0))")),
        (f"1 - avg(avg_over_time(satisfaction{W}))",
         {"queries": {"error_ratio": "1 - avg(avg_over_time(satisfaction[$window]))"}}),
        (f"avg_over_time(up{W})", {"queries": {"error_ratio": "avg_over_time(up[$window])"}}),
        (f"{ERRORS} / on (a) group_left () {ALL}", asked(f"{ERRORS} / on (a) group_left () {ALL}")),
        (f"2 - ({ERRORS} / {ALL})", asked(f"2 - ({ERRORS} / {ALL})")),
    ],
)  # fmt: skip
def test_queries_of_a_ratio(ratio: str, sli: dict[str, Any]) -> None:
    assert indicator.from_error_ratio(parse_windowed(ratio)).sli == sli


@pytest.mark.parametrize(
    ("bad", "total", "note"),
    [
        (f"rate(a{W})", f"rate(b{W})", "nothing sums the query's series"),
        (f"rate(a{W}) + rate(b{W})", ALL, "the query doesn't say what tells its results apart"),
        (f"sum without (pod) (rate(a{W}))", f"sum without (pod) (rate(b{W}))", "the query doesn't say"),
        (f"sum by (a) (rate(a{W}))", ALL, "the query doesn't say"),
        (f"sum(rate(a{W}) > 5)", ALL, "what it counts in a window doesn't follow from the query"),
    ],
)
def test_what_changes_is_said(bad: str, total: str, note: str) -> None:
    found = indicator.from_bad(parse_windowed(bad), parse_windowed(total))
    assert [each.startswith(note) for each in found.notes] == [True]
    assert found.group_by == ()


def test_results_that_cannot_be_told_apart_are_summed_up() -> None:
    found = indicator.from_bad(parse_windowed(f"rate(a{W}) + rate(b{W})"), parse_windowed(f"rate(c{W})"))
    queries = {"bad": "sum(increase(a[$window]) + increase(b[$window]))", "total": "sum(increase(c[$window]))"}
    assert found.sli == {"queries": queries}


@pytest.mark.parametrize("total", [f"sum(rate(b{W}))", f"sum by (a) (rate(b{W}))"])
def test_a_rate_beside_a_number_of_events_is_a_mistake(total: str) -> None:
    with pytest.raises(ValueError, match="a rate beside a number of events, expected both sides to count in the same"):
        indicator.from_bad(parse_windowed(f"sum(increase(a{W}))"), parse_windowed(total))


@pytest.mark.parametrize("query", [f"sum by (service) (rate(a{W}))", f"sum by (le) (rate(a{W}))"])
def test_a_label_of_the_generator_groups_nothing(query: str) -> None:
    with pytest.raises(
        ValueError, match=r"grouped by '(service|le)', a label that the generator sets, expected another"
    ):
        indicator.from_bad(parse_windowed(query), parse_windowed(query))


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("sum(", r"not PromQL \(.*\), expected a PromQL expression"),
        (f"{{{{.other}}}} + sum(rate(a{W}))", r"a template of more than \{\{.window\}\}, expected that alone"),
        ("sum(rate(a[5m]))", r"a query without \{\{.window\}\}, expected one over the range \[\{\{.window\}\}\]"),
        (f"sum(rate(a{{w='{{{{.window}}}}'}}{W}))", r"\{\{.window\}\} within quotes, expected it as a range alone"),
        ("(" * 500 + f"rate(a{W})" + ")" * 500, "a query nested deeper than 100 levels"),
        ("a + " * 2000 + f"rate(a{W})", r"a query of [\d,]+ characters, expected at most 4,000"),
        (f"sum(unknown(a{W}))", r"not PromQL \(unknown function"),
    ],
)
def test_a_query_that_cannot_be_read(text: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        parse_windowed(text)


@pytest.mark.parametrize(
    ("text", "windowed"),
    [
        ("sum(rate(a[5m]))", "sum(rate(a[$window]))"),
        ("sum(increase(a[1h30m])) - sum(rate(b[ 10m ]))", "sum(increase(a[$window])) - sum(rate(b[$window]))"),
        ('sum(rate(a{q="[5m]"}[5m]))', 'sum(rate(a{q="[5m]"}[$window]))'),
        ("sum(a)", None),
        ("sum(avg_over_time(a[5m]))", None),
        ("sum_over_time(rate(a[5m])[1h:])", None),
    ],
)
def test_ranges_that_a_query_brings_along(text: str, windowed: str | None) -> None:
    assert counting.over_window(text) == windowed


@pytest.mark.parametrize(
    ("text", "increase"),
    [
        ('sum(a{x="y",b="c"})', 'sum(increase(a{x="y",b="c"}[$window]))'),
        ("(sum by (r) (a)) - b", "(sum by (r) (increase(a[$window]))) - increase(b[$window])"),
    ],
)
def test_counters_become_increases(text: str, increase: str) -> None:
    assert counting.increase_of(parse(text).tree) == increase
    assert promql.parse(increase)


@pytest.mark.parametrize("text", ["max(a)", "a / b", "a offset 5m", "1", "a + on (x) b"])
def test_what_is_no_counter_has_no_increase(text: str) -> None:
    with pytest.raises(ValueError, match="no plain counters, expected a selector, its sum"):
        counting.increase_of(parse(text).tree)

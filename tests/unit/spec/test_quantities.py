"""Durations, selectors and expressions: read, written back, and read again."""

from __future__ import annotations

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from slostack.spec import Duration, Matcher, PromQL, Selector
from slostack.spec.quantities import WindowedPromQL


@pytest.mark.parametrize(
    ("text", "seconds", "written"),
    [
        ("30s", 30, "30s"),
        ("90s", 90, "1m30s"),
        ("5m", 300, "5m"),
        ("60m", 3600, "1h"),
        ("1h30m", 5400, "1h30m"),
        ("720h", 2_592_000, "30d"),
        ("4w", 2_419_200, "28d"),
        ("1w2d3h4m5s", 788_645, "9d3h4m5s"),
    ],
)
def test_duration_is_written_as_prometheus_writes_it(text: str, seconds: int, written: str) -> None:
    assert Duration.parse(text) == Duration(seconds)
    assert str(Duration(seconds)) == written


@given(st.integers(1, 100 * 365 * 86400))
def test_every_duration_is_read_back_from_its_text(seconds: int) -> None:
    assert Duration.parse(str(Duration(seconds))) == Duration(seconds)
    assert promql_parser.parse_duration(str(Duration(seconds))).total_seconds() == seconds


@pytest.mark.parametrize(
    "text", ["", "0s", "0m0s", "5", "5 m", "m", "1s1m", "1.5h", "-5m", "5ms", "٣d", " 5m", "5m\n", 5]
)
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        Duration.parse(text)


def test_durations_compare_by_length() -> None:
    assert sorted(map(Duration.parse, ["1d", "30m", "2h"])) == [Duration(1800), Duration(7200), Duration(86400)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("up", "up"),
        ("up{}", "up"),
        ("http:requests:rate5m", "http:requests:rate5m"),
        ("""up { job = "api" , code !~ '5..' , }""", 'up{job="api",code!~"5.."}'),
        ('x{a="1",a!="2",a=~"3"}', 'x{a="1",a!="2",a=~"3"}'),
        ('{__name__="up",job="api"}', 'up{job="api"}'),
        ('{"http.requests","service.name"="a"}', '{"http.requests","service.name"="a"}'),
        ('{"http.requests"}', '{"http.requests"}'),
        (r'x{path="C:\\temp\\\"a\"\n"}', r'x{path="C:\\temp\\\"a\"\n"}'),
        ('x{name="naïve ☃ 東京"}', 'x{name="naïve ☃ 東京"}'),
        (r'x{name="\u2603"}', 'x{name="☃"}'),
        (r"""x{code=~`5\d\d`,path='`\\d'} # `\d`, don't""", r'x{code=~"5\\d\\d",path="`\\d"}'),
        ('x{a=`"\n`}', r'x{a="\"\n"}'),
    ],
)
def test_selector_is_written_back(text: str, written: str) -> None:
    assert str(Selector.parse(text)) == written
    assert Selector.parse(written) == Selector.parse(text)


LABELS = st.from_regex("[a-z_][a-z0-9_]{0,9}", fullmatch=True) | st.sampled_from(["service.name", "größe", "a-b"])
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MATCHERS = st.builds(Matcher, LABELS.filter(lambda name: name != "__name__"), st.sampled_from(["=", "!="]), VALUES)
METRICS = st.from_regex("[a-z][a-z0-9_:]{2,20}_total", fullmatch=True) | st.sampled_from(["http.requests", "zähler"])


@given(METRICS, st.lists(MATCHERS, max_size=4).map(tuple))
def test_every_selector_is_read_back_from_its_text(metric: str, matchers: tuple[Matcher, ...]) -> None:
    selector = Selector(metric, matchers)
    assert Selector.parse(str(selector)) == selector


def test_a_selector_is_narrowed() -> None:
    assert str(Selector.parse('x{a="1"}').where(Matcher("le", "=~", "1|2"))) == 'x{a="1",le=~"1|2"}'


@pytest.mark.parametrize(
    ("text", "each"),
    [
        ('x{b="c",a="1"}', ['x{a="1",b="c"}']),
        (r'x{a=~"1|b\\-c\\.d|e/f"}', ['x{a="1"}', 'x{a="b-c.d"}', 'x{a="e/f"}']),
        ('x{a=~"1|b.*"}', ['x{a=~"1|b.*"}']),
        (r'x{a=~"\\d"}', [r'x{a=~"\\d"}']),
        ('x{a!="1"}', ['x{a!="1"}']),
        ("x", ["x"]),
    ],
)
def test_a_selector_for_each_value_that_it_names(text: str, each: list[str]) -> None:
    assert list(map(str, Selector.parse(text).each("a"))) == each


@pytest.mark.parametrize(
    "text",
    ["rate(x[5m])", "x[5m]", "x offset 1m", "x @ 1", "-x", "(x)", "x + y", "1", '"x"', '{a="b"}', 'x{a="b" or c="d"}'],
)
def test_what_is_no_plain_selector(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        Selector.parse(text)


def test_an_expression_keeps_its_text() -> None:
    assert PromQL.parse("  sum( up )\n> 0 ") == "sum( up )\n> 0"


def test_a_window_is_left_alone_in_texts_and_comments() -> None:
    query = WindowedPromQL.parse("""sum(increase(a{b="$window"}[$window])) # $window isn't '$window'""")
    assert query.over(Duration(300)) == """sum(increase(a{b="$window"}[5m])) # $window isn't '$window'\n"""


@pytest.mark.parametrize(
    "query",
    [
        "topk by (route) (3, sum by (route) (rate(x[$window])))",
        "sum by (route) (rate(a[$window])) / on (route) group_left () sum by (route, zone) (rate(b[$window]))",
        "sum(rate(a[$window])) * on () group_right () sum by (route) (rate(b[$window]))",
        "sum by (job) (rate(a[$window])) * on (job) group_left (route) routes",
        "sum by (route) (rate(a[$window])) and on () sum(rate(b[$window]))",
        "vector(0) or sum by (route) (rate(a[$window]))",
        "1 - clamp_max(sum without (job) (rate(a[$window])), 1)",
        'label_replace(sum by (path) (rate(a[$window])), "route", "$1", "path", "(.*)")',
        "histogram_quantile(0.9, sum by (le, route) (rate(a[$window])))",
        "rate(a[$window]) / ignoring (code) rate(b[$window])",
        'absent_over_time(a{route="/"}[$window])',
    ],
)
def test_a_query_that_keeps_a_label(query: str) -> None:
    assert not WindowedPromQL.parse(query).loses("route")


@pytest.mark.parametrize(
    "query",
    [
        "sum(rate(a[$window]))",
        "sum by (route) (sum(rate(a[$window])))",
        "sum without (route) (rate(a[$window]))",
        "1 - sum(rate(a[$window])) / 2",
        "sum by (route) (rate(a[$window])) / on (job) rate(b[$window])",
        "rate(a[$window]) / ignoring (route) rate(b[$window])",
        "sum(rate(a[$window])) or vector(0)",
        "sum(rate(a[$window])) unless sum by (route) (rate(b[$window]))",
        "histogram_quantile(0.9, sum by (le) (rate(a[$window])))",
        "max_over_time(sum(rate(a[5m]))[$window:1m])",
        "absent_over_time(a{route=~'/.*'}[$window])",
        "absent(rate(a{route='/'}[$window]))",
    ],
)
def test_a_query_that_loses_a_label(query: str) -> None:
    assert WindowedPromQL.parse(query).loses("route")


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("sum(a) > 3", set()),
        ("sum by (route, job) (a) / on (route) sum by (route) (b)", {"route"}),
        ("max by (route) (a) or max by (job) (b)", {"route", "job"}),
        ("max by (route) (a) and on () b", {"route"}),
        ("max by (route, le) (a) * on (route) group_left (version) b", {"route", "le", "version"}),
        ("histogram_quantile(0.9, sum by (le, route) (rate(a[5m])))", {"route"}),
        ("absent(a{job='x', route=~'/.*'})", {"job"}),
        ("sum by (route) (sum without (job) (a))", {"route"}),
        ("sum without (job) (sum by (job, route) (a))", {"route"}),
        ("max by (job) (a) == ignoring (route) max by (job, route) (b)", {"job"}),
        ("vector(1) > 0", set()),
        ("1 > bool 0", set()),
        ("a > 3", None),
        ("max by (route) (a) or b", None),
        ("label_replace(max by (route) (a), 'x', '$1', 'route', '(.*)')", None),
    ],
)
def test_the_labels_that_the_results_of_a_query_can_have(query: str, labels: set[str] | None) -> None:
    assert PromQL.parse(query).labels.only == labels


def test_a_window_is_put_into_every_place() -> None:
    query = WindowedPromQL.parse("sum(increase(a[$window])) - sum(increase(b[$window]))")
    assert query.over(Duration(5400)) == "sum(increase(a[1h30m])) - sum(increase(b[1h30m]))"

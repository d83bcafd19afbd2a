"""Made-up SLO files: every kind, window, grouping, maintenance and alerting, with names and texts that are hard."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from slostack import names, plain_yaml
from slostack.spec import Service, SpecError, parse_service, shipped_policies

Data = dict[str, Any]

SEVERITIES = st.sampled_from(["critical", "high", "medium", "low"])
SEVERITIES_OR_NONE = SEVERITIES | st.just("none")
_PRINTABLE = st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" \n\"'\\")
TEXTS = st.text(_PRINTABLE, min_size=1, max_size=30).filter(lambda text: text.strip() and "{{" not in text)
NAMES = st.from_regex("[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)
KEYWORDS = ["on", "by", "without", "bool", "offset", "and", "or", "unless", "group_left", "inf", "nan", "start", "end"]
_LABELS = st.from_regex("[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True)
LABEL_NAMES = st.one_of(_LABELS, st.sampled_from(["route", "region", "instance"]), st.sampled_from(KEYWORDS)).filter(
    lambda label: label not in names.RESERVED_LABELS | {"inf", "nan", "without"} and not label.startswith("__")
)
_METRICS = st.from_regex("[a-zA-Z_:][a-zA-Z0-9_:]{0,12}", fullmatch=True).filter(
    lambda name: name.lower() not in {*KEYWORDS, "atan2", "ignoring", "group_right", "fill"}
)
METRICS = _METRICS.filter(lambda name: not name.endswith(("_bucket", "_count", "_sum")))
_TOTALS = METRICS.map(lambda name: f"all_{name}")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


@st.composite
def selectors(draw: st.DrawFn, metrics: st.SearchStrategy[str] = METRICS) -> str:
    """A selector with any text as a label's value; now and then of a name that needs quotes."""
    matchers = [
        f"{label}{draw(st.sampled_from(['=', '!=']))}{_quoted(draw(st.text(_PRINTABLE, max_size=8)))}"
        for label in draw(st.lists(LABEL_NAMES, max_size=2, unique=True))
    ]
    matchers += draw(st.sampled_from([[], [], ['code=~"5.."'], ['path!~"/health|/\\\\d+"']]))
    if draw(st.integers(0, 5)) == 0:
        return "{" + ",".join(['"my.metric total"', *matchers]) + "}"
    return f"{draw(metrics)}{{{','.join(matchers)}}}" if matchers else draw(metrics)


def _one_of_bad_and_good() -> st.SearchStrategy[Data]:
    return st.sampled_from(["bad", "good"]).flatmap(
        lambda key: st.fixed_dictionaries({key: selectors(), "total": selectors(_TOTALS)})
    )


def _histogram() -> st.SearchStrategy[Data]:
    return st.sampled_from(["histogram", "native_histogram"]).flatmap(
        lambda key: st.fixed_dictionaries({key: selectors()})
    )


_SECONDS = st.sampled_from([0.1, 0.25, 1, 2.5, 60, "90s", "200ms", 1e-9, 1e6]) | st.floats(1e-6, 1e6)
_LIMITS = st.sampled_from(["below", "at_most", "above", "at_least"]).flatmap(
    lambda key: st.fixed_dictionaries({key: st.floats(0.001, 0.999)})
)
_SLICED = st.one_of(
    st.tuples(st.fixed_dictionaries({"quantile": st.floats(0.001, 0.999)}), _histogram()),
    st.tuples(_one_of_bad_and_good()),
    st.tuples(
        st.fixed_dictionaries(
            {"value": st.sampled_from(["max without (pod) (depth)", "min_over_time(x[$window]) or y"])}
        )
    ),
)
_LENGTHS = st.fixed_dictionaries({}, optional={"length": st.sampled_from(["1m", "5m", "10m", "35m", "1h"])})
_LOG_QUERIES = st.builds(
    lambda stream, rest: stream + rest,
    st.sampled_from(['{job="api"}', '{job=~"a|b",env!="x"}', "{a=`b`}"]),
    st.sampled_from(["", ' |= "error"', " | json | status >= 500", ' | logfmt | level="error" # no more']),
)
_QUERIES = st.one_of(
    st.fixed_dictionaries(
        {
            "bad": st.sampled_from(
                ["sum without (pod) (increase(b[$window]))", "increase(b[$window] offset 5m) # those"]
            ),
            "total": st.sampled_from(
                ["sum without (pod) (increase(t[$window]))", "sum by (route) (increase(t[$window])) or vector(0)"]
            ),
        }
    ),
    st.fixed_dictionaries({"error_ratio": st.just("1 - avg_over_time(ok[$window])")}),
)
UP = st.fixed_dictionaries({}, optional={"up": selectors()})
SLIS: st.SearchStrategy[Data] = st.one_of(
    st.builds(lambda part, up: {"events": part, **up}, _one_of_bad_and_good(), UP),
    st.builds(lambda part, limit, up: {"latency": {**part, "threshold": limit}, **up}, _histogram(), _SECONDS, UP),
    st.builds(lambda gauge: {"uptime": gauge}, selectors()),
    st.builds(
        lambda parts, limit, length: {"slices": {k: v for part in (*parts, limit, length) for k, v in part.items()}},
        _SLICED,
        _LIMITS,
        _LENGTHS,
    ),
    st.builds(
        lambda bad, total, up: {"logs": {"bad": f"{bad}\n|= `bad`", "total": total}, **up},
        _LOG_QUERIES,
        _LOG_QUERIES,
        UP,
    ),
    st.builds(lambda part, up: {"queries": part, **up}, _QUERIES, UP),
)
WINDOWS = st.sampled_from(["week", "month", "quarter", "1h", "1d", "7d", "28d", "30d", "90d"]) | st.integers(
    12, 90 * 288
).map(lambda steps: f"{5 * steps}m")


def _field(first: int, last: int) -> st.SearchStrategy[str]:
    """One field of a cron expression."""
    number = st.integers(first, last)
    spans = st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}")
    listed = st.lists(number.map(str) | spans, min_size=1, max_size=3).map(",".join)
    return listed | st.sampled_from(["*", "*/2", "*/5", "*/7"])


CRONS = st.tuples(
    _field(0, 59), _field(0, 23), _field(1, 31) | st.just("L"), _field(1, 12), _field(0, 7) | st.just("MON-FRI")
).map(" ".join)
MAINTENANCE = st.fixed_dictionaries({"cron": CRONS, "duration": st.integers(1, 240).map(lambda minutes: f"{minutes}m")})
ALERTING = st.fixed_dictionaries(
    {},
    optional={
        "policy": st.sampled_from([*shipped_policies()]),
        "page": SEVERITIES_OR_NONE,
        "ticket": SEVERITIES_OR_NONE,
        "least_failures": st.integers(1, 12) | st.sampled_from([3600, 1_000_000]),
        "absence": st.fixed_dictionaries({}, optional={"for": st.just("7m"), "severity": SEVERITIES}),
        "spent": st.fixed_dictionaries({}, optional={"share": st.floats(0.001, 1000), "severity": SEVERITIES}),
    },
)
BUDGET_POLICIES = st.tuples(st.floats(0, 100), st.floats(0, 100)).flatmap(
    lambda shares: st.sampled_from(
        [
            {},
            {"warn_below": max(shares), "freeze_below": min(shares)},
            {"warn_below": "none", "freeze_below": shares[0]},
            {"warn_below": shares[0], "freeze_below": "none"},
        ]
    )
)
OBJECTIVES = st.sampled_from([99, 98, 99.9, 99.95, 99.999, 99.99999, 50]) | st.floats(97.7, 99.99999)


@st.composite
def slos(draw: st.DrawFn) -> Data:
    """One SLO; not always a right one: a threshold may be out of reach, maintenance may never end."""
    group_by = draw(st.lists(LABEL_NAMES, max_size=3, unique=True))
    labels = draw(st.dictionaries(LABEL_NAMES, TEXTS, max_size=2))
    return {
        "name": draw(NAMES),
        "description": draw(TEXTS),
        "objective": draw(OBJECTIVES),
        "window": draw(WINDOWS),
        "sli": draw(SLIS),
        "group_by": group_by,
        **({"group_limit": draw(st.integers(1, 1000))} if group_by else {}),
        "labels": {label: value for label, value in labels.items() if label not in group_by},
        "maintenance": draw(st.lists(MAINTENANCE, max_size=2)),
        "alerting": draw(ALERTING),
        "error_budget_policy": draw(BUDGET_POLICIES),
        "runbook": draw(st.sampled_from(["a.md", "b/c-d.md", "b_1/x.y.md"])),
    }


@st.composite
def services(draw: st.DrawFn) -> Data:
    """A whole SLO file's data."""
    return {
        "service": draw(NAMES.filter(lambda name: name not in ("slostack", "overview", "probes", "clusters"))),
        "description": draw(TEXTS),
        "team": draw(NAMES),
        "scrape": [{"job": "j", "interval": draw(st.sampled_from(["5s", "15s", "1m", "75s"])), "timeout": "5s"}],
        "error_budget_policy": draw(BUDGET_POLICIES),
        "slos": draw(st.lists(slos(), min_size=1, max_size=3, unique_by=lambda slo: slo["name"])),
    }


def loaded(data: Data) -> Service | None:
    """The service, where it loads."""
    try:
        return parse_service(plain_yaml.dump(data, allow_unicode=True), "slos/made-up.yaml")
    except SpecError:
        return None

"""Rules rendered from imported files fire while what they judge is bad, and are silent while it is good."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from slostack import promtool
from slostack.rules import render_rules
from slostack.spec import parse_service
from tests.rules.playing import play
from tests.unit.imports.reading import EXAMPLES, example, imported, the_file

SOON, LATER = 10 * 60, 40 * 60
"""When a page is there, and one that counts slices."""
UP, STILL = "0+60x200", "0+0x200"
"""60 events a scrape for 50 minutes, and none."""
REQUESTS = 'http_requests_total{{job="shop",route="/pay",code="{}"}}'
BUCKET = 'http_request_duration_seconds_bucket{{job="shop",le="{}"}}'
COUNT = 'http_request_duration_seconds_count{job="shop"}'
NATIVE = 'http_native_duration_seconds{job="shop"}'


def native(offset: int) -> str:
    """A native histogram that grows in the bucket (2^(offset-1), 2^offset]."""
    histogram = f"{{{{schema:0 sum:10 count:10 offset:{offset} buckets:[10]}}}}"
    return f"{histogram}+{histogram}x200"


def requests(*, good: bool) -> dict[str, str]:
    """Requests that are all answered, or all failed."""
    return {REQUESTS.format(200): UP if good else STILL, REQUESTS.format(500): STILL if good else UP}


def latency(*, good: bool) -> dict[str, str]:
    """Requests that are all fast, or all slow."""
    return {BUCKET.format("0.3"): UP if good else STILL, BUCKET.format("+Inf"): UP, COUNT: UP}


def jobs(*, good: bool) -> dict[str, str]:
    """Jobs that are all done, or all failed."""
    done, failed = (UP, STILL) if good else (STILL, UP)
    return {'jobs_total{job="shop",state="done"}': done, 'jobs_total{job="shop",state="failed"}': failed}


@dataclass(frozen=True)
class Judged:
    """An imported SLO, and the series of good and of bad times."""

    file: str
    slo: str
    good: Mapping[str, str]
    bad: Mapping[str, str]


def gauge(name: str, good: float, bad: float) -> tuple[dict[str, str], dict[str, str]]:
    """A series that stays at a good or at a bad value."""
    return {name: f"{good}x200"}, {name: f"{bad}x200"}


ROUTES = {False: requests(good=False), True: requests(good=True)}
QUANTILE = 'd_seconds_bucket{{le="{}"}}'
CASES = [
    Judged("sloth/getting-started.yaml", "requests-availability", ROUTES[True], ROUTES[False]),
    Judged("sloth/getting-started.yaml", "requests-latency", latency(good=True), latency(good=False)),
    Judged("sloth/getting-started.yaml", "raw", jobs(good=True), jobs(good=False)),
    Judged("sloth/kubernetes.yaml", "requests-availability", ROUTES[True], ROUTES[False]),
    Judged("pyrra/getting-started.yaml", "shop-errors", ROUTES[True], ROUTES[False]),
    Judged("pyrra/getting-started.yaml", "shop-latency", latency(good=True), latency(good=False)),
    Judged("pyrra/getting-started.yaml", "shop-native-latency", {NATIVE: native(-5)}, {NATIVE: native(2)}),
    Judged("pyrra/getting-started.yaml", "shop-probe", *gauge('probe_success{job="shop/health"}', 1, 0)),
    Judged("openslo/every-kind.yaml", "requests-good", ROUTES[True], ROUTES[False]),
    Judged("openslo/every-kind.yaml", "requests-sla", ROUTES[True], ROUTES[False]),
    Judged("openslo/every-kind.yaml", "slices", ROUTES[True], ROUTES[False]),
    Judged("openslo/every-kind.yaml", "ratio-slices", ROUTES[True], ROUTES[False]),
    Judged(
        "openslo/every-kind.yaml",
        "threshold",
        {QUANTILE.format("0.1"): UP, QUANTILE.format("1"): UP, QUANTILE.format("+Inf"): UP},
        {QUANTILE.format("0.1"): STILL, QUANTILE.format("1"): UP, QUANTILE.format("+Inf"): UP},
    ),
    Judged("openslo/every-kind.yaml", "threshold-slices", *gauge("queue_depth", 5, 500)),
    Judged("openslo/every-kind.yaml", "raw", *gauge('availability_ratio{job="x"}', 1, 0.1)),
    Judged(
        "openslo/every-kind.yaml",
        "gauge",
        {"done_last_minute": "9x200", "all_last_minute": "6x200", "x": "3x200"},
        {"done_last_minute": "1x200", "all_last_minute": "6x200", "x": "3x200"},
    ),
]


@cache
def slo_file(example_file: str) -> str:
    """The SLO file that an example becomes."""
    return the_file(example(example_file))


def only(file: str, slo: str) -> str:
    """An SLO file with one of its SLOs alone."""
    head, *slos = re.split(r"^(?=  - name: )", file, flags=re.MULTILINE)
    (one,) = [each for each in slos if each.startswith(f"  - name: {slo}\n")]
    return head + one


def firing(file: str, slo: str, series: Mapping[str, str]) -> float | None:
    """How many alerts on the budget fire soon, of the tier that is the first to; of slices later, of any."""
    alone = only(file, slo)
    (of,) = parse_service(alone, "one.yaml").slos
    tiers = "|".join(tier.name for tier in (of.tiers if of.sli.slices else of.tiers[:1]))
    at = LATER if of.sli.slices else SOON
    query = f'count(ALERTS{{alertname="ErrorBudgetBurn",alertstate="firing",slo="{slo}",tier=~"{tiers}"}})'
    return play(alone, series, {query: [at]}).value(query, at)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{Path(case.file).parent.name}-{case.slo}")
def test_imported_rules_fire_in_bad_times_and_are_silent_in_good_ones(case: Judged) -> None:
    file = slo_file(case.file)
    assert firing(file, case.slo, case.bad)
    assert firing(file, case.slo, case.good) is None


def test_every_slo_of_the_examples_is_played() -> None:
    for file in {case.file for case in CASES}:
        played = {case.slo for case in CASES if case.file == file}
        assert played == {slo.name for slo in parse_service(slo_file(file), file).slos}


@pytest.mark.parametrize("file", sorted({case.file for case in CASES}))
def test_promtool_accepts_the_rules_of_imported_files(file: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(render_rules(parse_service(slo_file(file), file)), encoding="utf-8")
    promtool.check_rules([tmp_path / "rules.yaml"])


OPENSLO_OF_PROMETHEUS = {
    "slo-with-inlined-sli.yaml": "foo-slo",
    "examples-occurrences.yaml": "search-slo",
    "examples-ratio-timeslices.yaml": "main-page",
    "examples-timeslices-month.yaml": "service-availability-sla",
    "examples-timeslices-week.yaml": "service-availability",
}


@pytest.mark.parametrize(("name", "slo"), OPENSLO_OF_PROMETHEUS.items())
def test_the_specifications_examples_fire_once_their_queries_are_promql(name: str, slo: str, tmp_path: Path) -> None:
    threshold = name == "examples-occurrences.yaml"
    file = the_file(imported(tmp_path, of_prometheus((EXAMPLES / "openslo" / name).read_text(encoding="utf-8"))))
    good, bad = gauge("search_milliseconds", 100, 900) if threshold else (ROUTES[True], ROUTES[False])
    assert firing(file, slo, bad)
    assert firing(file, slo, good) is None


def of_prometheus(text: str) -> str:
    """An example of the specification with PromQL for its stand-in queries, and windows that begin when ours do."""
    queries = iter(("sum(http_requests_total{code!~'5..'})", "sum(http_requests_total)"))
    if "thresholdMetric" in text:
        queries = iter(("max(search_milliseconds)",))
    text = re.sub("type: (Any|Datadog)", "type: Prometheus", text)
    text = re.sub("(?m)query: (Any|sum:).*$", lambda _: f'query: "{next(queries)}"', text)
    if "counter:" not in text:
        text = text.replace("ratioMetric:\n", "ratioMetric:\n        counter: true\n")
    return text.replace("duration: 1m # Contracts", "duration: 1M # Contracts").replace(
        "duration: 1w\n      isRolling: false\n      calendar:\n        startTime: 2022-01-01",
        "duration: 1w\n      isRolling: false\n      calendar:\n        startTime: 2022-01-03",
    )


def test_the_specifications_ratio_metric_fires(tmp_path: Path) -> None:
    metric = (EXAMPLES / "openslo/ratio-metric.yaml").read_text(encoding="utf-8")
    objectives = (EXAMPLES / "openslo/objectives.yaml").read_text(encoding="utf-8")
    indented = re.sub("(?m)^", "      ", metric), re.sub("(?m)^", "  ", objectives)
    slo = (
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: requests}\nspec:\n  service: localhost\n"
        f"  indicator:\n    metadata: {{name: requests}}\n    spec:\n{indented[0]}\n{indented[1]}\n"
        "  alertPolicies: [{alertPolicyRef: AlertPolicy}]\n"
    )
    others = [
        (EXAMPLES / "openslo" / f"{name}.yaml").read_text(encoding="utf-8")
        for name in ("alert-policy", "alert-condition", "alert-notification-target-email")
    ]
    found = imported(tmp_path, slo, *others)
    file = the_file(found)
    requests = 'localhost_server_requests{{code="{}",host="*",instance="127.0.0.1:9090"}}'
    total = {requests.format("total"): UP}
    for name in ("requests-foo-total-errors", "requests-bar-total-errors"):
        assert firing(file, name, {**total, requests.format("5xx"): UP, requests.format("2xx"): STILL})
        assert firing(file, name, {**total, requests.format("2xx"): UP}) is None

"""A Prometheus with the rules of many SLOs, their raw series and the counts of a month, and what it tells of itself."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families

from bench.prometheus import prometheus_with
from slostack import names

PROCESSORS = 2
DAYS = 30
RAW_MINUTES = 70
SCRAPE_SECONDS = 15
SERIES = (("200", 300.0), ("404", 3.0), ("500", 0.06), ("503", 0.02))
"""The `status` of each raw series of an SLO, and its increase per scrape."""
_DEADLINE_SECONDS = 900
_PATIENCE = 9
"""Times as long as a question takes until the next one: a tenth of one processor is not Prometheus' own."""


@dataclass(frozen=True)
class Counted:
    """An SLO over `http_requests_total`: its service, its name, and the labels (PromQL matchers) of its raw series."""

    service: str
    slo: str
    labels: str

    def raw(self, status: str) -> str:
        """One of its raw series."""
        return f'http_requests_total{{{self.labels},instance="127.0.0.1:80",status="{status}"}}'


@dataclass(frozen=True)
class Group:
    """A rule group as Prometheus' own metrics tell of it: in seconds its interval and last evaluation.

    `missed` is how often it was not evaluated because the evaluation before still ran.
    """

    name: str
    interval: float
    duration: float
    last_evaluation: float
    missed: float

    @property
    def share(self) -> float:
        """The part of its interval that it takes."""
        return self.duration / self.interval

    def is_of(self, kind: str) -> bool:
        """Whether it is one of the `slo` or of the `tier` groups, of which each SLO has one."""
        return f";{kind}/" in self.name


@contextlib.contextmanager
def prometheus_with_slos(root: Path, slos: Sequence[Counted], folder: Path) -> Iterator[str]:
    """The URL of a Prometheus with a project's rule files and what they count; stopped at the end.

    `folder` is for its data and configuration.
    """
    with _targets(slos) as target:
        config = (
            f"global: {{scrape_interval: {SCRAPE_SECONDS}s, scrape_timeout: 10s}}\n"
            f"rule_files: [{root}/alert_rules/*.yaml]\n"
            f"scrape_configs: [{{job_name: bench, honor_labels: true, static_configs: [{{targets: ['{target}']}}]}}]\n"
        )
        with prometheus_with(_history(slos), folder, config, PROCESSORS) as url:
            yield url


def evaluated(url: str, slos: int) -> list[Group]:
    """Every group, once each has been evaluated, and those of the shorter interval twice; where Prometheus doesn't get
    so far within a quarter of an hour, those with which it did.

    So their first evaluation, which reads what is in no cache, doesn't count.
    """
    groups: list[Group] = []
    after, deadline = time.time(), time.monotonic() + _DEADLINE_SECONDS
    least = {names.EVALUATION_INTERVAL.seconds: after + names.EVALUATION_INTERVAL.seconds}
    time.sleep(names.TIER_INTERVAL.seconds)
    while time.monotonic() < deadline:
        asked = time.monotonic()
        groups = [group for group in rule_groups(url) if group.last_evaluation > least.get(int(group.interval), after)]
        if len(groups) >= 2 * slos:
            break
        time.sleep(max(2, _PATIENCE * (time.monotonic() - asked)))
    return groups


def metric(url: str, family: str) -> float:
    """One of Prometheus' own metrics without labels, by its name without `_total`."""
    families = text_string_to_metric_families(requests.get(f"{url}/metrics", timeout=60).text)
    return next(found.samples[0].value for found in families if found.name == family)


def rule_groups(url: str) -> list[Group]:
    """Every rule group that has metrics."""
    metrics = _metrics(url)
    return [
        Group(
            name,
            interval,
            metrics["last_duration_seconds", name],
            metrics["last_evaluation_timestamp_seconds", name],
            metrics["iterations_missed_total", name],
        )
        for (kind, name), interval in metrics.items()
        if kind == "interval_seconds"
    ]


def _metrics(url: str) -> dict[tuple[str, str], float]:
    """The metrics of rule groups, by the end of their name and by group."""
    text = requests.get(f"{url}/metrics", timeout=60).text
    return {
        (sample.name.removeprefix("prometheus_rule_group_"), sample.labels["rule_group"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("prometheus_rule_group_") and "rule_group" in sample.labels
    }


@contextlib.contextmanager
def _targets(slos: Sequence[Counted]) -> Iterator[str]:
    """The address of a server that exposes every SLO's raw series, as they go on after the history."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = "".join(_samples(slos, time.time())).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def _samples(slos: Sequence[Counted], at: float) -> Iterator[str]:
    """Every raw series as it is at a time."""
    scrapes = at / SCRAPE_SECONDS
    for slo in slos:
        for status, rate in SERIES:
            yield f"{slo.raw(status)} {scrapes * rate:.2f}\n"


def _history(slos: Sequence[Counted]) -> Iterator[str]:
    """OpenMetrics lines: the counts that the rules have recorded in a month, and the raw series of the last hour."""
    end = int(time.time()) // SCRAPE_SECONDS * SCRAPE_SECONDS
    for name, value in ((names.EVENTS, 24_000), (names.BAD_EVENTS, 5)):
        times = range(end - DAYS * 86400, end, names.TIER_INTERVAL.seconds)
        for slo in slos:
            series = f"{name}{{{names.identity(slo.service, slo.slo)}}} {value} "
            yield "".join([f"{series}{at}\n" for at in times])
    yield "# TYPE http_requests counter\n"
    times = range(end - RAW_MINUTES * 60, end, SCRAPE_SECONDS)
    for slo in slos:
        for status, rate in SERIES:
            series = slo.raw(status)
            yield "".join([f"{series} {at / SCRAPE_SECONDS * rate:.2f} {at}\n" for at in times])
    yield "# EOF\n"

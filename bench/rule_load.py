"""A Prometheus on two processors with the rules of a thousand SLOs: how much of each group's interval they take."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families

from bench.prometheus import prometheus_with
from bench.render import write_files
from slostack import names
from slostack.errors import SlostackError
from slostack.rule_files import write_rule_files

SLOS = 1_000
PROCESSORS = 2
DAYS = 30
RAW_MINUTES = 70
SCRAPE_SECONDS = 15
MOST_SHARE = 0.1
SERIES = (("200", 300.0), ("404", 3.0), ("500", 0.06), ("503", 0.02))
"""The `status` of each raw series of an SLO, and its increase per scrape."""
_DEADLINE_SECONDS = 900


@dataclass(frozen=True)
class Group:
    """A rule group as Prometheus' own metrics tell of it: its name, and in seconds its interval and last evaluation."""

    name: str
    interval: float
    duration: float
    last_evaluation: float

    @property
    def share(self) -> float:
        """The part of its interval that it takes."""
        return self.duration / self.interval


def main() -> bool:
    """Prints the table; whether the figures are met."""
    print(f"\na Prometheus on {PROCESSORS} processors with the rules of {SLOS:,} SLOs, {len(SERIES)} raw series each")
    with tempfile.TemporaryDirectory() as scratch, _targets() as target:
        root = Path(scratch) / "project"
        write_files(root, SLOS)
        write_rule_files(root)
        config = (
            f"global: {{scrape_interval: {SCRAPE_SECONDS}s, scrape_timeout: 10s}}\n"
            f"rule_files: [{root}/alert_rules/*.yaml]\n"
            f"scrape_configs: [{{job_name: bench, honor_labels: true, static_configs: [{{targets: ['{target}']}}]}}]\n"
        )
        with prometheus_with(_history(), Path(scratch), config, PROCESSORS) as url:
            started = time.time()
            groups = _evaluated(url, after=started)
            busy = _processor_seconds(url) / (time.time() - started)
    worst = max(groups, key=lambda group: group.share)
    for kind, interval in (("slo", names.EVALUATION_INTERVAL), ("tier", names.TIER_INTERVAL)):
        durations = sorted(group.duration for group in groups if f";{kind}/" in group.name)
        middle, longest = durations[len(durations) // 2], durations[-1]
        print(
            f"{len(durations):,} groups {kind}/… every {interval}: half within {middle * 1000:.0f} ms, "
            f"all within {longest * 1000:.0f} ms"
        )
    shares = sum(group.share for group in groups)
    print(f"all groups together take {shares:.2f} s of each second; Prometheus kept {busy:.2f} processors busy")
    met = worst.share < MOST_SHARE
    print(f"the slowest, {worst.name.rpartition(';')[2]}, takes {worst.share:.2%} of its interval")
    print(f"under {MOST_SHARE:.0%}: {'met' if met else 'MISSED'}")
    return met


def _evaluated(url: str, after: float) -> list[Group]:
    """Every group, once each has been evaluated twice; so the first, which reads what is in no cache, doesn't count."""
    first: dict[str, float] = {}
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while time.monotonic() < deadline:
        groups = [group for group in _groups(url) if group.last_evaluation > after]
        for group in groups:
            first.setdefault(group.name, group.last_evaluation)
        if len(groups) >= 2 * SLOS and all(
            group.last_evaluation > first[group.name] or group.interval > names.EVALUATION_INTERVAL.seconds
            for group in groups
        ):
            return groups
        time.sleep(2)
    raise SlostackError(f"{len(first)} of {2 * SLOS} groups were evaluated within {_DEADLINE_SECONDS} s")


def _groups(url: str) -> list[Group]:
    metrics = _metrics(url)
    return [
        Group(name, interval, metrics["duration_seconds", name], metrics["evaluation_timestamp_seconds", name])
        for (kind, name), interval in metrics.items()
        if kind == "interval_seconds"
    ]


def _metrics(url: str) -> dict[tuple[str, str], float]:
    """The metrics of rule groups, by the end of their name and by group."""
    text = requests.get(f"{url}/metrics", timeout=30).text
    return {
        (sample.name.removeprefix("prometheus_rule_group_").removeprefix("last_"), sample.labels["rule_group"]): value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("prometheus_rule_group_") and "rule_group" in sample.labels
        for value in [sample.value]
    }


def _processor_seconds(url: str) -> float:
    families = text_string_to_metric_families(requests.get(f"{url}/metrics", timeout=30).text)
    return next(f.samples[0].value for f in families if f.name == "process_cpu_seconds")


@contextlib.contextmanager
def _targets() -> Iterator[str]:
    """The address of a server that exposes every SLO's raw series, as they go on after the history."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = "".join(_samples(time.time())).encode()
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


def _samples(at: float) -> Iterator[str]:
    """Every raw series as it is at a time."""
    scrapes = at / SCRAPE_SECONDS
    for number in range(SLOS):
        for status, rate in SERIES:
            yield f"{_raw(number, status)} {scrapes * rate:.2f}\n"


def _raw(number: int, status: str) -> str:
    return f'http_requests_total{{job="service-{number:04}",instance="127.0.0.1:80",status="{status}"}}'


def _history() -> Iterator[str]:
    """OpenMetrics lines: the counts that the rules have recorded in a month, and the raw series of the last hour."""
    end = int(time.time()) // SCRAPE_SECONDS * SCRAPE_SECONDS
    for name, value in ((names.EVENTS, 24_000), (names.BAD_EVENTS, 5)):
        times = range(end - DAYS * 86400, end, names.TIER_INTERVAL.seconds)
        for number in range(SLOS):
            series = f"{name}{{{names.identity(f'service-{number:04}', 'availability')}}} {value} "
            yield "".join([f"{series}{at}\n" for at in times])
    yield "# TYPE http_requests counter\n"
    times = range(end - RAW_MINUTES * 60, end, SCRAPE_SECONDS)
    for number in range(SLOS):
        for status, rate in SERIES:
            series = _raw(number, status)
            yield "".join([f"{series} {at / SCRAPE_SECONDS * rate:.2f} {at}\n" for at in times])
    yield "# EOF\n"

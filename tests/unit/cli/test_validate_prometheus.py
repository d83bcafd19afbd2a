"""`slostack validate --prometheus`: latency thresholds against the buckets of a real Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from bench.prometheus import prometheus_with
from slostack.http_server import HttpServer, serving
from tests.unit.cli.test_slo_file_errors import run
from tests.unit.spec.files import SLI, edited, project


def openmetrics() -> Iterator[str]:
    """A job's histogram as it was a minute ago, and one that is gone."""
    now = int(time.time())
    yield "# TYPE latency_seconds histogram\n"
    for job, bounds in (("api", ("0.1", "0.25", "0.5", "1.0", "+Inf")), ("web", ("2.5", "+Inf"))):
        for bound in bounds:
            yield f'latency_seconds_bucket{{job="{job}",le="{bound}"}} 1 {now - 60}\n'
    yield "# TYPE gone_seconds histogram\n"
    yield f'gone_seconds_bucket{{job="api",le="1.0"}} 1 {now - 3600}\n'
    yield f'gone_seconds_bucket{{job="api",le="+Inf"}} 1 {now - 3600}\n'
    yield "# EOF\n"


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prometheus with these histograms."""
    with prometheus_with(openmetrics(), tmp_path_factory.mktemp("prometheus")) as url:
        yield url


def latency(threshold: str, histogram: str = 'latency_seconds{job="api"}', more: str = "") -> str:
    """The right file with a latency SLI."""
    return edited(SLI, f"{{latency: {{histogram: '{histogram}', threshold: {threshold}{more}}}}}")


@pytest.mark.parametrize("threshold", ["0.1", "250ms", "1", "1s"])
def test_a_threshold_that_is_a_bound_is_right(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    prometheus: str,
    threshold: str,
) -> None:
    project(tmp_path, latency(threshold))
    assert run(monkeypatch, tmp_path, "validate", "--prometheus", f"{prometheus}/") == 0
    assert capfd.readouterr() == ("1 service, 1 SLO, 1 threshold alert: valid\n", "")


@pytest.mark.parametrize(
    ("threshold", "shown", "nearest"),
    [("0.3", "0.3", "0.25 or 0.5"), ("2m", "120", "1"), ("1ms", "0.001", "0.1"), ("2.5", "2.5", "1")],
)
def test_a_threshold_between_buckets_is_named_with_the_nearest(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    prometheus: str,
    threshold: str,
    shown: str,
    nearest: str,
) -> None:
    project(tmp_path, latency(threshold))
    assert run(monkeypatch, tmp_path, "validate", "slos/api.yaml", "--prometheus", prometheus) == 2
    assert capfd.readouterr() == (
        "",
        f"slos/api.yaml:12:73: slos[0].sli.latency.threshold: {shown}, which is no bucket bound of "
        f'latency_seconds{{job="api"}}, expected one, such as the nearest, {nearest}\n',
    )


@pytest.mark.parametrize("histogram", ['latency_seconds{job="grafana"}', "no_such_seconds", 'gone_seconds{job="api"}'])
def test_a_histogram_without_series_is_a_note(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    prometheus: str,
    histogram: str,
) -> None:
    project(tmp_path, latency("0.3", histogram))
    assert run(monkeypatch, tmp_path, "validate", "--prometheus", prometheus) == 0
    out, err = capfd.readouterr()
    assert (out.splitlines(), err) == (
        [
            f"note: slos/api.yaml:12:32: slos[0].sli.latency.histogram: no buckets of {histogram} in {prometheus}, "
            "so the threshold isn't checked",
            "1 service, 1 SLO, 1 threshold alert: valid",
        ],
        "",
    )


def test_buckets_that_the_file_lists_are_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prometheus: str
) -> None:
    project(tmp_path, latency("0.3", more=", buckets: [0.3, 0.6]"))
    assert run(monkeypatch, tmp_path, "validate", "--prometheus", prometheus) == 0


class Answer(BaseHTTPRequestHandler):
    """Answers every request with the same text."""

    text = ""

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html>", "answers 200 and no JSON, expected a Prometheus"),
        ("[]", "answers otherwise, expected the URL of a Prometheus"),
        ('{"status": "error", "error": "not now"}', "answers not now, expected the URL of a Prometheus"),
    ],
)
def test_what_is_no_prometheus_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    project(tmp_path, latency("0.3"))
    server = HttpServer("127.0.0.1", 0, type("SameAnswer", (Answer,), {"text": text}))
    with serving(server):
        assert run(monkeypatch, tmp_path, "validate", "--prometheus", f"http://127.0.0.1:{server.server_port}") == 1
    assert capfd.readouterr().err == f"http://127.0.0.1:{server.server_port}/api/v1/query {said}\n"


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, latency("0.3"))
    with HttpServer("127.0.0.1", 0, Answer) as server:
        url = f"http://127.0.0.1:{server.server_port}"
    assert run(monkeypatch, tmp_path, "validate", "--prometheus", url) == 1
    assert capfd.readouterr().err == (
        f"can't ask {url}/api/v1/query (Connection refused), expected the URL of a Prometheus\n"
    )


def test_of_what_slos_are_judged_by_there_are_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], prometheus: str
) -> None:
    there = 'latency_seconds_bucket{job="api"}'
    sli = f"{{events: {{good: 'gone_seconds_bucket{{job=\"api\"}}', total: '{there}'}}, up: 'up{{job=\"api\"}}'}}"
    project(tmp_path, edited(SLI, sli))
    assert run(monkeypatch, tmp_path, "validate", "--prometheus", prometheus) == 0
    notes = [line for line in capfd.readouterr().out.splitlines() if line.startswith("note:")]
    assert notes == [
        "note: slos/api.yaml:12:26: slos[0].sli.events.good: "
        f'no series of gone_seconds_bucket{{job="api"}} in {prometheus}',
        f'note: slos/api.yaml:12:109: slos[0].sli.up: no series of up{{job="api"}} in {prometheus}',
    ]

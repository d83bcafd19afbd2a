"""A backtest fires when Prometheus' own code fires: the rules of five SLOs over the same five hours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.prometheus import prometheus_with
from slostack import names
from slostack.backtest import Firing, Outcome, Prometheus, PrometheusSource, Span
from slostack.backtest.model import together
from slostack.backtest.replay import replay
from slostack.backtest.run import COMPUTED
from slostack.backtest.subjects import Version
from slostack.cli import cli
from slostack.report import report
from slostack.simulation import (
    START,
    Incident,
    Scenario,
    ScrapeFailures,
    Scraping,
    SkippedEvaluations,
    Target,
    Traffic,
)
from slostack.simulation import Span as Time
from slostack.spec import Service, parse_service
from tests.simulation.backtests import Past, past
from tests.unit.review.conftest import Repository
from tests.unit.spec.files import project

MINUTE = 60.0
LENGTH = 320 * MINUTE
ONE_EVALUATION, ONE_COUNT = 30.0, 300.0
UNBROKEN = 135 * MINUTE
"""From here on no evaluation is missed, and nothing is left of what happened before but the long windows."""
INCIDENTS = tuple(
    Incident(start * MINUTE, end * MINUTE, error_ratio)
    for start, end, error_ratio in (
        (25, 33, 0.3), (40, 43, 0.5), (58, 62, 0.6), (85, 105, 0.02), (140, 144, 1.0), (158, 190, 0.012),
        (205, 240, 0.05), (266, 280, 0.9), (285, 287, 0.5), (298, 312, 0.08),
    )
)  # fmt: skip
MISSED = SkippedEvaluations(".*", tuple(Time(a * MINUTE, b * MINUTE) for a, b in ((28, 31), (92, 104))))
UNSCRAPED = ScrapeFailures(245 * MINUTE, 262 * MINUTE, 1.0)
SLO_FILE = """
service: api
description: An API
team: web
scrape: [{job: api, interval: 15s, timeout: 10s}]
slos:
  - name: google
    description: Requests succeed
    objective: 99.9
    sli: &sli
      events: {bad: 'http_requests_total{job="api",code="500"}', total: 'http_requests_total{job="api"}'}
    runbook: api/burn.md
  - name: workbook
    description: Requests succeed
    objective: 99.9
    sli:
      events: {bad: 'http_requests_total{job="api",code="500"}', total: 'http_requests_total{job="api"}'}
      up: up{job="api"}
    alerting: {policy: workbook}
    runbook: api/burn.md
  - name: edited
    description: Requests succeed
    objective: 99.5
    window: 7d
    sli: *sli
    alerting: {spent: {share: 40}}
    runbook: api/burn.md
  - name: kept
    description: Requests succeed
    objective: 99.8
    window: week
    maintenance: [{cron: "35 11 * * *", duration: 20m}]
    sli: *sli
    alerting: {absence: {severity: high}}
    runbook: api/burn.md
  - name: slices
    description: Minutes are good
    objective: 99
    window: 7d
    sli:
      slices:
        length: 1m
        bad: http_requests_total{job="api",code="500"}
        total: http_requests_total{job="api"}
        below: 0.01
    runbook: api/burn.md
"""


@dataclass(frozen=True)
class Replayed:
    """The past as Prometheus' own code did it, and as a Prometheus holds it."""

    past: Past
    service: Service
    prometheus: Prometheus

    def version(self, slo: str) -> Version:
        """An SLO of the service."""
        return Version(self.service, next(each for each in self.service.slos if each.name == slo))

    def outcome(self, version: Version, recorded: Version | None) -> Outcome:
        """What a backtest says that a version would have done."""
        end = self.past.an_end(version.slo.name)
        span = Span(end - 6 * 3_600_000, end)
        histories = PrometheusSource(self.prometheus, span).histories([version], recorded)
        return replay(version.service, version.slo, histories, span.start, span.end)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    target = Target(
        labels={"job": "api", "instance": "a"},
        traffic=Traffic(per_second=20, daily_swing=0.5, error_ratio=0.0002, noise=0.5),
        life=Time(0, LENGTH),
        incidents=INCIDENTS,
        scraping=Scraping(interval=15, jitter=0.1, failures=(UNSCRAPED,)),
    )
    service = parse_service(SLO_FILE, "api.yaml")
    done = past(service, Scenario((target,), LENGTH, skipped=(MISSED,)))
    with prometheus_with(done.samples(), tmp_path_factory.mktemp("prometheus")) as url:
        yield Replayed(done, service, Prometheus(url))


@pytest.mark.parametrize("slo", ["google", "workbook", "edited", "kept", "slices"])
def test_what_was_recorded_fires_when_prometheus_fired(replayed: Replayed, slo: str) -> None:
    version = replayed.version(slo)
    assert_same(replayed.outcome(version, version), replayed.past, slo, replayed.past.an_end(slo))


def test_another_objective_and_window_over_the_same_series(replayed: Replayed) -> None:
    """Its alerts read windows that were not recorded; they are computed. The five-minute counts of its own rules, which
    fired, were at other times than those that are replayed."""
    recorded, edited = replayed.version("google"), replayed.version("edited")
    renamed = Version(edited.service, edited.slo.model_copy(update={"name": "google"}))
    assert renamed.sli == recorded.sli
    until = replayed.past.an_end("google")
    outcome = replayed.outcome(renamed, recorded)
    assert_same(outcome, replayed.past, "edited", until, START + UNBROKEN, ONE_COUNT)


@pytest.mark.parametrize("slo", ["google", "workbook", "edited", "kept", "slices"])
def test_what_was_not_recorded_is_computed_from_raw_series(replayed: Replayed, slo: str) -> None:
    version = replayed.version(slo)
    outcome = replayed.outcome(version, None)
    assert outcome.spent == pytest.approx(replayed.outcome(version, version).spent, rel=0.07)
    assert_same(outcome, replayed.past, slo, replayed.past.an_end(slo), START + UNBROKEN, ONE_COUNT)


def test_the_command_replays_both_sides_of_an_edit_and_again_from_its_file(replayed: Replayed, tmp_path: Path) -> None:
    """The SLO named `google` becomes what `edited` is: then it fires as that did."""
    project(tmp_path / "project", SLO_FILE)
    repository = Repository(tmp_path / "project")
    repository.git("init", "-q", "-b", "main")
    repository.commit()
    repository.edit("objective: 99.9\n", "objective: 99.5\n    window: 7d\n")
    end = datetime.fromtimestamp(START + LENGTH, UTC).isoformat()
    file = tmp_path / "past.zip"
    asked = ["--prometheus", replayed.prometheus.url, "--until", end, "--days", "1", "--format", "json"]
    first = run(repository.root, *asked)
    recorded = run(repository.root, *asked, "--record", str(file))
    again = run(repository.root, "--from", str(file), "--format", "json")
    assert first["slos"] == recorded["slos"] == again["slos"]
    (slo,) = first["slos"]
    assert (slo["slo"], slo["changed"]) == ("google", True)
    for side, of in (("before", "google"), ("after", "edited")):
        fired = [firing for firing in slo[side]["firings"] if firing["tier"]]
        expected = [
            name for name, spans in replayed.past.firings(of, START + LENGTH).items() for _ in spans if "-" in name
        ]
        assert sorted(firing["tier"] for firing in fired) == sorted(expected)


def test_an_sli_that_the_edit_changes_is_computed(replayed: Replayed, tmp_path: Path) -> None:
    """The SLO counts good events now, which is the same; its note says where that comes from."""
    project(tmp_path, SLO_FILE)
    repository = Repository(tmp_path)
    repository.git("init", "-q", "-b", "main")
    repository.commit()
    bad, good = (
        """bad: 'http_requests_total{job="api",code="500"}'""",
        """good: 'http_requests_total{job="api",code="200"}'""",
    )
    repository.edit("objective: 99.9\n    sli: &sli", "objective: 99.9\n    sli:")
    text = (tmp_path / "slos/api.yaml").read_text(encoding="utf-8")
    own = text[text.index("      events:") : text.index("    runbook")]
    repository.write(
        "slos/api.yaml", text.replace(own, own.replace(bad, good), 1).replace(" *sli", f"\n{own.rstrip()}")
    )
    end = datetime.fromtimestamp(replayed.past.an_end("google") / 1000, UTC).isoformat()
    found = run(tmp_path, "--prometheus", replayed.prometheus.url, "--until", end, "--days", "1", "--format", "json")
    (slo,) = found["slos"]
    assert (slo["slo"], slo["notes"]) == ("google", [COMPUTED])
    assert slo["after"]["budget_spent"] == pytest.approx(slo["before"]["budget_spent"], rel=0.07)


def test_a_report_tells_the_pages_that_fired_and_when_their_burns_began(replayed: Replayed, tmp_path: Path) -> None:
    """Of the SLO named `google`, by the command, and of each of its pages the incident that it tells of."""
    end = START + LENGTH
    (told,) = report((replayed.service,), replayed.prometheus, Span(1000 * START, round(1000 * end)), 0.005).services
    fired = replayed.past.firings("google", end)
    firings = [
        Firing("", "", "", True, *span) for name, spans in fired.items() if name.startswith("page") for span in spans
    ]
    pages = [page for page in told.pages if page.subject == "google"]
    spans = list(together([firing for firing in firings if firing.start > START]))
    assert len(pages) == len(spans) > 3
    for page, span in zip(pages, spans, strict=True):
        assert page.start == pytest.approx(span.start, abs=ONE_EVALUATION)
        assert (page.end or end) == pytest.approx(min(span.end, end), abs=3 * ONE_EVALUATION)
        assert page.began is not None
        begins = [START + incident.start for incident in INCIDENTS]
        assert min(abs(page.began - begin) for begin in begins) < 3 * ONE_EVALUATION
        assert page.spent is not None
        assert page.spent > 0
    until = datetime.fromtimestamp(end, UTC).isoformat()
    project(tmp_path, SLO_FILE)
    done = CliRunner().invoke(
        cli, ["--root", str(tmp_path), "report", "--week", "--prometheus", replayed.prometheus.url, "--until", until]
    )
    assert done.exit_code == 0, done.output
    assert f"{len(told.pages)} pages in " in done.stdout


def run(root: Path, *arguments: str) -> Any:
    """What the command writes as JSON."""
    done = CliRunner().invoke(cli, ["--root", str(root), "backtest", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def assert_same(
    outcome: Outcome, past: Past, slo: str, until: int, since: float = 0.0, by_counts: float = ONE_EVALUATION
) -> None:
    """The same alerts fire up to the replay's end, and each begins and ends at the same evaluation or the next;
    `by_counts` is how far apart those on a spent budget may."""
    expected = {
        name: found for name, spans in past.firings(slo, until / 1000).items() if (found := _since(spans, since))
    }
    got: dict[str, list[tuple[float, float]]] = {}
    for firing in outcome.firings:
        end = float("inf") if firing.end is None else firing.end
        got.setdefault(firing.name, []).append((firing.start, end))
    got = {name: found for name, spans in got.items() if (found := _since(spans, since))}
    assert sum(map(len, expected.values())) >= 4
    assert {name: len(spans) for name, spans in got.items()} == {name: len(spans) for name, spans in expected.items()}
    for name, spans in expected.items():
        apart = by_counts if name == names.SPENT_ALERT else ONE_EVALUATION
        for ours, theirs in zip(got[name], spans, strict=True):
            assert ours == pytest.approx(theirs, abs=apart + 0.1), f"{slo} {name}"


def _since(spans: Sequence[tuple[float, float]], since: float) -> list[tuple[float, float]]:
    return [(max(start, since), end) for start, end in spans if end > since + ONE_EVALUATION]

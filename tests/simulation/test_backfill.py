"""A backfill counts what the rules would have: the counts of a past that Prometheus' own code evaluated."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.prometheus import prometheus_with
from slostack import names, promtool
from slostack.backfill import Filled, backfill, is_taken
from slostack.backfill.samples import period_of
from slostack.backtest import Prometheus
from slostack.backtest.prometheus import Query, Series, UnansweredError
from slostack.backtest.subjects import Version
from slostack.cli import cli
from slostack.errors import SlostackError
from slostack.rules.calendar import PERIODS
from slostack.simulation import DAY, START, Incident, Scenario, Scraping, Span, Target, Traffic
from slostack.spec import Service, parse_service
from slostack.spec.windows import CALENDARS
from tests.simulation.backtests import Past, past_counts
from tests.simulation.test_backtest import INCIDENTS, LENGTH, SLO_FILE
from tests.unit.spec.files import project

HOUR = 3600.0
LIVE = START + LENGTH - 2 * HOUR
"""The rules run from here on; before it there are raw series alone."""
END = datetime.fromtimestamp(START + LENGTH, UTC)
_RECORDED = re.compile(r"(slo:|ALERTS)")


@dataclass(frozen=True)
class Stage:
    """A past whose rules ran from the start, what is left of it for a Prometheus, and what a backfill gave."""

    past: Past
    service: Service
    prometheus: Prometheus
    filled: tuple[Filled, ...]
    again: tuple[Filled, ...]
    after: Prometheus
    """One that has the blocks too."""

    def sums(self, name: str, slo: str) -> tuple[float, float]:
        """The counts of an SLO in all: as the rules recorded them from the start, and as they are after a backfill."""
        labels = {"__name__": name, names.SERVICE: "api", names.SLO: slo}
        recorded = {
            line: float(line.split()[-2])
            for line in self.past.samples()
            if line.startswith(str(name)) and f'"{slo}"' in line
        }
        assert recorded, labels
        total = f"sum(sum_over_time({name}{{{names.identity('api', slo)}}}[1d]))"
        return sum(recorded.values()), instant(self.after, total)


def instant(prometheus: Prometheus, expr: str, at: float = START + LENGTH) -> float:
    """The one value of a query."""
    ((series,),) = prometheus.ask([Query(expr, round(at * 1000) - 1000, round(at * 1000), 1000)])
    return float(series.values[-1])


def before(lines: Iterable[str], live: float) -> Iterator[str]:
    """The lines of raw series, and of what is recorded from a time on."""
    return (line for line in lines if not _RECORDED.match(line) or float(line.split()[-1]) >= live)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    target = Target(
        labels={"job": "api", "instance": "a"},
        traffic=Traffic(per_second=20, daily_swing=0.5, error_ratio=0.01, noise=0.5),
        life=Span(0, LENGTH),
        incidents=INCIDENTS,
        scraping=Scraping(interval=15, jitter=0.1),
    )
    service = parse_service(SLO_FILE, "api.yaml")
    versions = [Version(service, slo) for slo in service.slos]
    done = past_counts(service, Scenario((target,), LENGTH), 60)
    folder = tmp_path_factory.mktemp("blocks") / "blocks"
    left = list(before(done.samples(), LIVE))
    with prometheus_with(left, tmp_path_factory.mktemp("left")) as url:
        filled = backfill(Prometheus(url), versions, END, folder)
        assert not [each for each in filled if is_taken(Prometheus(url), each)]
        with prometheus_with(left, tmp_path_factory.mktemp("after"), blocks=folder) as after:
            again = backfill(Prometheus(after), versions, END, folder)
            yield Stage(done, service, Prometheus(url), filled, again, Prometheus(after))


@pytest.mark.parametrize("slo", ["google", "workbook", "edited", "kept", "slices"])
@pytest.mark.parametrize("name", [names.EVENTS, names.BAD_EVENTS])
def test_what_was_not_recorded_is_counted_as_the_rules_would_have(stage: Stage, slo: str, name: str) -> None:
    recorded, filled = stage.sums(name, slo)
    assert filled == pytest.approx(recorded, rel=0.01)


def test_it_ends_five_minutes_before_the_first_count_that_was_recorded(stage: Stage) -> None:
    for each in stage.filled:
        assert each.recorded_since is not None
        assert each.last == each.recorded_since - 300, each.version.slo.name


def test_what_prometheus_has_taken_is_not_counted_again(stage: Stage) -> None:
    assert [each.last for each in stage.again] == [None] * 5
    assert all(is_taken(stage.after, each) for each in stage.filled)


def test_an_interrupted_one_is_gone_on_with(
    stage: Stage, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it had given by then: what is counted of an SLO reaches from some time on without a gap."""
    versions = [Version(stage.service, slo) for slo in stage.service.slos]
    move, moved = shutil.move, list[str]()

    def interrupted(source: Path, target: Path) -> None:
        if moved:
            raise KeyboardInterrupt
        moved.append(str(move(source, target)))

    monkeypatch.setattr("slostack.backfill.run.shutil.move", interrupted)
    promtool_blocks = promtool.create_blocks_from_openmetrics
    monkeypatch.setattr(promtool, "create_blocks_from_openmetrics", lambda *given, **_: promtool_blocks(*given))
    with pytest.raises(KeyboardInterrupt):
        backfill(stage.prometheus, versions, END, tmp_path / "blocks")
    monkeypatch.undo()
    left = list(before(stage.past.samples(), LIVE))
    with prometheus_with(left, tmp_path_factory.mktemp("again"), blocks=tmp_path / "blocks") as url:
        again = backfill(Prometheus(url), versions, END, tmp_path / "rest")
    for of_first, of_second in zip(stage.filled, again, strict=True):
        assert of_second.recorded_since
        assert of_first.first == of_second.first, "it begins as early"
        assert of_second.last == of_second.recorded_since - 300


def test_what_is_too_much_for_one_file_is_given_in_parts_the_newest_first(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[list[str]] = []

    def taken(text: Path, blocks: Path, **_: str) -> None:
        given.append(text.read_text().splitlines()[:-1])
        blocks.mkdir()

    monkeypatch.setattr(promtool, "create_blocks_from_openmetrics", taken)
    versions = [Version(stage.service, stage.service.slos[0])]
    backfill(stage.prometheus, versions, END, tmp_path / "whole")
    (whole,) = given
    given.clear()
    monkeypatch.setattr("slostack.backfill.run._MOST_LINES", len(whole) // 3)
    backfill(stage.prometheus, versions, END, tmp_path / "parts")
    assert len(given) > 3
    assert max(map(len, given)) <= len(whole) // 3
    assert sorted(line for part in given for line in part) == sorted(whole)
    ages = [[float(line.split()[-1]) for line in part] for part in given]
    assert all(min(newer) > max(older) for newer, older in pairwise(ages))


@dataclass(frozen=True)
class Keeps(Prometheus):
    """Has in its head what is later than a time (Unix seconds), and answers nothing about some SLOs."""

    head: float = START + LENGTH
    silent: str = " "

    def head_start(self) -> int:
        return int(self.head * 1000)

    def ask(self, queries: Sequence[Query]) -> list[list[Series]]:
        if any(f'slo="{self.silent}"' in query.expr for query in queries):
            raise UnansweredError(f"no answer about {self.silent}")
        return super().ask(queries)


def test_what_could_not_be_joined_to_the_first_count_is_counted_later(
    stage: Stage, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The rules began after the last block: what lies between is filled once it is in blocks, and once only."""
    (slo,) = (each for each in stage.service.slos if each.name == "google")
    versions = [Version(stage.service, slo)]
    early = Keeps(stage.prometheus.url, head=LIVE - HOUR / 2)
    (first,) = backfill(early, versions, END, tmp_path / "blocks")
    assert first.last
    assert first.last < LIVE - HOUR
    assert str(first).endswith("; run it again in some hours for the time after that")
    left = list(before(stage.past.samples(), LIVE))
    with prometheus_with(left, tmp_path_factory.mktemp("then"), blocks=tmp_path / "blocks") as url:
        (later,) = backfill(Prometheus(url), versions, END, tmp_path / "rest")
    assert first.last + 300 <= (later.first or 0) < first.last + 600
    assert later.last == stage.filled[0].last
    shutil.copytree(tmp_path / "rest", tmp_path / "blocks", dirs_exist_ok=True)
    with prometheus_with(left, tmp_path_factory.mktemp("all"), blocks=tmp_path / "blocks") as url:
        (nothing,) = backfill(Prometheus(url), versions, END, tmp_path / "none")
        total = instant(Prometheus(url), f'sum_over_time({names.EVENTS}{{slo="google"}}[1d])')
    assert nothing.last is None
    recorded, _ = stage.sums(names.EVENTS, "google")
    one_count = 300 * 20
    assert total == pytest.approx(recorded, abs=0.01 * recorded + one_count)


def test_what_rules_did_not_record_for_hours_is_counted(
    stage: Stage, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As of an SLO that was taken out, and put back."""
    (slo,) = (each for each in stage.service.slos if each.name == "google")
    versions = [Version(stage.service, slo)]
    gone, back = START + 1.5 * HOUR, START + 4 * HOUR
    left = [
        line for line in stage.past.samples() if not _RECORDED.match(line) or not gone <= float(line.split()[-1]) < back
    ]
    with prometheus_with(left, tmp_path_factory.mktemp("left")) as url:
        (filled,) = backfill(Prometheus(url), versions, END, tmp_path / "blocks")
    assert filled.first
    assert gone < filled.first < gone + 600
    assert back - 600 < (filled.last or 0) < back
    assert filled.counts == pytest.approx(2.5 * 12, abs=2)
    with prometheus_with(left, tmp_path_factory.mktemp("after"), blocks=tmp_path / "blocks") as url:
        total = instant(Prometheus(url), f'sum_over_time({names.EVENTS}{{slo="google"}}[1d])')
    recorded, _ = stage.sums(names.EVENTS, "google")
    one_count = 300 * 20
    assert total == pytest.approx(recorded, abs=0.01 * recorded + one_count)


def test_one_that_is_not_answered_keeps_no_other_from_its_past(stage: Stage, tmp_path: Path) -> None:
    versions = [Version(stage.service, slo) for slo in stage.service.slos]
    silent = versions[1].slo.name
    found = backfill(Keeps(stage.prometheus.url, silent=silent), versions, END, tmp_path / "blocks")
    assert [str(each) for each in found if each.error] == [f"not filled: no answer about {silent}"]
    assert [each.last for each in found if not each.error] == [
        each.last for each in stage.filled if each.version.slo.name != silent
    ]
    assert any((tmp_path / "blocks").iterdir())


def test_what_was_computed_before_a_server_was_gone_is_there(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = [Version(stage.service, slo) for slo in stage.service.slos]

    def gone(*_: object) -> None:
        raise SlostackError("can't be reached")

    def report(number: int, *_: object) -> None:
        if number == 1:
            monkeypatch.setattr("slostack.backfill.run.times_of_counts", gone)

    with pytest.raises(SlostackError, match="can't be reached"):
        backfill(stage.prometheus, versions, END, tmp_path / "blocks", report)
    assert any((tmp_path / "blocks").iterdir())


def test_one_that_is_grouped_otherwise_gets_a_past_beside_what_was_recorded(
    stage: Stage, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (slo,) = (each for each in stage.service.slos if each.name == "google")
    as_recorded, grouped, by_nothing = (
        Version(stage.service, slo.model_copy(update={"group_by": by})) for by in ((), ("instance",), ("nobody_has",))
    )
    (filled,) = backfill(stage.prometheus, [grouped], END, tmp_path / "grouped")
    assert filled.first == pytest.approx(stage.filled[0].first, abs=300)
    assert filled.last
    assert filled.last > LIVE
    assert not is_taken(stage.prometheus, filled)
    left = list(before(stage.past.samples(), LIVE))
    with prometheus_with(left, tmp_path_factory.mktemp("after"), blocks=tmp_path / "grouped") as url:
        after = Prometheus(url)
        assert is_taken(after, filled)
        (again, of_before, same) = backfill(after, [grouped, as_recorded, by_nothing], END, tmp_path / "both")
        total = instant(after, f'sum_over_time({names.EVENTS}{{slo="google",instance="a"}}[1d])')
    assert again.last is None
    assert of_before.last
    assert of_before.last == stage.filled[0].last
    assert same.last == pytest.approx(of_before.last - 150, abs=150), "it has the one series, which was recorded then"
    recorded, _ = stage.sums(names.EVENTS, "google")
    one_count = 300 * 20
    assert total == pytest.approx(recorded, abs=0.01 * recorded + one_count)


def test_counts_of_a_calendar_window_carry_their_period(stage: Stage) -> None:
    counts, of_periods = (
        f"sum(sum_over_time({name}{{{names.identity('api', 'kept')}}}[1d]))"
        for name in (names.EVENTS, names.PERIOD_EVENTS)
    )
    until = LIVE - HOUR
    assert instant(stage.after, counts, until) == pytest.approx(instant(stage.after, of_periods, until))


def test_the_period_is_that_of_the_rules(stage: Stage) -> None:
    """As Prometheus tells it of the same times, around the turns of periods."""
    days = [(month, day) for month in (1, 2, 4, 7, 10, 12) for day in (1, 4, 8, 29)]
    times = [datetime(2024, *day, hour, 2, tzinfo=UTC).timestamp() for day in days for hour in (0, 1)]
    for name, expr in PERIODS.items():
        told = [instant(stage.after, expr.replace("TIME", f"vector({at - 300})")) for at in times]
        assert [period_of(CALENDARS[name], at) for at in times] == [f"{value:g}" for value in told], name


MONTH = """
service: api
description: An API
team: web
scrape: [{job: api, interval: 60s, timeout: 10s}]
slos:
  - name: success
    description: Requests succeed
    objective: 99.9
    sli:
      events: {bad: 'http_requests_total{job="api",code="500"}', total: 'http_requests_total{job="api"}'}
    runbook: api/burn.md
"""


def test_thirty_days_agree_with_the_live_rules(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """By the events of its window, bad ones and all: of the rules that ran all the time, and of a backfill."""
    length = 30 * DAY
    incidents = tuple(Incident(day * DAY + 7 * HOUR, day * DAY + 8 * HOUR, 0.05) for day in (2, 9, 17, 28))
    targets = tuple(
        Target(
            labels={"job": "api", "instance": f"pod-{pod}"},
            traffic=Traffic(per_second=50, daily_swing=0.6, error_ratio=0.0003, exact=True),
            life=Span(0, length),
            incidents=incidents,
            restarts=tuple((day + 0.3 * pod) * DAY for day in range(2, 30, 5)),
            scraping=Scraping(interval=60),
        )
        for pod in range(2)
    )
    service = parse_service(MONTH, "api.yaml")
    done = past_counts(service, Scenario(targets, length), 300)
    end, folder = START + length - 1, tmp_path / "blocks"
    lines = list(done.samples())
    left = list(before(lines, START + 27 * DAY))
    with prometheus_with(left, tmp_path_factory.mktemp("left")) as url:
        versions = [Version(service, slo) for slo in service.slos]
        (filled,) = backfill(Prometheus(url), versions, datetime.fromtimestamp(end, UTC), folder)
    assert filled.first == pytest.approx(START, abs=900)
    bad, events = (f"sum(sum_over_time({name}[30d]))" for name in (names.BAD_EVENTS, names.EVENTS))
    with prometheus_with(lines, tmp_path_factory.mktemp("live")) as url:
        live = [instant(Prometheus(url), expr, end) for expr in (bad, events)]
    with prometheus_with(left, tmp_path_factory.mktemp("after"), blocks=folder) as url:
        after = [instant(Prometheus(url), expr, end) for expr in (bad, events)]
    assert live[0] / live[1] > 0.0005, "half of the budget, else little is compared"
    assert after == pytest.approx(live, rel=0.01)


def test_the_command_writes_blocks_of_the_past_until_now(tmp_path: Path) -> None:
    file = project(tmp_path / "project", MONTH)
    now = datetime.now(UTC).timestamp()
    series = [(f'http_requests_total{{job="api",code="{code}"}}', rate) for code, rate in (("200", 9), ("500", 1))]
    lines = [f"{name} {rate * at} {now - 7200 + at:.3f}\n" for name, rate in series for at in range(0, 7200, 60)]
    with prometheus_with([*lines, "# EOF\n"], tmp_path) as url:
        asked = ["--root", str(file.parents[1]), "backfill", "--prometheus", url]
        out = tmp_path / "blocks"
        done = CliRunner().invoke(cli, [*asked, "--out", str(out)])
        assert (done.exit_code, done.stderr) == (0, "")
        assert re.fullmatch(
            r"api/success: (1h 5|2h).* of 30d, from .* to .* UTC; run it again in some hours for the time after that\n"
            r"Next: copy what is in .*\n",
            done.output,
        )
        assert any(out.iterdir())
        data = tmp_path / "data"
        before = set(data.iterdir())
        (data / "backfill-of-one-that-was-killed").mkdir()
        done = CliRunner().invoke(cli, [*asked, "--data", str(data)])
        assert (done.exit_code, done.stderr) == (0, "")
        (block, *_) = {each.name for each in set(data.iterdir()) - before}
        assert re.fullmatch("[0-9A-Z]{26}", block), "a block, and nothing else"
        with pytest.raises(SlostackError, match="is not empty, expected a new folder"):
            CliRunner().invoke(cli, [*asked, "--out", str(out)], catch_exceptions=False)


def test_a_past_that_prometheus_does_not_hold_is_said(tmp_path: Path) -> None:
    file = project(tmp_path / "project", MONTH)
    with prometheus_with(["up 1 0\n", "# EOF\n"], tmp_path) as url:
        done = CliRunner().invoke(
            cli, ["--root", str(file.parents[1]), "backfill", "--prometheus", url, "--out", str(tmp_path / "blocks")]
        )
    assert done.output == "api/success: nothing to add: Prometheus has no blocks with raw series of it\n"


@pytest.mark.parametrize("option", ["--prometheus", "--out"])
def test_another_prometheus_needs_a_folder(tmp_path: Path, option: str) -> None:
    file = project(tmp_path / "project", MONTH)
    done = CliRunner().invoke(cli, ["--root", str(file.parents[1]), "backfill", option, "x"])
    assert done.exit_code == 2
    assert "--prometheus goes with --data, its data folder, or with --out" in done.stderr

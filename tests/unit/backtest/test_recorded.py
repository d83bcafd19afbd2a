"""What is read closely is enough: the same alerts fire as from every hour's samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from slostack.backfill import backfill
from slostack.backtest import Outcome, PrometheusSource, Span
from slostack.backtest.prometheus import Query, Series
from slostack.backtest.replay import replay
from slostack.backtest.subjects import Version
from slostack.errors import SlostackError
from slostack.spec import Alerting, shipped_policies
from tests.unit.backtest.made_up import HOUR, START, STEP, HoldsRecorded, history, holding, version

LENGTH = 72 * HOUR
SPAN = Span(START, START + LENGTH * STEP)


def outcome(of: Version, past: HoldsRecorded, below: float) -> Outcome:
    histories = PrometheusSource(past, SPAN, below).histories([of], of)
    return replay(of.service, of.slo, histories, SPAN.start, SPAN.end)


@pytest.mark.parametrize("policy", ["google", "workbook"])
@pytest.mark.parametrize("seed", range(6))
def test_quiet_hours_are_not_read_and_nothing_is_lost(policy: str, seed: int) -> None:
    """With incidents that are just under and just over limits, at the edges of hours too, and missed evaluations."""
    draw = np.random.default_rng(seed)
    of = version(alerting=Alerting(policy=shipped_policies()[policy]))
    events, failing, missed = np.full(LENGTH, 600.0), np.full(LENGTH, 0.0002), np.zeros(LENGTH, bool)
    for _ in range(12):
        start, lasts = draw.integers(LENGTH), draw.integers(2, 3 * HOUR)
        failing[start : start + lasts] = draw.choice([0.0009, 0.0055, 0.0065, 0.014, 0.015, 0.05, 1.0])
    for _ in range(4):
        start = draw.integers(LENGTH)
        missed[start : start + draw.integers(1, 40)] = True
    past = holding(history(of, events, events * failing), missed)
    closely, every_hour = outcome(of, past, 1.0), outcome(of, past, 0.0)
    assert closely == every_hour
    assert len(closely.firings) > 3


class OfClusters(HoldsRecorded):
    """Answers as a Thanos that sees two clusters, whose Prometheus recorded the same."""

    def ask(self, queries: Sequence[Query]) -> list[list[Series]]:
        return [
            [
                replace(each, labels={**each.labels, "cluster": cluster})
                for each in answer
                for cluster in ("eu-1", "us-1")
            ]
            for answer in super().ask(queries)
        ]


def test_what_several_clusters_recorded_is_not_taken_for_one() -> None:
    of = version()
    past = holding(history(of, np.full(LENGTH, 600.0), np.zeros(LENGTH)), np.zeros(LENGTH, bool))
    several = OfClusters("http://made.up", series=past.series)
    expected = r"made.up has api/\S+ of each cluster of 'eu-1', 'us-1', expected one of them \(--only cluster=us-1\)"
    with pytest.raises(SlostackError, match=expected):
        outcome(of, several, 1.0)


class LostItsData(HoldsRecorded):
    """Has nothing, and no block yet."""

    def head_start(self) -> int:
        return SPAN.end


def test_a_backfill_reads_raw_series_of_one_cluster(tmp_path: Path) -> None:
    of = version()
    past = holding(history(of, np.full(LENGTH, 600.0), np.zeros(LENGTH)), np.zeros(LENGTH, bool))
    several, until = OfClusters("http://made.up", series=past.series), datetime.fromtimestamp(SPAN.end / 1000, UTC)
    with pytest.raises(SlostackError, match="of each cluster of 'eu-1', 'us-1'"):
        backfill(LostItsData("http://empty"), [of], until, tmp_path, source=several)
    (filled,) = backfill(LostItsData("http://empty"), [of], until, tmp_path, source=past)
    assert filled.last is None


@dataclass(frozen=True)
class Scrapes(LostItsData):
    """Scrapes targets with these values of a label."""

    clusters: tuple[str, ...] = ("",)

    def ask(self, queries: Sequence[Query]) -> list[list[Series]]:
        if [query.expr for query in queries] == ["group by (cluster) (up)"]:
            at = np.array([SPAN.end])
            return [[Series({"cluster": each} if each else {}, at, np.ones(1)) for each in self.clusters]]
        return super().ask(queries)


def test_a_backfill_of_what_no_rule_recorded_reads_one_cluster_too(tmp_path: Path) -> None:
    """The SLO may be new in one of them, and not be there in another whose raw series would be counted too."""
    of, until = version(), datetime.fromtimestamp(SPAN.end / 1000, UTC)
    both, empty = Scrapes("http://query", clusters=("eu-1", "us-1")), Scrapes("http://empty")
    with pytest.raises(SlostackError, match=r"series of each cluster of 'eu-1', 'us-1', .* \(--only cluster=us-1\)"):
        backfill(empty, [of], until, tmp_path, source=both)
    one = Scrapes("http://query", clusters=("eu-1",))
    of_itself = Scrapes("http://empty", clusters=("a", "b"))
    for server, source in ((empty, one), (of_itself, both)):
        (filled,) = backfill(server, [of], until, tmp_path, source=source)
        assert filled.last is None


def test_a_quiet_past_is_hardly_read() -> None:
    of = version()
    events = np.full(LENGTH, 600.0)
    past = holding(history(of, events, events * 0.0002), np.zeros(LENGTH, bool))
    found = outcome(of, past, 1.0)
    assert (found.firings, found.judged) == ((), LENGTH * 30)
    assert sum(past.samples) < 3 * LENGTH / 10 + 1000

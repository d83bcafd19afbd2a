"""Which alerts of an SLO fire over its history: what slostack/rules/alerts.py writes as PromQL, for all times at once.

Every limit comes from the model and its policy. A firing that a restart of Prometheus interrupts counts as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np

from slostack import names
from slostack.backtest.budget import counted_ratio, counts_over, remaining
from slostack.backtest.history import Flags, Floats, History, Labels, Times, last_over, milliseconds, sum_over
from slostack.backtest.maintenance import NOW, under_maintenance
from slostack.backtest.model import Firing, Outcome
from slostack.backtest.pages import LOOKBACK, PageConditions, firing_pages
from slostack.rules.budget import SHOWN_FOR
from slostack.rules.page import NEARLY_ALL, SHORT, least_rate, telling_windows
from slostack.rules.ratio import RAW_WINDOW
from slostack.spec import Duration, Service, Slo, Tier
from slostack.spec.alerting import Absence, Severity, Spent
from slostack.spec.policy import End


def replay(service: Service, slo: Slo, histories: Sequence[History], start: int, end: int) -> Outcome:
    """What an SLO would have done between two Unix milliseconds, of all its label sets."""
    judges = [_Judge(service, slo, history, start, end) for history in histories]
    firings = [firing for judge in judges for firing in judge.firings()]
    firings += _absences(slo.alerting.absence, judges) if slo.alerting.absence else []
    spent = [judge.spent for judge in judges if len(judge.spent)]
    return Outcome(
        objective=slo.objective,
        window=str(slo.window),
        policy=slo.policy.name,
        firings=tuple(sorted(firings, key=lambda firing: (firing.start, firing.is_page, firing.name, firing.labels))),
        judged=max((_judged(judge.evaluated) for judge in judges), default=0.0),
        spent=max((float(each[-1]) for each in spent), default=None),
        most_spent=max((float(each.max()) for each in spent), default=None),
    )


def _judged(evaluated: Times) -> float:
    """The seconds that evaluations stand for: each for the time to the next one, while Prometheus still sees it."""
    if not len(evaluated):
        return 0.0
    between = np.minimum(np.diff(evaluated), milliseconds(LOOKBACK))
    return float(between.sum()) / 1000 + names.EVALUATION_INTERVAL.seconds


class _Judge:
    """The alerts of one label set."""

    def __init__(self, service: Service, slo: Slo, history: History, start: int, end: int) -> None:
        self.service, self.slo, self.history = service, slo, history
        first, last = np.searchsorted(history.evaluated, [start, end + 1])
        self.part = slice(int(first), int(last))
        self.evaluated: Times = history.evaluated[self.part]
        self.budget = float(f"{slo.budget:.12g}")
        self.burns: dict[Duration, Floats] = {}
        self.span = start, end

    def firings(self) -> Iterator[Firing]:
        """Of every tier, and of a spent budget."""
        slo, end = self.slo, self.slo.policy.end
        lasting = slo.pages if end else ()
        if end and lasting:
            for tier, flags in zip(lasting, firing_pages(self.evaluated, self._pages(end)), strict=True):
                yield from self._of_tier(tier, flags)
        for tier in slo.tiers:
            if tier not in lasting:
                yield from self._of_tier(tier, self._burns(tier) & ~self.quiet)
        if slo.alerting.spent:
            yield from self._spent_alerts(slo.alerting.spent)

    @cached_property
    def quiet(self) -> Flags:
        """Maintenance at each evaluation."""
        return under_maintenance(self.slo.maintenance, NOW, self.evaluated)

    @cached_property
    def left(self) -> Floats:
        """The budget that is left at each time of counting."""
        return remaining(self.slo, self.history)

    @property
    def spent(self) -> Floats:
        """The budget that is spent at each time of counting within the replay, where it is known."""
        start, end = self.span
        within = (self.history.counted >= start) & (self.history.counted <= end) & ~np.isnan(self.left)
        return 1 - self.left[within]

    @property
    def labels(self) -> Labels:
        return self.history.labels

    def _pages(self, end: End) -> PageConditions:
        slo, slowest = self.slo, self.slo.pages[-1]
        interval = self.service.scrape_interval
        told = np.zeros(len(self.evaluated), bool)
        for window in telling_windows(slo, end, interval):
            rate = self._rate(window)
            tells = self._burn(window) <= _written(end.burn)
            tells &= rate >= float(f"{least_rate(slo, end, slowest, window):.4g}")
            if window < SHORT:
                tells &= rate >= NEARLY_ALL * self._rate(SHORT)
            told |= tells
        still = [self._burn(window) > _written(slowest.burn) for window in (SHORT, RAW_WINDOW)]
        return PageConditions(
            burns=[self._burns(tier) for tier in slo.pages],
            lasts=np.logical_or.reduce(still),
            told=told,
            at_last=self._burn(slowest.short) <= _written(end.burn),
            quiet=self.quiet,
        )

    def _burns(self, tier: Tier) -> Flags:
        """Whether both windows of a tier burn too fast, and hold as many failures as it needs."""
        burns = (self._burn(tier.long) > _written(tier.burn)) & (self._burn(tier.short) > _written(tier.burn))
        if (least := self.slo.least_failures_of(tier)) > 1:
            burns &= self._failures(tier.long) > least - 0.5
        return burns

    def _burn(self, window: Duration) -> Floats:
        if window not in self.burns:
            if window <= RAW_WINDOW:
                ratio = self.history.ratios[window][self.part]
            else:
                ratio = self._shown(counted_ratio(self.history, window))
            self.burns[window] = ratio / self.budget
        return self.burns[window]

    def _rate(self, window: Duration) -> Floats:
        return self.history.rates[window][self.part]

    def _failures(self, window: Duration) -> Floats:
        if window > RAW_WINDOW:
            bad, _ = counts_over(self.history, window)
            return self._shown(np.where(bad.samples > 0, bad.total, np.nan))
        failed: Floats = self.history.ratios[window][self.part] * self._rate(window) * window.seconds
        if not self.slo.maintenance:
            return failed
        bad = sum_over(self.history.counted, self.history.bad, window, self.evaluated)
        counted = np.where(bad.samples > 0, bad.total, np.nan)
        return np.where(under_maintenance(self.slo.maintenance, window, self.evaluated), counted, failed)

    def _shown(self, values: Floats) -> Floats:
        """What was recorded at each time of counting, as it is shown at each evaluation."""
        return last_over(self.history.counted, values, SHOWN_FOR, self.evaluated)

    def _of_tier(self, tier: Tier, flags: Flags) -> Iterator[Firing]:
        severity = self.slo.alerting.severity(tier)
        assert severity is not None
        for start, end in _runs(self.evaluated, flags):
            yield Firing(names.BURN_ALERT, tier.name, severity, tier.kind == "page", start, end, self.labels)

    def _spent_alerts(self, spent: Spent) -> Iterator[Firing]:
        flags = (1 - self._shown(self.left) >= _written(spent.share / 100)) & ~self.quiet
        return _others(names.SPENT_ALERT, spent.severity, _runs(self.evaluated, flags), self.labels)


def _absences(absence: Absence, judges: Sequence[_Judge]) -> list[Firing]:
    """While no label set has events; the alert waits for its time."""
    if not judges:
        return []
    evaluated = judges[0].evaluated
    absent = np.logical_and.reduce([np.isnan(judge._rate(SHORT)) for judge in judges]) & ~judges[0].quiet
    waits = absence.for_.seconds
    runs = [(start + waits, end) for start, end in _runs(evaluated, absent)]
    last = evaluated[-1] / 1000 if len(evaluated) else 0.0
    long = [(start, end) for start, end in runs if start < (last + 1 if end is None else end)]
    return list(_others(names.ABSENCE_ALERT, absence.severity, long, ()))


def _others(
    alert: str, severity: Severity, runs: Iterable[tuple[float, float | None]], labels: Labels
) -> Iterator[Firing]:
    for start, end in runs:
        yield Firing(alert, "", severity, False, start, end, labels)


def _runs(evaluated: Times, flags: Flags) -> list[tuple[float, float | None]]:
    """From the first evaluation that holds to the first that doesn't, in seconds; None where the last one does."""
    edges = np.diff(np.concatenate(([False], flags, [False])).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [
        (int(evaluated[start]) / 1000, int(evaluated[end]) / 1000 if end < len(evaluated) else None)
        for start, end in zip(starts, ends, strict=True)
    ]


def _written(limit: float) -> float:
    """A limit as the rules write it."""
    return float(f"{limit:.12g}")

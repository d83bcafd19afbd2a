"""What the rules of an SLO would have recorded, computed by Prometheus from raw series: for SLIs that are new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from slostack import names
from slostack.backtest.found import Found, Sampled, aligned, concatenated
from slostack.backtest.history import Floats, Labels, Times, last_over, milliseconds, sum_over
from slostack.backtest.maintenance import under_maintenance
from slostack.backtest.outage import outage_events
from slostack.backtest.subjects import Version
from slostack.rules.measure import NEWEST, Measures, measures
from slostack.rules.outage import anything_answers
from slostack.rules.ratio import bad_share, rate_of_events
from slostack.rules.service import grouping, tier_offset
from slostack.rules.tier import counted_events
from slostack.rules.uncounted import counted_span
from slostack.spec import Duration, TimeSlices

STEP, COUNT_STEP = names.EVALUATION_INTERVAL, names.TIER_INTERVAL


def measured(version: Version) -> Measures:
    """What an SLO counts."""
    service, slo = version.service, version.slo
    return measures(service, slo, grouping(slo), names.identity(service.service, slo.name))


def raw_ratios(version: Version, windows: Iterable[Duration]) -> Mapping[str, str]:
    """The PromQL of short windows' rates and ratios, by the names that record them; of slices none, which are judged
    by their counts."""
    if version.slo.sli.slices:
        return {}
    of, by = measured(version), grouping(version.slo)
    exprs = {}
    for window in windows:
        events = rate_of_events(of, window)
        exprs[names.event_rate(window)] = events
        exprs[names.error_ratio(window)] = bad_share(of, window, by, f"({events})")
    return exprs


def raw_counts(version: Version, span: Duration = COUNT_STEP) -> Mapping[str, str]:
    """The PromQL of the counts of five minutes, or of a longer span, by the names that record them."""
    of, by, offset = measured(version), grouping(version.slo), tier_offset(version.service, version.slo)
    part = names.GOOD_EVENTS if of.part_is_good else names.BAD_EVENTS
    return {
        names.EVENTS: counted_events(of.total, span, offset, by),
        part: counted_events(of.part, span, offset, by),
    }


def after_gaps(answers: Found) -> Mapping[int, Duration]:
    """The spans that make up for counts that could not be told, by the times of those that follow on them."""
    spans: dict[int, Duration] = {}
    for labels in answers.groups:
        times, _ = answers.of(names.EVENTS, labels)
        gaps = np.flatnonzero(np.diff(times) > milliseconds(COUNT_STEP)) + 1
        spans |= {int(times[i]): counted_span(Duration(int(times[i] - times[i - 1]) // 1000)) for i in gaps}
    return spans


def raw_up(version: Version) -> str | None:
    """The PromQL of whether anything answers; None where the SLI doesn't ask."""
    up = version.slo.sli.up
    return anything_answers(up, version.service.scrape_interval) if up else None


def completed_counts(version: Version, answers: Found, up: Sampled | None) -> Found:
    """The counts that follow from the answers to `raw_counts` and `raw_up`: bad events from good ones, what an outage
    failed, nought in maintenance."""
    slo, of = version.slo, measured(version)
    reach = Duration(COUNT_STEP.seconds + tier_offset(version.service, slo).seconds + of.looks_back.seconds)
    found, at = Found(counted=answers.counted), concatenated(answers.counted)
    spared = under_maintenance(slo.maintenance, reach, at)
    for labels in answers.groups:
        events, bad = _counts(answers, labels, of, at)
        if up:
            failed = outage_events(version, up, at, events * ~spared)
            events, bad = (np.where(failed > 0, np.nan_to_num(counts) + failed, counts) for counts in (events, bad))
        found.samples[names.EVENTS, labels] = [(at, events * ~spared)]
        found.samples[names.BAD_EVENTS, labels] = [(at, bad * ~spared)]
    return found


def completed_ratios(version: Version, answers: Found, counts: Found, windows: Iterable[Duration]) -> Found:
    """The ratios that follow from the answers to `raw_ratios` and from counts: those of slices, and where a window
    reaches into maintenance that of the counts, which leave it out."""
    slo, of = version.slo, measured(version)
    found = Found(evaluated=answers.evaluated)
    for labels in counts.groups:
        counted = _Counts(counts.of(names.EVENTS, labels), counts.of(names.BAD_EVENTS, labels))
        for window in windows:
            if slo.sli.slices:
                rate, ratio = _of_slices(slo.sli.slices, counted, window, concatenated(answers.evaluated))
            else:
                rate = answers.of(names.event_rate(window), labels)
                ratio = answers.of(names.error_ratio(window), labels)
            reach = Duration(window.seconds + of.looks_back.seconds)
            spared = under_maintenance(slo.maintenance, reach, ratio[0])
            ratio = ratio[0], np.where(spared, counted.ratio(window, ratio[0]), ratio[1])
            found.samples[names.event_rate(window), labels] = [rate]
            found.samples[names.error_ratio(window), labels] = [ratio]
    return found


@dataclass(frozen=True)
class _Counts:
    events: Sampled
    bad: Sampled

    def ratio(self, window: Duration, ends: Times) -> Floats:
        """The share of bad events over a window by the counts; NaN where there was none."""
        bad, events = (sum_over(*counts, window, ends).total for counts in (self.bad, self.events))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(events > 0, bad / events, np.nan)


def _counts(found: Found, labels: Labels, of: Measures, at: Times) -> tuple[Floats, Floats]:
    """All events and bad ones at these times; a part that is missing is none of them."""
    events = aligned(at, *found.of(names.EVENTS, labels))
    part = aligned(at, *found.of(names.GOOD_EVENTS if of.part_is_good else names.BAD_EVENTS, labels))
    part = np.where(np.isnan(events), np.nan, np.nan_to_num(part))
    return events, np.maximum(events - part, 0) if of.part_is_good else part


def _of_slices(slices: TimeSlices, counts: _Counts, window: Duration, ends: Times) -> tuple[Sampled, Sampled]:
    """The rate and the ratio of a window by the slices that were counted: of at least the last one."""
    span = max(window, slices.length, names.TIER_INTERVAL)
    settled = ends - milliseconds(names.EVALUATION_INTERVAL)
    total = sum_over(*counts.events, span, settled)
    rate = np.where(total.samples > 0, total.total / span.seconds, np.nan)
    if span > window:
        rate = np.where(np.isnan(last_over(*counts.events, NEWEST, ends)), np.nan, rate)
    bad = sum_over(*counts.bad, span, settled).total / span.seconds
    with np.errstate(divide="ignore", invalid="ignore"):
        return (ends, rate), (ends, np.where(rate > 0, bad / rate, np.nan))

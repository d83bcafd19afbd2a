"""The histories of an SLO's versions out of a Prometheus: what was recorded, and from raw series what was not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from slostack import names
from slostack.backtest.found import Found, Sampled, aligned, concatenated
from slostack.backtest.history import History, Times, milliseconds
from slostack.backtest.prometheus import Prometheus, Query
from slostack.backtest.raw import after_gaps, completed_counts, completed_ratios, raw_counts, raw_ratios, raw_up
from slostack.backtest.recorded import HOUR, STEP, Span, recorded_counts, recorded_ratios
from slostack.backtest.subjects import Version
from slostack.rules.budget import windows
from slostack.rules.page import SHORT
from slostack.rules.ratio import RAW_WINDOW
from slostack.spec import Duration, Slo

COUNT_STEP = milliseconds(names.TIER_INTERVAL)
_PIECE, _PIECE_OF_COUNTS = 24 * HOUR, 7 * 24 * HOUR


def fetch(
    prometheus: Prometheus, versions: Sequence[Version], recorded: Version | None, span: Span, below: float
) -> tuple[History, ...]:
    """The histories, by label set, of versions that share an SLI. `recorded` is the version whose rules recorded it, if
    any did. Hours are read closely in which a ratio exceeds `below` times the least limit of any version.

    Raises SlostackError where Prometheus doesn't answer all that is asked.
    """
    asked = short_windows(versions)
    kept = short_windows([recorded] if recorded else [])
    longest = max(milliseconds(reach(version.slo)) for version in versions)
    counts_span = Span(span.start - longest, span.end)
    counts = recorded_counts(prometheus, recorded, counts_span) if recorded else Found()
    counts.join(counts_within(prometheus, versions[0], _before(counts.counted, counts_span, COUNT_STEP)))
    found = Found()
    found.join(counts)
    if recorded:
        both = [window for window in asked if window in kept]
        close = {window: below * limit for window, limit in limits(versions).items() if window in both}
        found.join(recorded_ratios(prometheus, recorded, both, close, span, counts.groups))
    earlier = _before(found.evaluated, span, STEP)
    phase = _phase(found.evaluated, span)
    found.join(_raw_ratios(prometheus, versions[0], asked, earlier, counts, phase))
    if recorded and (new := [window for window in asked if window not in kept]):
        later = _raw_ratios(prometheus, versions[0], new, Span(earlier.end, span.end), counts, phase)
        found.join(Found(samples=later.samples))
    return found.histories(asked)


def counts_within(prometheus: Prometheus, version: Version, span: Span) -> Found:
    """The counts of five minutes of a time, up to its end, computed from raw series; none of less than an hour.

    Raises SlostackError where Prometheus doesn't answer all that is asked.
    """
    if span.end - span.start < HOUR:
        return Found()
    # In step with the counts that follow.
    start = span.end - (span.end - span.start) // COUNT_STEP * COUNT_STEP
    whole = Span(start, span.end)
    answers = _answers(prometheus, version, raw_counts(version), whole, COUNT_STEP, _PIECE_OF_COUNTS)
    for at, longer in after_gaps(answers).items():
        once = Span(at - COUNT_STEP, at)
        answers.replace(_answers(prometheus, version, raw_counts(version, longer), once, COUNT_STEP, COUNT_STEP))
    answers.counted = _since_the_first(answers, whole, COUNT_STEP)
    return _admitted(version.slo, completed_counts(version, answers, _up(prometheus, version, whole)))


def reach(slo: Slo) -> Duration:
    """How far back an SLO's windows look."""
    return max(slo.reach, *(tier.long for tier in slo.tiers), RAW_WINDOW)


def short_windows(versions: Iterable[Version]) -> tuple[Duration, ...]:
    """The windows up to an hour that any of the versions judges."""
    return tuple(sorted({w for version in versions for w in windows(version.slo) if w <= RAW_WINDOW}))


def limits(versions: Iterable[Version]) -> Mapping[Duration, float]:
    """The least error ratio of each short window above which a tier may begin or a page may last."""
    least: dict[Duration, float] = {}
    for slo in (version.slo for version in versions):
        found = [(window, slo.threshold(tier)) for tier in slo.tiers for window in (tier.long, tier.short)]
        if slo.policy.end and slo.pages:
            found += [(window, slo.threshold(slo.pages[-1])) for window in (SHORT, RAW_WINDOW)]
        for window, limit in found:
            if window <= RAW_WINDOW:
                least[window] = min(limit, least.get(window, limit))
    return least


def _before(known: Sequence[Times], span: Span, step: int) -> Span:
    """The part of a time up to a step before the first of some others."""
    times = concatenated(known)
    return Span(span.start, min(max(int(times[0]) - step, span.start), span.end) if len(times) else span.end)


def _phase(known: Sequence[Times], span: Span) -> int:
    """When in an interval it is evaluated: as it was, or such that the replay ends with an evaluation."""
    times = concatenated(known)
    return (int(times[-1]) if len(times) else span.end) % STEP


def _up(prometheus: Prometheus, version: Version, span: Span) -> Sampled | None:
    """Whether anything answered, since it was first seen."""
    expr = raw_up(version)
    if expr is None:
        return None
    found = Found()
    for answer in prometheus.ask(Query(expr, span.start, span.end, STEP).pieces(_PIECE)):
        found.add(names.UP, (), answer)
    times = concatenated(_since_the_first(found, span, STEP))
    return times, np.nan_to_num(aligned(times, *found.of(names.UP, ())))


def _raw_ratios(
    prometheus: Prometheus, version: Version, asked: Sequence[Duration], span: Span, counts: Found, phase: int
) -> Found:
    if span.end - span.start < STEP:
        return Found()
    aligned = Span(span.start - (span.start - phase) % STEP, span.end)
    answers = _answers(prometheus, version, raw_ratios(version, asked), aligned, STEP, _PIECE)
    sampled = answers if answers.samples else counts
    answers.evaluated = _since_the_first(sampled, aligned, STEP)
    return completed_ratios(version, answers, counts, asked)


def _answers(
    prometheus: Prometheus, version: Version, exprs: Mapping[str, str], span: Span, step: int, longest: int
) -> Found:
    queries = {name: Query(expr, span.start, span.end, step).pieces(longest) for name, expr in exprs.items()}
    answers = iter(prometheus.ask([piece for pieces in queries.values() for piece in pieces]))
    found = Found()
    for name, pieces in queries.items():
        for _ in pieces:
            found.add(name, version.slo.group_by, next(answers))
    return found


def _since_the_first(found: Found, span: Span, step: int) -> list[Times]:
    """All steps of a time from the first one that has a sample on."""
    firsts = [times[0] for parts in found.samples.values() for times, _ in parts if len(times)]
    steps = np.arange(span.start + step, span.end + 1, step)
    return [steps[steps >= min(firsts)]] if firsts else []


def _admitted(slo: Slo, counts: Found) -> Found:
    """Without the label sets beyond the SLO's limit: of those that were never judged, the busiest stay."""
    groups = sorted(counts.groups, key=lambda labels: -float(counts.of(names.EVENTS, labels)[1].sum()))
    beyond = groups[slo.group_limit :] if slo.group_by else []
    samples = {key: parts for key, parts in counts.samples.items() if key[1] not in beyond}
    found = Found(counted=counts.counted)
    found.samples.update(samples)
    return found

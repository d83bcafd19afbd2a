"""The backfill: SLO by SLO, what was not recorded yet; blocks of it for Prometheus."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from slostack import names, promtool
from slostack.approximately import duration
from slostack.backfill.samples import samples
from slostack.backtest.fetch import COUNT_STEP, counts_within, reach
from slostack.backtest.found import Found, concatenated
from slostack.backtest.history import Flags, Times, milliseconds
from slostack.backtest.prometheus import SPAN, Prometheus, Query, UnansweredError
from slostack.backtest.recorded import HOUR, Span, own_labels, recorded_counts, times_of_counts
from slostack.backtest.subjects import Version
from slostack.backtest.words import day
from slostack.errors import SlostackError
from slostack.rules.uncounted import LONGEST_GAP
from slostack.spec.windows import Calendar

_MOST_LINES = 2_000_000
"""Of one file that promtool reads; it is read once for each of its blocks."""
_SCRATCH = "backfill-"
"""Begins the name of a folder in which blocks are made: beside the others, so that they get there at once. Of such a
name Prometheus takes no notice."""
_MADE_UP = milliseconds(LONGEST_GAP)
_NEVER = 1 << 60
_META = "meta.json"
_COMPACTED = 2
"""The compaction level of the blocks. Thanos' sidecar uploads those of level 1, which Prometheus writes from its head;
in the bucket these would overlap with them, at which Thanos' compactor halts."""


@dataclass(frozen=True)
class Filled:
    """What one SLO got. Times are Unix seconds; None where it got nothing."""

    version: Version
    first: float | None = None
    last: float | None = None
    counts: int = 0
    """Of how many times there is one now."""
    recorded_since: float | None = None
    """The first count that was there already."""
    is_joined: bool = True
    """Whether what it got may reach to the first count that was recorded; else that follows once both are in blocks."""
    error: str | None = None
    """Why it got nothing."""

    def __str__(self) -> str:
        window = reach(self.version.slo)
        if self.error:
            return f"not filled: {self.error}"
        if self.first is not None and self.last is not None:
            length = duration(self.counts * names.TIER_INTERVAL.seconds)
            later = "" if self.is_joined else "; run it again in some hours for the time after that"
            return f"{length} of {window}, from {day(self.first)} to {day(self.last)} UTC{later}"
        if self.recorded_since is not None:
            return f"nothing to add: recorded since {day(self.recorded_since)} UTC, and no raw series are older"
        return "nothing to add: Prometheus has no blocks with raw series of it"


def backfill(
    prometheus: Prometheus,
    versions: Sequence[Version],
    until: datetime,
    folder: Path,
    report: Callable[[int, int, str], None] = lambda *_: None,
    source: Prometheus | None = None,
) -> tuple[Filled, ...]:
    """Writes blocks into Prometheus' data folder (or another) with the five-minute counts of SLOs, as far back as
    their windows look and as raw series reach, of the times of which none was recorded until `until`, and no further
    than to where Prometheus' head begins: of a time that blocks cover it forgets what it has not written to blocks
    itself.

    Each block is there as a whole or not at all; run again, what Prometheus has taken is not computed again. `report`
    is called before each SLO with its number, how many there are, and its name. Raw series are those of `source`, which
    answers as a Prometheus does; else of that Prometheus. An SLO whose queries are not answered is left out, and says
    so. Raises SlostackError where a server can't be asked, or a block can't be written; what was computed by then is
    written.
    """
    found: list[Filled] = []
    end = int(until.timestamp() * 1000)
    in_blocks = min(end, prometheus.head_start() - 1)
    if source and source is not prometheus:
        _refuse_several_places(prometheus, source, end)

    def lines() -> Iterator[Sequence[str]]:
        for number, version in enumerate(versions):
            report(number, len(versions), f"{version.service.service}/{version.slo.name}")
            try:
                filled, counts = _of(prometheus, source or prometheus, version, end, in_blocks)
            except UnansweredError as error:
                filled, counts = Filled(version, error=str(error)), Found()
            found.append(filled)
            yield from _lines(version, counts)

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for batch in _batches(lines()):
            _write_blocks(batch, folder)
    except OSError as error:
        raise SlostackError(f"can't write blocks into {folder} ({error.strerror}), expected room for them") from None
    return tuple(found)


def _refuse_several_places(prometheus: Prometheus, source: Prometheus, end: int) -> None:
    """Raises SlostackError where a source has series of several places, by a label that the Prometheus itself has not.

    What rules recorded there is no sign of it: they may have run in one of the places only.
    """
    for label in names.PLACES:
        asked = [Query(f"group by ({label}) (up)", end - COUNT_STEP, end, COUNT_STEP)]
        own, found = (
            {series.labels.get(label, "") for series in server.ask(asked)[0]} for server in (prometheus, source)
        )
        if len(found) > 1 and not own - {""}:
            raise SlostackError(
                f"{source.shown} has series of each {label} of {', '.join(map(repr, sorted(found)))}, "
                f"expected one of them (--only {label}={max(found)})"
            )


def is_taken(prometheus: Prometheus, filled: Filled) -> bool:
    """Whether Prometheus has what an SLO got."""
    if filled.last is None:
        return True
    at, of = round(filled.last * 1000), filled.version
    counts = f"{names.EVENTS}{{{names.identity(of.service.service, of.slo.name)}}}[{SPAN}]"
    (answer,) = prometheus.ask([Query(counts, at - 1, at)])
    return any(_is_grouped(of, own_labels(series)) for series in answer)


def _of(prometheus: Prometheus, source: Prometheus, version: Version, end: int, in_blocks: int) -> tuple[Filled, Found]:
    if source is not prometheus:
        recorded_counts(source, version, Span(end - HOUR, end))  # refuses several places
    start = end - milliseconds(reach(version.slo))
    recorded = times_of_counts(prometheus, version, Span(start, end))
    known = concatenated([times for labels, times in recorded.items() if _is_grouped(version, labels)])
    since = int(known[0]) / 1000 if len(known) else None
    joined = bool(len(known)) and int(known[0]) - COUNT_STEP <= in_blocks
    counts = Found()
    for span in _uncounted(known, joined, Span(start, end), in_blocks):
        counts.join(counts_within(source, version, span))
    _leave_out(counts, recorded)
    told = _told(counts)
    if not len(told):
        return Filled(version, recorded_since=since), Found()
    return Filled(version, int(told[0]) / 1000, int(told[-1]) / 1000, len(told), since, joined), counts


def _uncounted(known: Times, joined: bool, span: Span, in_blocks: int) -> Iterator[Span]:
    """The times that blocks cover of which no count tells, and no count will: after a gap that is not too long the next
    one makes up for it. What can't be joined to the first one yet ends early enough for the rest to be found later."""
    before = in_blocks
    if len(known):
        before = min(before, int(known[0]) - COUNT_STEP if joined else int(known[0]) - _MADE_UP - COUNT_STEP)
    yield Span(span.start, max(span.start, before))
    for gap in np.flatnonzero(np.diff(known) > _MADE_UP):
        before = int(known[gap + 1]) - COUNT_STEP
        if before <= in_blocks:
            yield Span(int(known[gap]), before)


def _is_grouped(version: Version, labels: Iterable[tuple[str, str]]) -> bool:
    """Whether these tell a series that is grouped as the SLO is now."""
    return {name for name, _ in labels} == {*version.slo.group_by}


def _leave_out(counts: Found, recorded: Mapping[frozenset[tuple[str, str]], Times]) -> None:
    """Takes from counts those of series that were recorded by then: an SLO that was grouped otherwise recorded, of raw
    series without one of the labels, the same as it does now."""
    for (name, group), parts in counts.samples.items():
        times = recorded.get(frozenset((label, value) for label, value in group if value))
        if times is not None:
            new = [(at, values, ~_told_by(times, at)) for at, values in parts]
            counts.samples[name, group] = [(at[kept], values[kept]) for at, values, kept in new]


def _told_by(recorded: Times, at: Times) -> Flags:
    """Whether counts that were recorded tell, in part at least, of the same as others at some times would."""
    after = np.searchsorted(recorded, at)
    since = at - np.concatenate(([-_NEVER], recorded))[after]
    until = np.concatenate((recorded, [_NEVER]))[after] - at
    return (since < COUNT_STEP) | (until < COUNT_STEP) | (since + until <= _MADE_UP)


def _told(counts: Found) -> Times:
    """When events of any label set were counted."""
    of_groups = (counts.of(names.EVENTS, group) for group in counts.groups)
    return concatenated([times[~np.isnan(values)] for times, values in of_groups])


def _lines(version: Version, counts: Found) -> Iterator[Sequence[str]]:
    """The lines of one SLO, at most as many at a time as a file has, the newest first: the next run goes on before
    what one gave that was interrupted."""
    told = _told(counts)
    names_each = 4 if isinstance(version.slo.window, Calendar) else 2
    times = max(_MOST_LINES // (names_each * max(len(counts.groups), 1)), 1)
    end = _NEVER
    for first in reversed(range(0, len(told), times)):
        start = int(told[first]) if first else 0
        yield list(samples(version, counts, start, end))
        end = start


def _batches(each: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Lines in files of not too many."""
    batch: list[str] = []
    try:
        for lines in each:
            if batch and len(batch) + len(lines) > _MOST_LINES:
                yield batch
                batch = []
            batch += lines
    except SlostackError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _write_blocks(lines: Sequence[str], folder: Path) -> None:
    for left_over in folder.glob(f"{_SCRATCH}*"):
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder) as scratch:
        text, blocks = Path(scratch, "counts.om"), Path(scratch, "blocks")
        with text.open("w", encoding="utf-8") as file:
            file.writelines(lines)
            file.write("# EOF\n")
        promtool.create_blocks_from_openmetrics(text, blocks, max_block_duration="7d")
        for block in sorted(blocks.iterdir(), key=_starts, reverse=True):
            _mark_compacted(block)
            shutil.move(block, folder / block.name)


def _starts(block: Path) -> int:
    """The time in ms at which a block begins. The newest is given first, as of lines."""
    return int(_meta(block)["minTime"])


def _mark_compacted(block: Path) -> None:
    meta = _meta(block)
    meta["compaction"]["level"] = _COMPACTED
    (block / _META).write_text(json.dumps(meta), encoding="utf-8")


def _meta(block: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((block / _META).read_text(encoding="utf-8"))
    return found

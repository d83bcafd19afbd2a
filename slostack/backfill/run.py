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
from slostack.backtest.fetch import counts_before, reach
from slostack.backtest.found import Found, concatenated
from slostack.backtest.history import Times, milliseconds
from slostack.backtest.prometheus import SPAN, Prometheus, Query
from slostack.backtest.recorded import HOUR, Span, own_labels, recorded_counts, times_of_counts
from slostack.backtest.subjects import Version
from slostack.backtest.words import day
from slostack.errors import SlostackError

_MOST_LINES = 2_000_000
"""Of one file that promtool reads; it is read once for each of its blocks."""
_SCRATCH = "backfill-"
"""Begins the name of a folder in which blocks are made: beside the others, so that they get there at once. Of such a
name Prometheus takes no notice."""
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
    recorded_since: float | None = None
    """The first count that was there already."""

    def __str__(self) -> str:
        window = reach(self.version.slo)
        if self.first is not None and self.last is not None:
            length = duration(self.last - self.first + names.TIER_INTERVAL.seconds)
            return f"{length} of {window}, from {day(self.first)} to {day(self.last)} UTC"
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
    their windows look and as raw series reach, up to the first count that was recorded, or `until`, and no further than
    to where Prometheus' head begins: of a time that blocks cover it forgets what it has not written to blocks itself.

    Each block is there as a whole or not at all; run again, what Prometheus has taken is not computed again. `report`
    is called before each SLO with its number, how many there are, and its name. Raw series are those of `source`, which
    answers as a Prometheus does; else of that Prometheus. Raises SlostackError where one of them doesn't answer, or a
    block can't be written.
    """
    found: list[Filled] = []
    end = int(until.timestamp() * 1000)
    in_blocks = min(end, prometheus.head_start() - 1)

    def lines() -> Iterator[Sequence[str]]:
        for number, version in enumerate(versions):
            report(number, len(versions), f"{version.service.service}/{version.slo.name}")
            filled, its_lines = _of(prometheus, source or prometheus, version, end, in_blocks)
            found.append(filled)
            yield its_lines

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for batch in _batches(lines()):
            _write_blocks(batch, folder)
    except OSError as error:
        raise SlostackError(f"can't write blocks into {folder} ({error.strerror}), expected room for them") from None
    return tuple(found)


def is_taken(prometheus: Prometheus, filled: Filled) -> bool:
    """Whether Prometheus has what an SLO got."""
    if filled.last is None:
        return True
    at, of = round(filled.last * 1000), filled.version
    counts = f"{names.EVENTS}{{{names.identity(of.service.service, of.slo.name)}}}[{SPAN}]"
    (answer,) = prometheus.ask([Query(counts, at - 1, at)])
    return any(_is_grouped(of, own_labels(series)) for series in answer)


def _of(
    prometheus: Prometheus, source: Prometheus, version: Version, end: int, in_blocks: int
) -> tuple[Filled, Sequence[str]]:
    if source is not prometheus:
        recorded_counts(source, version, Span(end - HOUR, end))  # refuses several places
    start = end - milliseconds(reach(version.slo))
    recorded = times_of_counts(prometheus, version, Span(start, end))
    known = concatenated([times for labels, times in recorded.items() if _is_grouped(version, labels)])
    since = int(known[0]) / 1000 if len(known) else None
    counts = counts_before(source, version, [known], Span(start, max(start, in_blocks)))
    _leave_out(counts, recorded)
    told = _told(counts)
    if not len(told):
        return Filled(version, recorded_since=since), ()
    return Filled(version, int(told[0]) / 1000, int(told[-1]) / 1000, since), tuple(samples(version, counts))


def _is_grouped(version: Version, labels: Iterable[tuple[str, str]]) -> bool:
    """Whether these tell a series that is grouped as the SLO is now."""
    return {name for name, _ in labels} == {*version.slo.group_by}


def _leave_out(counts: Found, recorded: Mapping[frozenset[tuple[str, str]], Times]) -> None:
    """Takes from counts those of series that were recorded by then: an SLO that was grouped otherwise recorded, of raw
    series without one of the labels, the same as it does now."""
    for (name, group), parts in counts.samples.items():
        times = recorded.get(frozenset((label, value) for label, value in group if value))
        if times is not None:
            before = int(times[0]) - milliseconds(names.TIER_INTERVAL)
            counts.samples[name, group] = [(at[at <= before], values[at <= before]) for at, values in parts]


def _told(counts: Found) -> Times:
    """When events of any label set were counted."""
    of_groups = (counts.of(names.EVENTS, group) for group in counts.groups)
    return concatenated([times[~np.isnan(values)] for times, values in of_groups])


def _batches(each: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Lines in files of not too many, those of one SLO together."""
    batch: list[str] = []
    for lines in each:
        if batch and len(batch) + len(lines) > _MOST_LINES:
            yield batch
            batch = []
        batch += lines
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
    """The time in ms at which a block begins. The newest is given first: the next run goes on before what one gave that
    was interrupted."""
    return int(_meta(block)["minTime"])


def _mark_compacted(block: Path) -> None:
    meta = _meta(block)
    meta["compaction"]["level"] = _COMPACTED
    (block / _META).write_text(json.dumps(meta), encoding="utf-8")


def _meta(block: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((block / _META).read_text(encoding="utf-8"))
    return found

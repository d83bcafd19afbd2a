"""A recorded file: the histories that a Prometheus gave, to be replayed without it.

A zip archive of numpy's arrays, deflated, and of an index as JSON; times are kept as differences, which deflate well.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import IO, Any

import numpy as np

from slostack.backtest.fetch import limits, short_windows
from slostack.backtest.history import Floats, History, Times
from slostack.backtest.recorded import Span
from slostack.backtest.source import Source
from slostack.backtest.subjects import Version
from slostack.errors import SlostackError
from slostack.files import TEMPORARY
from slostack.spec import Duration

FORMAT = "slostack backtest 1"
BELOW = 0.25
"""A file is to hold what alerts with a quarter of the limits would read, so that they can be replayed from it too."""
_INDEX = "index.json"
_EXPECTED = "expected a file of `slostack backtest --record`"


@dataclass(frozen=True)
class FileSource:
    """The histories of a recorded file; they are read when they are asked for."""

    name: str
    span: Span
    archive: zipfile.ZipFile
    entries: Mapping[str, Any]

    def histories(self, versions: Sequence[Version], recorded: Version | None) -> tuple[History, ...]:
        version = versions[0]
        what = f"{version.service.service}/{version.slo.name}"
        if (entry := self.entries.get(_key(version))) is None:
            raise self._lacks(f"{what} with this SLI")
        known = {Duration(seconds) for seconds in entry["windows"]}
        if missing := {*short_windows(versions)} - known:
            raise self._lacks(f"the {min(missing)} window of {what}, which its alerts read now")
        for window, limit in limits(versions).items():
            if limit < (least := entry["limits"].get(str(window), 1.0)):
                raise self._lacks(f"{what} where at most {least:.3%} of {window} are bad, and now {limit:.3%} alert")
        windows = [Duration(seconds) for seconds in entry["windows"]]
        try:
            return tuple(self._history(group, windows) for group in entry["groups"])
        except (OSError, KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
            raise _damaged(self.name, error) from None

    def _lacks(self, what: str) -> SlostackError:
        return SlostackError(f"{self.name} doesn't hold {what}; record it again with `slostack backtest --record`")

    def _history(self, group: Mapping[str, Any], windows: Sequence[Duration]) -> History:
        at = group["at"]
        return History(
            labels=tuple((label, value) for label, value in group["labels"]),
            evaluated=np.cumsum(self._array(f"{at}/evaluated")),
            ratios={window: self._array(f"{at}/ratio/{window}") for window in windows},
            rates={window: self._array(f"{at}/rate/{window}") for window in windows},
            counted=np.cumsum(self._array(f"{at}/counted")),
            bad=self._array(f"{at}/bad"),
            events=self._array(f"{at}/events"),
        )

    def _array(self, name: str) -> Any:
        with self.archive.open(f"{name}.npy") as file:
            return np.lib.format.read_array(file, allow_pickle=False)


@dataclass
class RecordingSource:
    """Another source, all of whose histories go into a file too."""

    source: Source
    archive: zipfile.ZipFile
    below: float
    entries: dict[str, Any] = field(default_factory=dict)
    writes: Lock = field(default_factory=Lock)

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def span(self) -> Span:
        return self.source.span

    def histories(self, versions: Sequence[Version], recorded: Version | None) -> tuple[History, ...]:
        found = self.source.histories(versions, recorded)
        with self.writes:
            self._write(versions, found)
        return found

    def _write(self, versions: Sequence[Version], found: Sequence[History]) -> None:
        number, groups = len(self.entries), []
        for index, history in enumerate(found):
            at = f"{number}/{index}"
            groups.append({"labels": history.labels, "at": at})
            for name, array in _arrays(history):
                with self.archive.open(f"{at}/{name}.npy", "w") as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)
        self.entries[_key(versions[0])] = {
            "windows": [window.seconds for window in short_windows(versions)],
            "limits": {str(window): self.below * limit for window, limit in limits(versions).items()},
            "groups": groups,
        }


@contextmanager
def opened(path: Path) -> Iterator[FileSource]:
    """A recorded file; raises SlostackError where it is none."""
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            index = json.loads(archive.read(_INDEX))
            if index["format"] != FORMAT:
                raise ValueError(f"its format is {index['format']!r}")
            source = FileSource(str(path), Span(*index["span"]), archive, index["entries"])
        except OSError as error:
            raise SlostackError(f"{path} can't be read ({error.strerror}), {_EXPECTED}") from None
        except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
            raise _damaged(str(path), error) from None
        yield source


@contextmanager
def recording(path: Path, source: Source, below: float = BELOW) -> Iterator[RecordingSource]:
    """A source whose histories are written to a file, which appears whole when the block ends without an error.
    `below` is what the source reads closely, as a share of the alerts' limits."""
    with _replaced(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        recorder = RecordingSource(source, archive, below)
        yield recorder
        index = {"format": FORMAT, "span": [source.span.start, source.span.end], "entries": recorder.entries}
        archive.writestr(_INDEX, json.dumps(index))


def _key(version: Version) -> str:
    return f"{version.service.service}/{version.slo.name}/{version.sli}"


def _arrays(history: History) -> Iterator[tuple[str, Times | Floats]]:
    yield "evaluated", np.diff(history.evaluated, prepend=0)
    yield "counted", np.diff(history.counted, prepend=0)
    yield "bad", history.bad
    yield "events", history.events
    yield from ((f"ratio/{window}", values) for window, values in history.ratios.items())
    yield from ((f"rate/{window}", values) for window, values in history.rates.items())


@contextmanager
def _replaced(path: Path) -> Iterator[IO[bytes]]:
    """A file to be written, which takes its place when the block ends; raises SlostackError where it can't."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
    except OSError as error:
        raise SlostackError(f"can't write {path} ({error.strerror}), expected a writable folder") from None
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _damaged(name: str, error: Exception) -> SlostackError:
    return SlostackError(f"{name} can't be read ({error}), {_EXPECTED}")

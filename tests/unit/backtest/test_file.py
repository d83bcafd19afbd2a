"""A recorded file gives what was recorded, or says why not; a recording that fails leaves none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from slostack.backtest import Span, opened, recording
from slostack.backtest.fetch import short_windows
from slostack.backtest.history import History
from slostack.backtest.subjects import Version
from slostack.errors import SlostackError
from slostack.spec import parse_service
from tests.unit.spec.files import RIGHT, edited

SPAN = Span(1_800_000_000_000, 1_800_003_600_000)


def version(text: str = RIGHT) -> Version:
    service = parse_service(text, "api.yaml")
    return Version(service, service.slos[0])


def history(of: Version) -> History:
    at = np.arange(SPAN.start + 123, SPAN.end, 30_000)
    ratios = {window: np.where(at % 7 == 0, np.nan, at / 1e13) for window in short_windows([of])}
    counted, counts = at[::10], np.linspace(0.0, 9.0, len(at[::10]))
    rates = {window: ratio * 3 for window, ratio in ratios.items()}
    return History((("route", "/a"),), at, ratios, rates, counted, counts, counts + 10)


@dataclass
class Made:
    """A source of one made-up history."""

    name: str = "made up"
    span: Span = SPAN
    fails: bool = False

    def histories(self, versions: Sequence[Version], recorded: Version | None) -> tuple[History, ...]:
        if self.fails:
            raise SlostackError("no")
        return (history(versions[0]),)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with recording(tmp_path / "past.zip", Made()) as source:
        source.histories([version()], None)
    return tmp_path / "past.zip"


def test_what_was_recorded_is_read_again(file: Path) -> None:
    with opened(file) as source:
        (found,) = source.histories([version(edited("objective: 99.9", "objective: 99.5"))], None)
        assert source.span == SPAN
    expected = history(version())
    assert found.labels == expected.labels
    for name in ("evaluated", "counted", "bad", "events"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    for window in short_windows([version()]):
        np.testing.assert_array_equal(found.ratios[window], expected.ratios[window])
        np.testing.assert_array_equal(found.rates[window], expected.rates[window])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bad: 'e{job=", "bad: 'other{job=", "doesn't hold api/availability with this SLI"),
        ("objective: 99.9", "objective: 99.99", "where at most 0.150% of 5m are bad, and now 0.060% alert"),
        ("window: 30d", "window: 7d", "doesn't hold the 15m window of api/availability, which its alerts read now"),
    ],
)
def test_what_it_does_not_hold_is_said(file: Path, old: str, new: str, message: str) -> None:
    with opened(file) as source, pytest.raises(SlostackError, match=message):
        source.histories([version(edited(old, new))], None)


@pytest.mark.parametrize("damage", ["", "PK", "x" * 100])
def test_a_file_that_is_none(tmp_path: Path, damage: str) -> None:
    (tmp_path / "past.zip").write_text(damage)
    with (
        pytest.raises(SlostackError, match=r"can't be read \(.*\), expected a file of `slostack backtest --record`"),
        opened(tmp_path / "past.zip"),
    ):
        pass


def test_a_recording_that_fails_leaves_what_was_there(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(SlostackError, match=r"^no$"), recording(file, Made(fails=True)) as source:
        source.histories([version()], None)
    assert [file.read_bytes(), *file.parent.iterdir()] == [before, file]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with (
        pytest.raises(SlostackError, match=r"can't write .*No such file or directory"),
        recording(tmp_path / "a/b.zip", Made()),
    ):
        pass

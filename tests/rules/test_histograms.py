"""Latency by a native histogram is that by a classic one with the same observations, whatever becomes of the series."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.rules.histograms import classic, native
from tests.rules.playing import HOUR, play, slo_file

END = 2 * HOUR
SCRAPES = END // 15
Pods = list[list[tuple[int, int] | None]]
"""By pod: observations of 0.2 s and of 1.5 s by each scrape, from the start on."""


def counting(fast: int, slow: int, start: int = 0, end: int = SCRAPES) -> list[tuple[int, int] | None]:
    """Grows by so many at each scrape; there from a scrape to another."""
    there = [(fast * n, slow * n) for n in range(end - start + 1)]
    return [None] * start + there + [None] * (SCRAPES - end)


def restarted() -> list[tuple[int, int] | None]:
    first = counting(30, 3, end=SCRAPES // 2)[: SCRAPES // 2]
    return [*first, *counting(30, 3)[: SCRAPES // 2 + 1]]


def failing_scrapes() -> list[tuple[int, int] | None]:
    return [None if n % 3 == 1 or 200 < n < 220 else each for n, each in enumerate(counting(30, 3))]


CASES: dict[str, Callable[[], Pods]] = {
    "steady": lambda: [counting(30, 3), counting(60, 0)],
    "idle": lambda: [counting(0, 0)],
    "idle after traffic": lambda: [counting(30, 3, end=200)[:201] + [(6000, 600)] * (SCRAPES - 200)],
    "reset": lambda: [restarted(), counting(30, 0)],
    "come and gone": lambda: [counting(30, 3, end=300), counting(30, 9, start=250), counting(3, 3, start=460)],
    "failing scrapes": lambda: [failing_scrapes()],
    "young pods": lambda: [[(30 * (n % 16), 3 * (n % 16)) for n in range(SCRAPES + 1)]],
    "all slow": lambda: [counting(0, 30)],
}
SHOWN = ["slo:error_ratio:rate5m", "slo:error_ratio:rate1h", "slo:error_ratio:rate6h", "slo:events:rate1h"]
COUNTED = ["slo:events:count5m", "slo:bad_events:count5m"]


def judged(kind: str, observed: Pods) -> dict[str, list[float | None]]:
    make, key = (native, "native_histogram") if kind == "native" else (classic, "histogram")
    series: dict[str, str] = {}
    for pod, each in enumerate(observed):
        series |= make("seconds", each, f'pod="{pod}"')
    times = range(300, END + 1, 300)
    asked = dict.fromkeys((*SHOWN, *COUNTED), times)
    played = play(slo_file(f"sli: {{latency: {{{key}: seconds, threshold: 0.5}}}}"), series, asked, every=300)
    return {name: [played.value(name, at) for at in times] for name in asked}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_native_is_judged_as_classic(case: Callable[[], Pods]) -> None:
    by_native, by_classic = judged("native", case()), judged("classic", case())
    for name in (*SHOWN, *COUNTED):
        assert by_native[name] == [
            None if value is None else pytest.approx(value, rel=1e-6, abs=1e-9) for value in by_classic[name]
        ], name


def test_what_is_judged_is_right() -> None:
    found = judged("native", CASES["reset"]())
    assert found["slo:error_ratio:rate6h"][-1] == pytest.approx(3 / 63, rel=0.02)
    assert sum(value or 0 for value in found["slo:events:count5m"]) == pytest.approx(63 * SCRAPES, rel=0.05)
    assert found["slo:error_ratio:rate1h"][-1] == pytest.approx(3 / 63, rel=0.02)
    young = judged("native", CASES["young pods"]())
    assert sum(value or 0 for value in young["slo:events:count5m"]) == pytest.approx(33 * SCRAPES * 15 / 16, rel=0.05)
    idle = judged("native", CASES["idle"]())
    assert set(idle["slo:error_ratio:rate5m"]) == {None}
    assert idle["slo:events:count5m"][1:] == [0] * (END // 300 - 1)


def test_observations_at_or_below_nought_are_fast() -> None:
    """A clock that was set back, or a cache that answers in no time: a classic histogram counts them as fast, too."""
    grows = "{{schema:0 count:8 sum:1 z_bucket:4 z_bucket_w:0.001 offset:1 buckets:[2] n_offset:0 n_buckets:[2]}}"
    series = {"seconds": f"{grows}+{grows}x240"}
    name = "slo:error_ratio:rate5m"
    played = play(
        slo_file("sli: {latency: {native_histogram: seconds, threshold: 0.5}}"), series, {name: [HOUR]}, every=300
    )
    assert played.value(name, HOUR) == pytest.approx(0.25)

"""The made-up past of what is compared with earlier days and weeks."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from slostack import names
from slostack.demo.far_history import STEP, compared, far_history
from slostack.demo.raw_history import LENGTH
from slostack.demo.scenarios import MODELS
from slostack.settings import WatchedService
from slostack.spec import SLO_FOLDER, load_service

ROOT = Path(__file__).parents[3]
NOW = 1_800_000_123.9
DAY = 86400
_SAMPLE = re.compile(r"((\w[\w:]*)\{.*\}) (\S+) (\d+)\n")

Series = dict[str, dict[int, float]]


def history(service: str) -> Series:
    spec = load_service(ROOT / SLO_FOLDER / f"{service}.yaml", ROOT)
    watched = WatchedService(targets=("127.0.0.1:9464",))
    series: Series = defaultdict(dict)
    for text in far_history(spec, MODELS[service], watched, NOW):
        match = _SAMPLE.fullmatch(text)
        assert match, text
        series[match[1]][int(match[4])] = float(match[3])
    return series


@pytest.mark.parametrize(
    ("service", "metric", "days"),
    [
        ("postfacta", "http_requests_total", 28),
        ("postfacta", "http_requests_in_flight", 1),
        ("junkos", "http_request_duration_seconds_count", 28),
        ("stolen-tee", "backup_size_bytes", 1),
        ("stolen-tee", "uploads_total", 2),
        ("learnsnap", "payments_total", 2),
    ],
)
def test_what_is_compared_reaches_back_so_far(service: str, metric: str, days: int) -> None:
    spec = load_service(ROOT / SLO_FOLDER / f"{service}.yaml", ROOT)
    assert days * DAY < compared(spec)[metric] < (days + 1) * DAY


@pytest.mark.parametrize("service", ["postfacta", "stolen-tee"])
def test_samples_go_on_until_the_hour_that_is_scraped(service: str) -> None:
    metrics = {name: by_time for name, by_time in history(service).items() if not name.startswith(names.LOG_LINES)}
    assert metrics
    for series, by_time in metrics.items():
        times = list(by_time)
        assert {later - earlier for earlier, later in pairwise(times)} == {STEP}
        assert 0 < int(NOW) - LENGTH.seconds - times[-1] <= STEP
        if series.partition("{")[0].endswith("_total"):
            assert list(by_time.values()) == sorted(by_time.values())


def test_counters_grow_as_the_demo_counts() -> None:
    grown = sum(
        max(by_time.values()) / (len(by_time) * STEP)
        for series, by_time in history("postfacta").items()
        if series.startswith("http_requests_total{")
    )
    assert grown == pytest.approx(MODELS["postfacta"].requests.per_second, rel=0.1)


def test_usual_errors_have_been_in_the_log_within_seven_days() -> None:
    of_logs = [series for series in history("junkos") if series.startswith(names.LOG_LINES)]
    assert of_logs == [
        f'log:lines:count{{service="junkos",count="error-types",error_type="{each}"}}'
        for each in MODELS["junkos"].usual_errors
    ]

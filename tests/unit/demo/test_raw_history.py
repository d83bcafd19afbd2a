"""The made-up hour of the demo's own metrics, as scrapes would have found them."""

from __future__ import annotations

import re
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from slostack.demo.raw_history import LENGTH, STARTED, raw_history
from slostack.demo.scenarios import MODELS
from slostack.settings import WatchedService
from slostack.spec import SLO_FOLDER, Duration, Service, load_service
from tests.unit.demo.playing import Play, samples

ROOT = Path(__file__).parents[3]
SERVICE = load_service(ROOT / SLO_FOLDER / "learnsnap.yaml", ROOT)
NOW = 1_800_000_123.9
TARGET = 'job="learnsnap",instance="127.0.0.1:9464"'
PROBE = 'job="learnsnap/health",instance="https://learnsnap.example/health"'
WATCHED = WatchedService(targets=("127.0.0.1:9464",), probe="https://learnsnap.example")
_SAMPLE = re.compile(r"((\w+)\{.*\}) (\S+) (\d+)\n")
_SUFFIX = re.compile("_(total|bucket|count|sum)$")

Series = dict[str, dict[int, float]]


def lines(service: Service = SERVICE) -> list[str]:
    return list(raw_history(service, MODELS[service.service], WATCHED, NOW))


def parsed(service: Service = SERVICE) -> Series:
    series: Series = {}
    for line in lines(service):
        if not line.startswith("# TYPE "):
            match = _SAMPLE.fullmatch(line)
            assert match, line
            series.setdefault(match[1], {})[int(match[4])] = float(match[3])
    return series


@pytest.fixture(scope="module")
def history() -> Series:
    return parsed()


def test_every_series_that_a_scrape_finds_is_there_and_says_whose_it_is(history: Series) -> None:
    found = {
        sample.name + "{" + "".join(f'{label}="{value}",' for label, value in sample.labels.items()) + TARGET + "}"
        for sample in samples(Play().families())
        if sample.name != STARTED
    }
    assert {series for series in history if PROBE not in series} == {*found, f"up{{{TARGET}}}"}


def test_scrapes_follow_each_other_for_more_than_an_hour_until_now(history: Series) -> None:
    for series, by_time in history.items():
        times = list(by_time)
        assert times[-1] == int(NOW)
        assert {later - earlier for earlier, later in pairwise(times)} == {60 if PROBE in series else 15}
        assert times[-1] - times[0] == LENGTH.seconds > 3600


def test_probes_succeed(history: Series) -> None:
    assert set(history[f"probe_success{{{PROBE}}}"].values()) == {1}
    assert set(history[f"up{{{PROBE}}}"].values()) == {1}


def test_the_interval_is_that_of_the_job() -> None:
    slower = SERVICE.scrape[0].model_copy(update={"job": "slower", "interval": Duration(60)})
    history = parsed(SERVICE.model_copy(update={"scrape": (*SERVICE.scrape, slower)}))
    assert len(history[f"up{{{TARGET}}}"]) == 261
    assert len(history[f"up{{{TARGET.replace('learnsnap', 'slower')}}}"]) == 66


def test_the_samples_of_a_family_are_together_after_its_type() -> None:
    found = lines()
    types = dict(line.split()[2:] for line in found if line.startswith("# TYPE "))
    assert types["http_requests"] == "counter"
    assert types["quiz_generation_duration_seconds"] == "histogram"
    assert types["up"] == "gauge"
    names = [line.split()[2] if line[0] == "#" else re.split("[{]", line)[0] for line in found]
    families = [name if name in types else _SUFFIX.sub("", name) for name in names]
    assert [family for family, _ in groupby(families)] == list(types)


def test_buckets_are_named_as_prometheus_stores_them(history: Series) -> None:
    assert f'quiz_generation_duration_seconds_bucket{{le="60.0",{TARGET}}}' in history
    assert f'quiz_generation_duration_seconds_bucket{{le="+Inf",{TARGET}}}' in history


def test_the_hour_is_healthy_and_counts_never_fall(history: Series) -> None:
    counted = {"requests": 0.0, "failed": 0.0}
    for series, by_time in history.items():
        values = list(by_time.values())
        if series.startswith(("up{", "dependency_up{")):
            assert set(values) == {1}
        if series.startswith("quiz_queue_jobs{") and 'state="dead"' in series:
            assert set(values) == {0}
        if series.partition("{")[0].endswith(("_total", "_bucket")):
            assert values == sorted(values)
        if series.startswith("http_requests_total{"):
            counted["failed" if 'status="5' in series else "requests"] += values[-1]
    assert counted["requests"] > 30_000
    assert counted["failed"] < counted["requests"] / 1000


def test_the_same_time_gives_the_same_history(history: Series) -> None:
    assert parsed() == history

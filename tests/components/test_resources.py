"""What a preview of prod costs: no resource per SLO, a ConfigMap per shard, the same work and memory per service.

`make bench` measures the seconds and megabytes of 1,000 services with 5 SLOs each.
"""

from __future__ import annotations

import signal
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from bench.preview import MOST_MEGABYTES, SHARDS, write_project
from bench.preview_program import preview
from slostack.deploy.kubernetes import kubernetes_topology
from slostack.deploy.kubernetes.shards import shard_of, shards
from slostack.settings import load_settings
from slostack.stack import make_bundle

SERVICES = (4, 8, 16)
MOST_OF_A_SERVICE = MOST_MEGABYTES / 1_000 / 4
"""Megabytes: Pulumi and its engine's mock have copies of what is rendered."""


@pytest.fixture(autouse=True)
def unchanged() -> Iterator[None]:
    """What the program changes of the process is as it was, after it."""
    handler = signal.getsignal(signal.SIGINT)
    with patch.dict("os.environ"):
        yield
    signal.signal(signal.SIGINT, handler)


def previewed(root: Path, services: int, slos: int) -> int:
    """How many resources a preview registers, checked by the servers' own tools."""
    write_project(root, services, slos)
    return preview(root, "prod")


def config_maps(services: int) -> int:
    """The shards of rules and of dashboards that as many services are in."""
    names = [f"service-{number:04}" for number in range(services)]
    return sum(len({shard_of(f"{name}.{end}", SHARDS) for name in names}) for end in ("yaml", "json"))


def test_no_slo_is_a_resource_and_a_service_is_its_shards(tmp_path: Path) -> None:
    with_one = previewed(tmp_path / "one", 10, 1)
    of_ten, of_twenty = (previewed(tmp_path / f"{number}", number, 5) for number in (10, 20))
    assert with_one == of_ten
    assert of_twenty - of_ten == config_maps(20) - config_maps(10) <= 20


def test_each_service_more_is_the_same_work_and_memory(tmp_path: Path) -> None:
    """Counted in calls and megabytes: what would grow faster is refused at sizes where nobody would feel it."""
    renderings = [rendering(tmp_path / f"{number}", number) for number in SERVICES]
    renderings[-1]()  # what is imported and computed once
    called, held = [calls(render) for render in renderings], [megabytes(render) for render in renderings]
    for (small, middle, large), tolerance in ((called, 0.01), (held, 0.05)):
        assert large - middle == pytest.approx(2 * (middle - small), rel=tolerance)
    assert 0 < (held[2] - held[1]) / 8 < MOST_OF_A_SERVICE


def rendering(root: Path, services: int) -> Callable[[], object]:
    """Renders a project for prod and spreads its files over ConfigMaps."""
    write_project(root, services, 5)

    def render() -> object:
        settings = load_settings(root, "prod")
        bundle = make_bundle(root, settings, kubernetes_topology(settings))
        return [shards(bundle.below(folder), SHARDS, folder) for folder in ("prometheus/rules", "grafana/dashboards")]

    return render


def calls(work: Callable[[], object]) -> int:
    """How many functions work calls."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def megabytes(work: Callable[[], object]) -> float:
    """How many work allocates at most at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()

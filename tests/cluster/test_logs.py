"""The logs' way from a pod to Loki, through a real Alloy with its rendered config and a real Loki."""

from __future__ import annotations

import subprocess
from pathlib import Path

import requests

from tests.cluster.conftest import LINES_PER_SECOND
from tests.cluster.log_pipeline import ARRIVED_SECONDS, Pipeline, last
from tests.cluster.pod_process import obtained
from tests.cluster.test_exposed import EXPOSED, exposed
from tests.processes import wait_until

SECRET = "hunter2"


def alloy(*arguments: str) -> subprocess.CompletedProcess[str]:
    """How Alloy's own tool ends."""
    command = (str(obtained("alloy").binaries["alloy"]), *arguments)
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_alloy_takes_its_config_and_would_write_it_so_itself(alloy_config: str, tmp_path: Path) -> None:
    path = tmp_path / "config.alloy"
    path.write_text(alloy_config)
    checked = alloy("validate", str(path))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert alloy("fmt", str(path)).stdout == alloy_config


def test_alloy_refuses_a_config_that_is_wrong(alloy_config: str, tmp_path: Path) -> None:
    path = tmp_path / "config.alloy"
    path.write_text(alloy_config.replace("stage.sampling", "stage.simpling"))
    assert alloy("validate", str(path)).returncode != 0


def test_lines_are_masked_labelled_and_carry_their_request_ids(pipeline: Pipeline) -> None:
    pipeline.push(
        "shop",
        f'{{"level":"WARNING","msg":"login","password":"{SECRET}","requestId":"4b825dc6-42cb"}}',
        f"level=info url=https://u:{SECRET}@db.example/x trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
        "2026-11-22 10:00:00 ERROR mail to ada@example.org failed",
        "nothing that says a level",
    )
    lines = pipeline.settled("shop", last)
    assert len(lines) == 4
    assert not any(SECRET in line or "ada@" in line for line in lines)
    stored = pipeline.stored("shop")
    by_level = {stream.get("level", ""): stream for line, stream in stored if "the last one" not in line}
    assert set(by_level) == {"warn", "info", "error", ""}
    assert by_level["warn"]["request_id"] == "4b825dc6-42cb"
    assert by_level["info"]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    series = requests.get(f"{pipeline.loki}/loki/api/v1/series", params={"match[]": '{namespace="shop"}'}, timeout=10)
    labels = {label for stream in series.json()["data"] for label in stream}
    assert labels - {"service_name"} == {"namespace", "pod", "container", "app", "level"}


def test_alloy_exposes_what_the_alerts_read_once_lines_flow(pipeline: Pipeline) -> None:
    pipeline.push("metrics", *(f"level=info {n}" for n in range(4 * LINES_PER_SECOND)))
    wait_until(lambda: not EXPOSED["alloy"] - exposed(f"{pipeline.alloy}/metrics"), "its metrics", ARRIVED_SECONDS)


def test_levels_are_dropped(pipeline: Pipeline) -> None:
    pipeline.push("quiet", "level=debug one", "level=info two", "level=DEBUG three")
    assert pipeline.settled("quiet", last) == ["level=info two"]


def test_a_noisy_namespace_is_sampled_but_for_its_errors(pipeline: Pipeline) -> None:
    pipeline.push("noisy", *(f"level={'error' if n % 5 == 0 else 'info'} {n}" for n in range(300)))
    lines = pipeline.settled("noisy", last)
    errors = [line for line in lines if "level=error" in line]
    assert len(errors) == 60
    assert 5 < len(lines) - len(errors) < 40, "a tenth of 240"


def test_a_burst_of_one_pod_is_capped_and_takes_nothing_from_another(pipeline: Pipeline) -> None:
    pipeline.push("bursting", *(f"level=info {n}" for n in range(500)))
    pipeline.push("bursting", "level=info other", pod="web-2")
    wait_until(
        lambda: any(line == "level=info other" for line, _ in pipeline.stored("bursting")), "it", ARRIVED_SECONDS
    )
    lines = [line for line, _ in pipeline.stored("bursting")]
    assert 20 <= len(lines) < 100


def test_a_namespaces_flood_leaves_room_in_loki_for_another(pipeline: Pipeline) -> None:
    for pod in ("web-1", "web-2"):
        pipeline.push("flooding", *(f"level=info {n} {'x' * 500}" for n in range(20 * LINES_PER_SECOND)), pod=pod)
    pipeline.push("calm", *(f"level=info {n}" for n in range(50)))
    assert len(pipeline.settled("calm", last)) == 50
    assert 'label_value="flooding"' in requests.get(f"{pipeline.alloy}/metrics", timeout=10).text
    assert "rate_limited" not in requests.get(f"{pipeline.loki}/metrics", timeout=10).text

"""The clock of Prometheus' machine steps by a minute, ahead and back: what is stored stays, and it goes on alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from slostack.rules import render_rules
from slostack.spec import parse_service
from tests.faults.load import exporter, stored_ticks
from tests.faults.stack import SERVICE
from tests.faults.stepped_clock import VARIABLE, Clock, prometheus_with_clock
from tests.local.project import wait_until
from tests.processes import free_port, running

STEP = 60
HOUR = 3600
SERIES = 100


def test_a_step_of_a_minute(tmp_path: Path) -> None:
    executable, clock = prometheus_with_clock(), Clock(tmp_path / "clock")
    clock.set(0)
    (tmp_path / "rules.yaml").write_text(render_rules(parse_service(SERVICE, "loaded.yaml")))
    address = f"127.0.0.1:{free_port()}"
    url = f"http://{address}"
    with exporter(SERIES) as load:
        config = tmp_path / "prometheus.yml"
        job = f"{{job_name: loaded, scrape_interval: 1s, static_configs: [{{targets: ['{load.address}']}}]}}"
        config.write_text(f"{{rule_files: [rules.yaml], scrape_configs: [{job}]}}")
        command: list[str | Path] = [
            *(executable, f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}"),
            f"--web.listen-address={address}",
        ]
        with running(command, tmp_path / "log", {**os.environ, VARIABLE: str(clock.file)}):
            wait_until(lambda: _fires(url), 180, "the SLO burns, and pages")
            begins = min(stored_ticks(url, HOUR))
            clock.set(STEP)
            ahead = len(load.answered)
            wait_until(_stored(url, ahead + 3), 30, "samples are stored after the step ahead")
            evaluated = _evaluated(url)
            wait_until(lambda: _evaluated(url) > evaluated, 90, "rules are evaluated after the step ahead")
            assert _fires(url)
            clock.set(0)
            back = len(load.answered)
            wait_until(_stored(url, back + STEP + 3), 2 * STEP, "samples are stored after the step back")
            until = len(load.answered)
            evaluated = _evaluated(url)
            wait_until(lambda: _evaluated(url) > evaluated, 90, "rules are evaluated after the step back")
            assert _fires(url)
            kept = stored_ticks(url, HOUR)
    assert set(range(begins, ahead)) - kept == set(), "of before the steps"
    assert set(range(ahead + 1, back)) - kept == set(), "of between them"
    lost = set(range(back + 1, until)) - kept
    assert len(lost) <= STEP + 5, "of the minute that came twice, the second time is not stored"
    assert lost == set() or max(lost) - min(lost) <= STEP + 5


def _stored(url: str, number: int) -> Callable[[], bool]:
    return lambda: max(stored_ticks(url, HOUR), default=0) >= number


def _fires(url: str) -> bool:
    try:
        alerts: list[dict[str, Any]] = requests.get(f"{url}/api/v1/alerts", timeout=10).json()["data"]["alerts"]
    except (requests.RequestException, KeyError):  # it has just been started
        return False
    return any(each["labels"]["alertname"] == "ErrorBudgetBurn" and each["state"] == "firing" for each in alerts)


def _evaluated(url: str) -> float:
    """How many evaluations there were."""
    text = requests.get(f"{url}/metrics", timeout=10).text
    found = (line for line in text.splitlines() if line.startswith("prometheus_rule_group_iterations_total{"))
    return sum(float(line.split()[-1]) for line in found)

"""How a whole run goes: what waits for minutes begins first, and what shares a server stays with one worker."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parents[1]
LONGEST_FIRST = (
    "tests/gameday/test_game_day.py",
    "tests/local/test_outage.py",
    "tests/local/test_burn_page.py",
    "tests/local/test_demo_services.py",
    "tests/local/test_outage_restart.py",
    "tests/local/test_up.py",
    "tests/cluster/test_access.py",
    "tests/cluster/test_gossip.py",
    "tests/simulation/test_month_oracle.py",
    *(f"tests/unit/test_{each}.py" for each in ("parallel", "retention", "files", "http_server")),
    "tests/local/test_logs.py",
    "tests/local",
    "tests/cluster/test_engine",
    "tests/cluster",
    "tests/simulation",
    "tests/pulumi",
    "tests/components",
    "tests/unit/fixtures",
    "tests/unit/imports",
    "tests/rules",
)
"""Beginnings of files. A worker gets two tests at once: behind the first four, which are one test each, some that are
soon over."""
SHARED = {
    "a local stack": tuple(
        f"tests/local/test_{each}.py"
        for each in ("up", "deaths", "snapshot", "dashboards", "grafana_pages", "audit", "report")
    ),
    "a cluster with Pulumi": ("tests/cluster/test_engine",),
    "a cluster": tuple(
        f"tests/cluster/test_{each}.py"
        for each in (
            *("access", "cluster", "discovery", "gateway", "kubelets", "operator", "operator_configs"),
            *("pod_processes", "probes", "snapshots"),
        )
    ),
    "a pipeline of logs": ("tests/cluster/test_logs.py", "tests/cluster/test_masking.py"),
    "the stacks' programs, run once": ("tests/components",),
}
"""What is made once a session, and the beginnings of the files whose tests use them."""


def pytest_configure() -> None:
    """Makes SIGTERM run the teardown of every fixture, as an interruption from the keyboard does; times nothing.

    Thousands of collected tests stay for the whole run: looking among them for garbage takes a third of a collection.
    """
    gc.set_threshold(200_000, 20, 100)
    os.environ.setdefault("GOGC", "400")  # Go's servers and tools have memory to spare and share the cores
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that runs this behind itself has it ignored
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Starts what waits for minutes before what computes for seconds."""
    items.sort(key=lambda item: _rank(item.path.relative_to(ROOT).as_posix()))


def pytest_collection_finish() -> None:
    """Leaves what was collected out of every later search for garbage."""
    gc.freeze()


def _rank(path: str) -> int:
    return next((rank for rank, start in enumerate(LONGEST_FIRST) if path.startswith(start)), len(LONGEST_FIRST))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Gives a worker whole files, in their order, and all files that share a server to the same one."""
    config.option.loadscopereorder = False
    scheduler = LoadFileScheduling(config, log)
    scheduler._split_scope = _server_or_file
    return scheduler


def _server_or_file(nodeid: str) -> str:
    return next((what for what, starts in SHARED.items() if nodeid.startswith(starts)), nodeid.partition("::")[0])

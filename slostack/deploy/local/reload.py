"""Seeing to it that servers which read their files while they run have read the present ones."""

from __future__ import annotations

import re

import requests

from slostack.deploy.local.install import last_change
from slostack.deploy.local.loopback import ask
from slostack.deploy.local.readiness import wait_for
from slostack.deploy.local.state_folder import StateFolder
from slostack.deploy.local.supervisor import Supervisor
from slostack.errors import SlostackError
from slostack.servers import Report
from slostack.settings import LOOPBACK, Ports

_LEAST_SECONDS = 30
_SECONDS_PER_MEGABYTE = 2
"""How long Prometheus may take to read rules; on two idle cores it reads ten megabytes in a second."""


def reload_configs(folder: StateFolder, ports: Ports, supervisor: Supervisor, report: Report) -> None:
    """Returns once Prometheus and Alertmanager run by the installed files; raises SlostackError where one won't."""
    _reload_alertmanager(folder, f"http://{LOOPBACK}:{ports.alertmanager}")
    _reload_prometheus(folder, f"http://{LOOPBACK}:{ports.prometheus}", supervisor, report)


def _reload_alertmanager(folder: StateFolder, url: str) -> None:
    if _loaded_at(url, "alertmanager") > last_change(folder.config / "alertmanager"):
        return
    answer = ask(f"{url}/-/reload", method="POST")
    if answer.status_code != 200:
        raise SlostackError(
            f"alertmanager goes on with its old config; it refuses the new one: {answer.text.strip()} "
            f"(see {folder.log('alertmanager')})"
        )


def _reload_prometheus(folder: StateFolder, url: str, supervisor: Supervisor, report: Report) -> None:
    """Prometheus would look for changes by itself within seconds; the signal spares the wait."""
    files = folder.config / "prometheus"
    changed = last_change(files)
    megabytes = sum(path.stat().st_size for path in files.rglob("*")) / 1e6
    seconds = _LEAST_SECONDS + _SECONDS_PER_MEGABYTE * megabytes

    def loaded() -> bool:
        return _loaded_at(url, "prometheus") > changed

    if loaded():
        return
    supervisor.signal("prometheus", "HUP")
    if not wait_for(loaded, seconds, lambda: report("waiting for prometheus to load the changed files")):
        raise SlostackError(
            f"prometheus has not loaded the changed files after {seconds:.0f} s and goes on with the old ones "
            f"(see {folder.log('prometheus')})"
        )


def _loaded_at(url: str, server: str) -> float:
    """The Unix time at which a server last read its files with success; 0 where it doesn't say."""
    try:
        metrics = ask(f"{url}/metrics").text
    except requests.RequestException:
        return 0.0
    found = re.search(rf"^{server}_config_last_reload_success_timestamp_seconds (\S+)$", metrics, re.MULTILINE)
    return float(found[1]) if found else 0.0

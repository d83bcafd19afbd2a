"""Gives Prometheus a past of the demo before its first start, so that every window and graph is full at once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from slostack import promtool
from slostack.demo.far_history import far_history
from slostack.demo.raw_history import raw_history
from slostack.demo.recorded_history import LENGTH, recorded_history
from slostack.demo.scenarios import MODELS
from slostack.deploy.local.state_folder import StateFolder
from slostack.errors import SlostackError
from slostack.servers import Report
from slostack.settings import Settings
from slostack.spec import Service

_SCRATCH = "history-"


def seed_history(
    folder: StateFolder, settings: Settings, services: Iterable[Service], now: float, report: Report
) -> None:
    """Writes the demo's history up to `now` (Unix time) where Prometheus has no data yet; afterwards, does nothing.

    Raises SlostackError where it can't be written.
    """
    data = folder.data("prometheus")
    played = [service for service in services if service.service in settings.played]
    if data.exists() or not settings.local.history or not played:
        return
    report(f"making up {LENGTH} of history for {', '.join(service.service for service in played)}")
    try:
        for left_over in folder.run.glob(f"{_SCRATCH}*"):
            shutil.rmtree(left_over, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder.run) as scratch:
            text, blocks = Path(scratch, "history.om"), Path(scratch, "blocks")
            with text.open("w", encoding="utf-8") as file:
                for service in played:
                    model = MODELS[service.service]
                    watched = settings.played[service.service]
                    file.writelines(recorded_history(service, model, now))
                    file.writelines(far_history(service, model, watched, now))
                    file.writelines(raw_history(service, model, watched, now))
                file.write("# EOF\n")
            promtool.create_blocks_from_openmetrics(text, blocks, max_block_duration="7d")
            blocks.rename(data)
    except promtool.CheckFailed as error:
        raise SlostackError(f"history can't be made up: {error}") from None
    except OSError as error:
        raise SlostackError(f"can't make up history in {folder.run} ({error.strerror}), expected room for it") from None

"""A test alert lasts until it is told: how long Alertmanager waits before that is in its own configuration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from slostack.cli import test_alert


def sent(monkeypatch: pytest.MonkeyPatch, root: Path, wait: str, *arguments: str) -> tuple[Result, list[timedelta]]:
    """What the command says of an Alertmanager that waits so long, and how long the alert lasts that it sent."""
    config = {"route": {"receiver": "all", "group_wait": wait}, "receivers": [{"name": "all"}]}
    lasting: list[timedelta] = []

    def send(_url: str, _labels: Any, _annotations: Any, lasts: timedelta, _token: str | None) -> datetime:
        lasting.append(lasts)
        return datetime.now(UTC) + lasts

    monkeypatch.setattr(test_alert, "running_config", lambda *_: config)
    monkeypatch.setattr(test_alert, "send_alert", send)
    command = ["--alertmanager", "http://127.0.0.1:1", *arguments]
    return CliRunner().invoke(test_alert.command, command, obj=root), lasting


@pytest.mark.parametrize(("wait", "seconds"), [("10s", 130), ("5m", 420), ("500ms", 121)])
def test_it_ends_two_minutes_after_it_is_told(
    wait: str, seconds: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result, lasting = sent(monkeypatch, tmp_path, wait)
    assert (result.exit_code, lasting) == (0, [timedelta(seconds=seconds)])


def test_one_that_would_end_before_is_a_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result, lasting = sent(monkeypatch, tmp_path, "5m", "--for", "2m")
    assert (result.exit_code, lasting) == (2, [])
    assert "--for 2m ends before anybody is told, expected more than 5m" in result.output

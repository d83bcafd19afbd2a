"""`slostack report`: what can't be asked for is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processes import held_port
from tests.unit.cli.test_slo_file_errors import run
from tests.unit.spec.files import project


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("shop",), 1, "no SLO file of 'shop', expected one of api\n"),
        (("--team", "web"), 1, "no service of the team 'web', expected one of core\n"),
        (("--week", "--until", "yesterday"), 1, "--until 'yesterday', expected a time such as 2026-11-03T10:15:00Z\n"),
        (("--week", "--month"), 2, "--week and --month are two times, expected one of them\n"),
        (("--week",), 1, "no Prometheus runs on this machine, expected `slostack up`, or --prometheus URL\n"),
    ],
)
def test_what_cannot_be_asked_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    project(tmp_path)
    prometheus = ("--prometheus", "http://127.0.0.1:1") if "--until" in arguments else ()
    assert run(monkeypatch, tmp_path, "report", *arguments, *prometheus) == code
    assert capfd.readouterr().err.rpartition("Error: ")[2] == said


def test_a_prometheus_that_cannot_be_asked_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    with held_port() as nobody:
        assert run(monkeypatch, tmp_path, "report", "--prometheus", f"http://127.0.0.1:{nobody}") == 1
    error = capfd.readouterr().err
    assert ("can't be reached (Connection refused)" in error, error.count("\n")) == (True, 1)
    project(tmp_path, "service: api\n")
    assert run(monkeypatch, tmp_path, "report", "--month") == 2

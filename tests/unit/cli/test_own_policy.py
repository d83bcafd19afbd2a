"""A project with a policy of its own, as a user meets it: commands take it, and a save of it is rendered."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack import parallel
from slostack.watching import saved
from tests.unit.cli.test_slo_file_errors import run
from tests.unit.spec.files import project
from tests.unit.spec.test_policy_files import FAST, OWN, own_policy


def test_it_is_rendered_and_an_edit_makes_what_is_committed_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    own_policy(tmp_path)
    project(tmp_path, OWN)
    assert run(monkeypatch, tmp_path, "render") == 0
    fixtures = tmp_path / "tests/rules/generated/api/availability"
    assert {"page-1h.yaml", "page-6h.yaml", "ticket-1d.yaml"} <= {path.name for path in fixtures.iterdir()}
    assert "tier: ticket-1d" in (tmp_path / "alert_rules/api.yaml").read_text(encoding="utf-8")
    assert run(monkeypatch, tmp_path, "render", "--check") == 0
    before = saved(tmp_path)
    own_policy(tmp_path, FAST.replace("burn: 10", "burn: 11"))
    assert {path for path, of in saved(tmp_path).items() if before[path] != of} == {"policies/fast.yaml"}
    capfd.readouterr()
    assert run(monkeypatch, tmp_path, "render", "--check") == 1
    assert "alert_rules/api.yaml" in capfd.readouterr().out
    assert run(monkeypatch, tmp_path, "validate") == 0


@pytest.mark.parametrize("processes", [1, 2])
def test_many_services_of_it_are_rendered_and_its_mistake_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], processes: int
) -> None:
    monkeypatch.setattr(parallel, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr("os.cpu_count", lambda: processes)
    for name in ("api", "jobs", "web"):
        text = OWN.replace("service: api", f"service: {name}").replace("{job: api,", f"{{job: {name},")
        project(tmp_path, text, f"{name}.yaml")
    own_policy(tmp_path)
    assert run(monkeypatch, tmp_path, "render", "--rules-only") == 0
    assert "tier: ticket-1d" in (tmp_path / "alert_rules/web.yaml").read_text(encoding="utf-8")
    own_policy(tmp_path, FAST.replace("burn: 10", "burn: 0"))
    capfd.readouterr()
    assert run(monkeypatch, tmp_path, "render", "--rules-only") == 2
    assert capfd.readouterr() == ("", "policies/fast.yaml:4:24: tiers[0].burn: 0 (a number), expected above 0\n")

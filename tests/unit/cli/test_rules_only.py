"""`slostack render --rules-only`: the rule files that `slostack render` would write, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack import parallel
from tests.unit.cli.test_slo_file_errors import contents, run
from tests.unit.spec.files import RIGHT, project

SERVICES = ("api", "jobs", "shop", "web")


def of(service: str) -> str:
    return RIGHT.replace("service: api", f"service: {service}").replace("{job: api,", f"{{job: {service},")


@pytest.fixture(params=["one process", "several"])
def services(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of four services, rendered by one process or by several."""
    if request.param == "several":
        monkeypatch.setattr(parallel, "WORTH_A_PROCESS", 1)
        monkeypatch.setattr("os.cpu_count", lambda: 2)
    for service in SERVICES:
        project(tmp_path, of(service), f"{service}.yaml")
    (tmp_path / "Pulumi.yaml").write_text("name: slostack\n", encoding="utf-8")
    return tmp_path


def rules(root: Path) -> dict[str, bytes]:
    return {path: content for path, content in contents(root).items() if path.startswith("alert_rules/")}


def test_it_writes_the_rules_that_render_writes_and_nothing_else(
    services: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    before = contents(services)
    assert run(monkeypatch, services, "render", "--rules-only") == 0
    assert capfd.readouterr().out.splitlines() == sorted(
        f"wrote alert_rules/{name}.yaml" for name in (*SERVICES, "slostack", "slostack-thanos")
    )
    alone = rules(services)
    assert {path: text for path, text in contents(services).items() if path not in alone} == before
    assert run(monkeypatch, services, "render") == 0
    assert rules(services) == alone


def test_only_what_changes_is_touched_and_what_has_no_service_goes(
    services: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, services, "render", "--rules-only") == 0
    untouched = (services / "alert_rules/api.yaml").stat().st_mtime_ns
    (services / "slos/web.yaml").unlink()
    project(services, of("shop").replace("objective: 99.9", "objective: 99"), "shop.yaml")
    capfd.readouterr()
    assert run(monkeypatch, services, "render", "--rules-only") == 0
    assert capfd.readouterr().out.splitlines() == ["wrote alert_rules/shop.yaml", "removed alert_rules/web.yaml"]
    assert (services / "alert_rules/api.yaml").stat().st_mtime_ns == untouched
    assert run(monkeypatch, services, "render", "--rules-only") == 0
    assert capfd.readouterr().out == "all generated files are fresh already\n"


def test_the_mistakes_of_all_files_come_at_once_and_nothing_is_written(
    services: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(services, of("api").replace("objective: 99.9", "objective: 101"), "api.yaml")
    project(services, of("web").replace("{job: web,", "{job: jobs,"), "web.yaml")
    project(services, "no SLO file", "note.txt")
    before = contents(services)
    assert run(monkeypatch, services, "render", "--rules-only") == 2
    said = capfd.readouterr().err.splitlines()
    assert [line.split(", expected")[0] for line in said] == [
        "slos/note.txt:1:1: a file with the suffix '.txt'",
        "slos/api.yaml:10:16: slos[0].objective: 101",
        "slos/web.yaml:6:11: scrape[0].job: the job 'jobs' is in slos/jobs.yaml:6:11 already",
    ]
    assert contents(services) == before


def test_a_file_of_someone_else_s_stops_it(services: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (services / "alert_rules").mkdir()
    (services / "alert_rules/mine.yaml").write_text("groups: []\n", encoding="utf-8")
    before = contents(services)
    assert run(monkeypatch, services, "render", "--rules-only") == 2
    assert contents(services) == before


def test_it_checks_nothing(services: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, services, "render", "--rules-only", "--check") == 2
    assert "--check is of all generated files" in capfd.readouterr().err

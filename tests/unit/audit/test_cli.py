"""`slostack audit`: its formats, its exit codes, and docs/audit.md."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from slostack.audit import Scorecard, as_json, as_markdown, show
from slostack.audit.catalogue import categories
from slostack.spec import parse_service
from tests.processes import held_port
from tests.unit.audit.example import FULL, all_there, card, made, without_series
from tests.unit.cli.test_slo_file_errors import run
from tests.unit.spec.files import RIGHT, project

DOCUMENT = (Path(__file__).parents[3] / "docs/audit.md").read_text(encoding="utf-8")


@pytest.fixture
def scored(tmp_path: Path) -> Scorecard:
    of = made(tmp_path, f"{FULL}attested:\n  logging: {{date: 2026-10-02, link: 'https://wiki.example/logs'}}\n")
    return card(of, without_series(all_there(of), "backup_"))


def shown(scored: Scorecard) -> str:
    console = Console(file=io.StringIO(), width=110)
    show(console, scored)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"


def test_the_document_shows_what_the_terminal_shows(scored: Scorecard) -> None:
    assert f"```\n{shown(scored)}```" in DOCUMENT, shown(scored)


def test_markdown_has_the_same_in_tables(scored: Scorecard) -> None:
    text = as_markdown([scored, scored])
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<table>") == 4
    assert "| Backups | 0.0 |" in text
    assert "| Logging | 10.0 (attested 2026-10-02) |" in text
    assert "| Uptime | yes | no | no |" in text
    assert "<li>Backups: the age of the last backup is known: no data: BackupTooOld: " in html


def test_json_has_every_point(scored: Scorecard) -> None:
    (found,) = json.loads(as_json([scored]))["services"]
    assert found["score"] == round(scored.score, 2)
    assert len(found["categories"]) == 10
    age = found["categories"]["backups"]["points"][0]
    assert (age["state"], age["worth"], age["lacking"]) == ("absent", 0, ["BackupTooOld"])
    assert age["next"].startswith("report when a backup last succeeded")
    assert found["coverage"]["uptime"] == {
        "title": "Uptime",
        "health_check": "met",
        "alert": "missing",
        "panel": "missing",
    }


def test_a_score_below_what_is_asked_for_is_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    assert run(monkeypatch, tmp_path, "audit", "api", "--format", "json") == 0
    (found,) = json.loads(capfd.readouterr().out)["services"]
    assert found["source"] is None
    assert found["unseen"]
    assert run(monkeypatch, tmp_path, "audit", "--min-score", str(found["score"] - 0.01)) == 0
    assert run(monkeypatch, tmp_path, "audit", "--min-score", str(found["score"] + 0.01)) == 3
    output, error = capfd.readouterr()
    assert "missing evidence" in output
    assert error.startswith("api: ")
    assert "of 10, expected at least" in error


def test_mistakes_have_the_exit_codes_of_every_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    assert run(monkeypatch, tmp_path, "audit", "shop") == 1
    assert capfd.readouterr().err == "no SLO file of 'shop', expected one of api\n"
    with held_port() as nobody:
        assert run(monkeypatch, tmp_path, "audit", "--prometheus", f"http://127.0.0.1:{nobody}") == 1
    error = capfd.readouterr().err
    assert ("can't be reached (Connection refused), expected a Prometheus" in error, error.count("\n")) == (True, 1)
    project(tmp_path, FULL + "attested: {backups: {date: soon, link: 'https://a.example'}}\n")
    assert run(monkeypatch, tmp_path, "audit") == 2


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        ("", "the document: empty"),
        ("groups: [{name: a, rules: [{alert: A}]}]", "groups.0.rules.0.expr: "),
        ("groups: [", "not YAML ("),
    ],
)
def test_own_rules_that_cannot_be_read_are_one_line(
    rules: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    own = tmp_path / "alert_rules/custom/own.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(rules, encoding="utf-8")
    assert run(monkeypatch, tmp_path, "audit") == 1
    error = capfd.readouterr().err
    assert error.startswith(f"alert_rules/custom/own.yaml: {what}"), error
    assert error.count("\n") == 1


def test_the_documents_examples_load() -> None:
    examples = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert len(examples) == 2
    service = parse_service(RIGHT + "".join(examples), "docs/audit.md")
    assert set(service.attested) == {"retry-logic"}
    assert set(service.coverage) == {"worker", "ai-provider", "upload-endpoint"}


def test_the_document_has_every_point() -> None:
    for asked in categories().values():
        assert f"| {asked.title} | {'; '.join(point.asks for point in asked.points)} |" in DOCUMENT

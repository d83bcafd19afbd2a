"""What Prometheus would refuse is a mistake of the SLO file that it was rendered from, found before it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack import refused_rules
from slostack.promtool import RuleMistake
from slostack.refused_rules import check_rendered_rules
from slostack.rules import render_rules
from slostack.spec import SpecError, load_services
from tests.unit.cli.test_slo_file_errors import contents, run
from tests.unit.spec.files import edited, project

SUMMARY = "summary: Down"


@pytest.mark.parametrize("command", ["validate", "validate slos/api.yaml", "render", "render --check"])
@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("Api {{ $labels.x | nofunc }} is down", 'function "nofunc" not defined'),
        ("{{ is down", 'function "is" not defined'),
        ("{{ $label.x }}", 'undefined variable "$label"'),
        ("{{ end }}", "unexpected {{end}}"),
    ],
)
def test_a_template_that_prometheus_refuses(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    command: str,
    template: str,
    reason: str,
) -> None:
    project(tmp_path, edited(SUMMARY, f"summary: '{template}'"))
    (tmp_path / "Pulumi.yaml").write_text("name: slostack\n", encoding="utf-8")
    before = contents(tmp_path)
    assert run(monkeypatch, tmp_path, *command.split()) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err == (
        f"slos/api.yaml:16:71: alerts[0].summary: {template!r} (text) ({reason}), "
        "expected a template that Prometheus understands\n"
    )
    assert contents(tmp_path) == before


def test_a_wrong_template_that_was_rendered_already_is_still_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path)
    assert run(monkeypatch, tmp_path, "render") == 0
    project(tmp_path, edited(SUMMARY, "summary: '{{ end }}'"))
    with monkeypatch.context() as without_promtool:
        without_promtool.setattr("slostack.cli.render.check_rendered_rules", lambda *_: None)
        assert run(monkeypatch, tmp_path, "render") == 0
    assert run(monkeypatch, tmp_path, "render", "--check") == 2


def test_render_asks_about_files_that_change_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path)
    assert run(monkeypatch, tmp_path, "render") == 0
    monkeypatch.setattr("slostack.promtool.check_rules", lambda _: pytest.fail("promtool was asked"))
    assert run(monkeypatch, tmp_path, "render") == 0


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (
            {"group": "alerts/api", "name": "Down", "field": ("annotation", "description")},
            "16:90: alerts[0].description: 'It is' (text) (no), expected a template that Prometheus understands",
        ),
        (
            {"group": "alerts/api", "name": "Down", "reason": "could not parse expression: no"},
            "16:24: alerts[0].expr: 'up == 0' (text) (could not parse expression: no), "
            "expected PromQL that Prometheus understands",
        ),
        (
            {"group": "slo/api/availability", "name": "slo:x"},
            "12:10: slos[0].sli: no, expected an SLI that Prometheus understands",
        ),
        ({"group": "alerts/api", "name": "Gone"}, "1:1: its rules: no, expected ones that Prometheus understands"),
        ({}, "1:1: its rules: no, expected ones that Prometheus understands"),
    ],
)
def test_a_complaint_is_said_at_the_field_that_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: dict[str, object], said: str
) -> None:
    file = project(tmp_path)
    (service,) = load_services(tmp_path)

    def refuse(files: list[Path]) -> tuple[RuleMistake, ...]:
        return (RuleMistake(**{"file": files[0], "reason": "no", **mistake}),)  # type: ignore[arg-type]

    monkeypatch.setattr(refused_rules, "rule_mistakes", refuse)
    with pytest.raises(SpecError) as error:
        check_rendered_rules(tmp_path, {file: render_rules(service)})
    assert str(error.value) == f"slos/api.yaml:{said}"


def test_a_template_in_what_a_service_changes_of_a_signal(tmp_path: Path) -> None:
    signals = "signals: {up: {runbook: api/burn.md, alerts: {ServiceDown: {summary: '{{ end }}'}}}}\nalerts:"
    (service,) = load_services(tmp_path, [project(tmp_path, edited("alerts:", signals))])
    with pytest.raises(SpecError) as error:
        check_rendered_rules(tmp_path, {tmp_path / "slos/api.yaml": render_rules(service)})
    assert str(error.value).startswith("slos/api.yaml:15:15: signals.up: its ServiceDown: ")
    assert "unexpected {{end}}" in str(error.value)

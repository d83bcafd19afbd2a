"""Two bundles, and a bundle with what running servers hold: only what differs is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.prometheus import prometheus_with
from slostack.cli.diff import command
from slostack.http_server import HttpServer, serving
from slostack.rules import render_rules
from slostack.spec import load_services, parse_service
from tests.processes import free_port
from tests.unit.review.test_panel_changes import panel
from tests.unit.spec.files import RIGHT

PROJECT = Path(__file__).parents[3]
OWN = """\
groups:
  - name: own
    labels: {area: web}
    rules:
      - {record: "own:up:sum", expr: "sum  by (job,instance)(up)"}
      - {alert: Slow, expr: "latency{b='1',a=\\"2\\"} > 1e3", for: 60m, keep_firing_for: 90s, labels: {severity: low},
         annotations: {summary: "{{ $value }}", runbook_url: "https://wiki.example"}}
"""
DASHBOARD = {"uid": "slo-api", "title": "api", "panels": [panel("P")]}
ALERTMANAGER = "receivers: [{name: high, slack_configs: [{channel: '#a'}]}]\n"


def write_bundle(folder: Path, rules: str, dashboard: object = DASHBOARD) -> Path:
    """A bundle of one service, a rule file of a team's own and a dashboard."""
    files = {
        "prometheus/rules/api.yaml": rules,
        "prometheus/rules/custom-own.yaml": OWN,
        "grafana/dashboards/api.json": json.dumps(dashboard),
        "alertmanager/alertmanager.yml": ALERTMANAGER,
        "loki/loki.yaml": "a: 1\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(*arguments: str) -> Result:
    """The command outside of any git repository."""
    return CliRunner().invoke(command, arguments, obj=Path("/nowhere"))


def lines(*arguments: str) -> list[str]:
    """What it says."""
    result = run(*arguments)
    assert result.exit_code == 0, result.exception
    return [line.strip() for line in result.output.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def rules() -> str:
    """The rules of a service."""
    return render_rules(parse_service(RIGHT, "api.yaml"))


def test_two_bundles(tmp_path: Path, rules: str) -> None:
    old = write_bundle(tmp_path / "old", rules)
    new = write_bundle(tmp_path / "new", rules)
    both = ("--bundle", str(old), "--bundle", str(new))
    assert lines(*both) == [f"no change against the bundle {old}"]
    rules_file = new / "prometheus/rules/api.yaml"
    rules_file.write_text(rules.replace("severity: critical", "severity: high", 1), encoding="utf-8")
    (new / "alertmanager/alertmanager.yml").write_text(ALERTMANAGER.replace("#a", "#b"), encoding="utf-8")
    (new / "loki/loki.yaml").write_text("a: 2\n", encoding="utf-8")
    (new / "grafana/dashboards/api.json").write_text(
        json.dumps({**DASHBOARD, "panels": [panel("P", limit=2)]}), encoding="utf-8"
    )
    said = lines(*both)
    assert said[:3] == [f"Changes against the bundle {old}", "prometheus/rules/api.yaml", "Alerts"]
    assert said[3].startswith("~ slo/api/availability / ErrorBudgetBurn page-5m: severity critical → high")
    assert said[4:] == [
        "dashboard slo-api",
        "Dashboard panels",
        "~ P: thresholds green, red from 1 → green, red from 2",
        "alertmanager/alertmanager.yml",
        "Who is notified",
        "~ receiver high: Slack #a → Slack #b",
        "loki/loki.yaml",
        "File",
        "~ loki/loki.yaml: lines 1 that are gone → 1 that are new",
    ]


def test_a_running_prometheus_that_holds_the_bundle(tmp_path: Path) -> None:
    """Prometheus tells expressions as it prints them itself, which is no change; all kinds of SLIs are in LearnSnap."""
    learnsnap = next(service for service in load_services(PROJECT) if service.service == "learnsnap")
    bundle = write_bundle(tmp_path / "bundle", render_rules(learnsnap))
    config = f"rule_files: [{bundle}/prometheus/rules/*.yaml]\n"
    server = tmp_path / "server"
    server.mkdir()
    with prometheus_with(["# TYPE a gauge\na 1 1\n# EOF\n"], server, config) as url:
        asked = ("--bundle", str(bundle), "--prometheus", url)
        assert lines(*asked) == [f"no change against what {url} holds"]
        own = bundle / "prometheus/rules/custom-own.yaml"
        own.write_text(OWN.replace("1e3", "2e3").replace("60m", "2h"), encoding="utf-8")
        said = lines(*asked)
        assert said[1:3] == ["prometheus/rules/custom-own.yaml", "Alerts"]
        assert "for 1h → 2h" in said
        assert len(said) == 6
        with grafana({}) as other:
            assert lines(*asked, "--grafana", other)[0] == f"Changes against what {url} and {other} hold"


@contextmanager
def grafana(dashboards: dict[str, object]) -> Iterator[str]:
    """The URL of a Grafana that holds some dashboards."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found: object = [{"uid": uid} for uid in dashboards]
            if "/search" not in self.path:
                uid = self.path.rpartition("/")[2]
                found = {"dashboard": dashboards[uid]} if uid in dashboards else None
            body = json.dumps(found).encode()
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = HttpServer("127.0.0.1", 0, Handler)
    with serving(http):
        yield f"http://127.0.0.1:{http.server_port}"


def test_a_running_grafana(tmp_path: Path, rules: str) -> None:
    bundle = write_bundle(tmp_path, rules)
    held = {"slo-api": {**DASHBOARD, "id": 4, "version": 7}, "slo-gone": {**DASHBOARD, "uid": "slo-gone"}}
    with grafana(held) as url:
        assert lines("--bundle", str(bundle), "--grafana", url)[1:] == [
            "- dashboard slo-gone (removed)",
            "Dashboard panels",
            "- P",
        ]
    with grafana({}) as url:
        assert lines("--bundle", str(bundle), "--grafana", url)[1] == "+ dashboard slo-api (added)"


def test_a_server_that_does_not_answer(tmp_path: Path, rules: str) -> None:
    bundle = write_bundle(tmp_path, rules)
    url = f"http://user:secret@127.0.0.1:{free_port()}"
    for option in ("--grafana", "--prometheus"):
        error = str(run("--bundle", str(bundle), option, url).exception)
        assert "does not answer /api/" in error
        assert "secret" not in error
    with grafana({}) as other:
        error = str(run("--bundle", str(bundle), "--prometheus", other).exception)
    assert "doesn't tell its rules as a Prometheus does" in error


def test_what_does_not_go_together(tmp_path: Path, rules: str) -> None:
    bundle = str(write_bundle(tmp_path / "bundle", rules))
    for arguments in (
        ("--bundle", bundle),
        ("main", "--bundle", bundle, "--bundle", bundle),
        ("--bundle", bundle, "--bundle", bundle, "--bundle", bundle),
        ("--grafana", "http://x"),
    ):
        assert run(*arguments).exit_code == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no bundle" in str(run("--bundle", bundle, "--bundle", str(empty)).exception)

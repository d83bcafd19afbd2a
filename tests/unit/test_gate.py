"""`slostack gate`: the answer by the policy and what a Prometheus has, as a line and an exit code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from slostack import names
from slostack.http_server import HttpServer, serving
from tests.processes import held_port
from tests.unit.cli.test_slo_file_errors import run
from tests.unit.spec.files import RIGHT, project

SECOND = """\
  - name: speed
    description: It answers in time
    objective: 99
    group_by: [route]
    error_budget_policy: {warn_below: none, freeze_below: none}
    sli: {latency: {histogram: 'd_seconds{job="api"}', threshold: 1}}
    runbook: api/burn.md
alerts:
"""


@contextmanager
def prometheus(*series: tuple[dict[str, str], str], status: int = 200, warnings: tuple[str, ...] = ()) -> Iterator[str]:
    """The URL of a server that answers the one query of the gate with these series."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
            query = unquote_plus(asked)
            chosen = re.search('cluster="(.+?)"', query)
            told = [each for each in series if each[0]["__name__"] in query and "api" in query]
            told = [each for each in told if not chosen or each[0].get("cluster") == chosen[1]]
            result = [{"metric": labels, "value": [0, value]} for labels, value in told]
            self.send_response(status)
            self.end_headers()
            error = {"status": "error", "error": "not allowed"}
            answer = {"data": {"result": result}, "warnings": warnings}
            self.wfile.write(json.dumps(answer if status == 200 else error).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = HttpServer("127.0.0.1", 0, Answer)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


def budget(left: str, slo: str = "availability", **labels: str) -> tuple[dict[str, str], str]:
    """A series of what is left of a budget."""
    return {"__name__": names.BUDGET_REMAINING, names.SERVICE: "api", names.SLO: slo, **labels}, left


def up(value: str) -> tuple[dict[str, str], str]:
    """Whether something answers."""
    return {"__name__": names.UP, names.SERVICE: "api", names.SLO: "availability"}, value


def alert(severity: str, name: str = "Down", state: str = "firing", **labels: str) -> tuple[dict[str, str], str]:
    """An active alert."""
    own = {"alertname": name, "alertstate": state, names.SEVERITY: severity}
    return {"__name__": "ALERTS", names.SERVICE: "api", **own, **labels}, "1"


ALL = "nothing answers; Down fires; ErrorBudgetBurn availability fires"
BURN = alert("high", "ErrorBudgetBurn", slo="availability", tier="page-1h")


@pytest.mark.parametrize(
    ("policy", "left", "code", "strict", "said"),
    [
        ("", "1", 0, 0, "go: availability has 100 % of its budget left"),
        ("", "0.25", 0, 0, "go: availability has 25 % of its budget left"),
        ("", "0.2499", 0, 4, "warn: availability has 24.9 % of its budget left, less than 25 %"),
        ("", "0", 0, 4, "warn: availability has 0 % of its budget left, less than 25 %"),
        ("", "-0.0001", 3, 3, "freeze: availability has -0.1 % of its budget left, less than 0 %"),
        ("{warn_below: 60, freeze_below: 50}", "0.55", 0, 4, "warn: availability has 55 % of its budget left, less "),
        ("{warn_below: 60, freeze_below: 50}", "0.45", 3, 3, "freeze: availability has 45 % of its budget left, less "),
        ("{freeze_below: none}", "-2", 0, 4, "warn: availability has -200 % of its budget left, less than 25 %"),
        ("{warn_below: none}", "0.1", 0, 0, "go: availability has 10 % of its budget left"),
    ],
)
def test_the_policy_answers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    policy: str,
    left: str,
    code: int,
    strict: int,
    said: str,
) -> None:
    project(tmp_path, f"{RIGHT}error_budget_policy: {policy}\n" if policy else RIGHT)
    with prometheus(budget(left)) as url:
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url) == code
        out, err = capfd.readouterr()
        assert (out.startswith(f"api: {said}"), out.count("\n"), err) == (True, 1, ""), out
        assert run(monkeypatch, tmp_path, "gate", "api", "--strict", "--prometheus", f"{url}/") == strict


@pytest.mark.parametrize(
    ("policy", "series", "code", "said"),
    [
        ("", (up("1"),), 0, "go: availability has 90 % of its budget left"),
        ("", (up("0"),), 3, "freeze: nothing answers"),
        (
            "",
            (up("0"), alert("critical"), BURN, BURN),
            3,
            f"freeze: {ALL}\n",
        ),
        ("", (BURN,), 3, "freeze: ErrorBudgetBurn availability fires"),
        ("", (alert("high"), alert("critical", state="pending")), 0, "go: "),
        ("", (alert("critical", "StillFiring", escalation="2"),), 0, "go: "),
        ("", (budget("-1", "speed"), alert("critical")), 3, "freeze: Down fires"),
        ("{freeze_below: none}", (up("0"), alert("critical")), 0, "warn: nothing answers; Down fires"),
        ("{freeze_below: none, warn_below: none}", (alert("critical"),), 0, "go: availability has 90 % of its bu"),
    ],
)
def test_what_pages_stops_a_release_but_one_that_mends_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    policy: str,
    series: tuple[tuple[dict[str, str], str], ...],
    code: int,
    said: str,
) -> None:
    project(tmp_path, f"{RIGHT}error_budget_policy: {policy}\n" if policy else RIGHT)
    with prometheus(budget("0.9"), *series) as url:
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url) == code
        line = capfd.readouterr().out
        assert line.startswith(f"api: {said}"), line
        assert run(monkeypatch, tmp_path, "gate", "api", "--strict", "--fix", "--prometheus", url) == 0
    fix = "; --fix lets it through" if code else ""
    assert capfd.readouterr().out == f"{line.rstrip()}{fix}\n"


def test_an_slos_own_policy_replaces_the_services_and_the_worst_group_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    text = RIGHT.replace("alerts:\n", SECOND)
    spent = (budget("0.9", "speed", route="/a"), budget("-3", "speed", route="/b"), budget("NaN", "speed", route="/c"))
    project(tmp_path, text)
    with prometheus(budget("0.5"), *spent) as url:
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url) == 0
    assert capfd.readouterr().out == "api: go: speed (route=/b) has -300 % of its budget left\n"
    project(
        tmp_path, text.replace("freeze_below: none", "freeze_below: 5").replace("warn_below: none", "warn_below: 5")
    )
    with prometheus(budget("0.2"), *spent) as url:
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url) == 3
    assert capfd.readouterr().out == "api: freeze: speed (route=/b) has -300 % of its budget left, less than 5 %\n"


def test_missing_data_is_an_error_of_its_own_unless_another_slo_freezes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path, RIGHT.replace("alerts:\n", SECOND))
    with prometheus(budget("0.9"), budget("NaN", "speed", route="/a")) as url:
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url) == 5
    out, err = capfd.readouterr()
    assert (out, err.startswith("api: no budget is known of speed: http://")) == ("", True), err
    with prometheus(budget("-1"), alert("high")) as url:
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url) == 3
    assert capfd.readouterr().out.endswith("less than 0 %; nothing is known of speed\n")


def test_a_prometheus_that_cannot_be_asked_is_missing_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    with prometheus(status=503) as url:
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url) == 5
    assert "not allowed" in capfd.readouterr().err
    with held_port() as nobody:
        url = f"http://127.0.0.1:{nobody}"
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url) == 5
    assert "Connection refused" in capfd.readouterr().err
    assert run(monkeypatch, tmp_path, "gate", "api") == 5
    assert "no Prometheus runs on this machine" in capfd.readouterr().err


def test_an_answer_in_part_is_missing_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    with prometheus(budget("0.9", cluster="eu-1"), warnings=("us-1: connection refused",)) as url:
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url) == 5
    assert "in part only (us-1: connection refused), expected all of it" in capfd.readouterr().err
    with prometheus(budget("0.9"), warnings=("PromQL warning: of the query",)) as url:
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url) == 0


def test_of_several_clusters_the_worst_counts_or_one_that_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    with prometheus(budget("0.9", cluster="eu-1"), budget("-1", cluster="us-1")) as url:
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url) == 3
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url, "--only", "cluster=us-1") == 3
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url, "--only", "cluster=eu-1") == 0
        assert run(monkeypatch, tmp_path, "gate", "api", "--prometheus", url, "--only", "cluster=ap-1") == 5
    assert "no budget is known of availability" in capfd.readouterr().err


def test_other_mistakes_have_the_exit_codes_of_every_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    assert run(monkeypatch, tmp_path, "gate", "shop") == 1
    assert capfd.readouterr().err == "no SLO file of 'shop', expected one of api\n"
    project(tmp_path, RIGHT + "error_budget_policy: {freeze_below: 30}\n")
    assert run(monkeypatch, tmp_path, "gate", "api") == 2

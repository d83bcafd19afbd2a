"""`slostack status`: what is known, and of what isn't why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from slostack import names
from slostack.cli import status
from slostack.deploy.local import LocalStack, ProgramState
from slostack.http_server import HttpServer, serving

NEVER = "0001-01-01T00:00:00Z"
LATELY = "2026-01-02T03:04:05.123456789+01:00"
ALERT = {
    "labels": {"alertname": "ServiceDown", "severity": "critical"},
    "annotations": {"summary": "shop is down"},
    "startsAt": "2026-01-02T03:04:05Z",
    "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
}


@contextmanager
def servers(
    *alerts: object, budgets: Mapping[str, str] | None = None, judged: tuple[str, ...] = (), counted: str = LATELY
) -> Iterator[str]:
    """The URL of one that answers as Prometheus and as Alertmanager do: with alerts, with what is left of the budgets
    of the service shop by SLO, and with those SLOs that are `judged` of those loaded, last `counted` at a time."""
    left = budgets or {}
    groups = [
        {"name": f"{of}shop/{slo}", "lastEvaluation": at}
        for slo in left
        for of, at in ((names.TIER_GROUP, counted), (names.SLO_GROUP, LATELY))
    ]

    def sample(slo: str, value: str) -> dict[str, object]:
        return {"metric": {names.SERVICE: "shop", names.WINDOW: "30d", names.SLO: slo}, "value": [0, value]}

    def series(name: str) -> list[tuple[str, str]]:
        if names.OBJECTIVE in name:
            return [(slo, "0.99") for slo in left]
        return list(left.items()) if names.BUDGET_REMAINING in name else []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/api/v2/alerts":
                self._say([*alerts])
            elif url.path == "/api/v1/rules":
                self._say({"data": {"groups": groups}})
            else:
                (query,) = parse_qs(url.query)["query"]
                found = [(slo, "1") for slo in judged] if query == names.INFO else series(query)
                self._say({"data": {"result": [sample(slo, value) for slo, value in found]}})

        def _say(self, answer: object) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = HttpServer("127.0.0.1", 0, Answer)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


def shown(monkeypatch: pytest.MonkeyPatch, url: str, *arguments: str, ready: tuple[str, ...]) -> str:
    """What the command says while these servers of the stack are ready."""
    programs = tuple(
        ProgramState(name, "ready" if name in ready else "starting", "1", url, 1, "")
        for name in ("prometheus", "alertmanager")
    )
    monkeypatch.setattr(status, "status", lambda _root: LocalStack("local", programs, (), "digest"))
    result = CliRunner().invoke(status.command, arguments, obj=Path("/"), catch_exceptions=False)
    assert result.exit_code == (0 if len(ready) == 2 else 1)
    return result.output


BOTH = ("prometheus", "alertmanager")


@pytest.mark.parametrize(
    ("alerts", "ready", "said"),
    [
        ((), BOTH, "no alert fires"),
        ((), BOTH[1:], "firing alerts: not known: Prometheus is not ready"),
        ((), BOTH[:1], "firing alerts: not known: Alertmanager is not ready"),
        ((), (), "firing alerts: not known: Prometheus and Alertmanager are not ready"),
        ((ALERT,), BOTH[1:], "  shop is down\nwhether more fire is not known: Prometheus is not ready"),
    ],
)
def test_that_nothing_fires_is_said_where_it_is_known(
    monkeypatch: pytest.MonkeyPatch, alerts: tuple[object, ...], ready: tuple[str, ...], said: str
) -> None:
    with servers(*alerts) as url:
        text = shown(monkeypatch, url, ready=ready)
        data = json.loads(shown(monkeypatch, url, "--json", ready=ready))
    assert f"\n{said}\n" in text
    assert ("no alert fires" in text) == (said == "no alert fires")
    assert ("SLOs: not known: Prometheus" in text) == ("prometheus" not in ready)
    assert (data["slos"] is None) == ("prometheus" not in ready)
    assert (data["alerts"] is None) == ("firing alerts: not known" in said)


def test_slos_are_shown_as_a_whole_or_counted_among_those_not_judged_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """An SLO's objective is recorded before its window is."""
    with servers(budgets={"fast": "0.5", "right": "0.75"}, judged=("right",)) as url:
        text = shown(monkeypatch, url, ready=BOTH)
    assert [line.split() for line in text.splitlines() if "%" in line] == [
        ["shop", "right", "99", "%", "/", "30d", "75.0%", "no", "traffic"]
    ]
    assert "1 SLO not judged yet: it takes 30s from the start" in text
    assert "no alert fires so far" in text


@pytest.mark.parametrize(("counted", "said"), [(NEVER, "known within 5m"), (LATELY, "no events")])
def test_a_budget_that_is_not_known_is_so_for_how_long(
    monkeypatch: pytest.MonkeyPatch, counted: str, said: str
) -> None:
    with servers(budgets={"right": "NaN"}, judged=("right",), counted=counted) as url:
        assert f"99 % / 30d  {said}" in shown(monkeypatch, url, ready=BOTH)

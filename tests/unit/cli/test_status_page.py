"""`slostack status-page`: the file that it writes, without anything internal, and what it can't do."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from slostack import names
from slostack.http_server import HttpServer, serving
from slostack.spec import Duration
from tests.processes import held_port
from tests.unit.cli.test_slo_file_errors import run
from tests.unit.spec.files import RIGHT, project

INTERNAL = (
    RIGHT.replace("An API", "secret-description")
    .replace("team: core", "team: secret-team")
    .replace("docs.example", "secret-host.example")
    .replace("name: availability", "name: secret-slo")
    .replace("It answers", "secret-promise")
    .replace('e{job="api"}', 'secret_metric{job="api"}')
    .replace("name: Down", "name: SecretAlert")
    .replace("api/burn.md", "secret/burn.md")
)


@contextmanager
def prometheus(*slos: str) -> Iterator[str]:
    """The URL of a server that has some minutes of counts, and five good minutes now, of SLOs of `api`."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            now = time.time()
            values = {names.EVENTS: "600", names.BAD_EVENTS: "0", names.error_ratio(Duration(300)): "0"}
            values |= {names.event_rate(Duration(300)): "2"}
            wanted = re.match(r'\{__name__=~"([^"]+)",service="api"', form["query"][0])
            result = [
                {
                    "metric": {"__name__": name, names.SERVICE: "api", names.SLO: slo},
                    "values": [[now - 330, value], [now - 30, value]],
                }
                for name, value in values.items()
                for slo in slos
                if wanted and re.fullmatch(wanted[1], name)
            ]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"status": "success", "data": {"result": result}}).encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HttpServer("127.0.0.1", 0, Answer)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


def test_a_page_is_written_without_anything_internal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path, INTERNAL)
    runbook = tmp_path / "runbooks/secret/burn.md"
    runbook.parent.mkdir()
    runbook.write_text("# secret\n", encoding="utf-8")
    project(tmp_path, RIGHT.replace("service: api", "service: shop").replace("job: api", "job: shop"), "shop.yaml")
    out = tmp_path / "public"
    with prometheus("secret-slo") as url:
        asked = ("status-page", "--prometheus", url, "--out", str(out), "--days", "30", "--title", "Acme")
        assert run(monkeypatch, tmp_path, *asked) == 0
        said, note = capfd.readouterr()
        assert (said, note) == (f"wrote {out}/index.html\n", "left out, as nothing is recorded of them: shop\n")
        text = (out / "index.html").read_text(encoding="utf-8")
        assert [file.name for file in out.iterdir()] == ["index.html"]
        assert run(monkeypatch, tmp_path, *asked, "shop", "api") == 0
        assert "shop" in (out / "index.html").read_text(encoding="utf-8")
        assert run(monkeypatch, tmp_path, *asked, "shop") == 1
        assert "has nothing of shop, expected what their rules record" in capfd.readouterr().err
    assert "operational" in text
    assert '<h2 id="service-1">api</h2>' in text
    assert not re.search(r"secret|127\.0\.0\.1|slo:|burn\.md|prometheus|job=", text, re.IGNORECASE)


def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    assert run(monkeypatch, tmp_path, "status-page", "shop") == 1
    assert capfd.readouterr().err == "no SLO file of 'shop', expected one of api\n"
    assert run(monkeypatch, tmp_path, "status-page") == 1
    assert capfd.readouterr().err.startswith("no Prometheus runs on this machine, expected ")
    with held_port() as nobody:
        assert run(monkeypatch, tmp_path, "status-page", "--prometheus", f"http://127.0.0.1:{nobody}") == 1
    error = capfd.readouterr().err
    assert ("can't be reached (Connection refused)" in error, error.count("\n")) == (True, 1)
    assert not (tmp_path / "status-page").exists()

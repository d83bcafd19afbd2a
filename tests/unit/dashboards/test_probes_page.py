"""The dashboard of probes, of what a real blackbox exporter tells a real Prometheus."""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests

from slostack import plain_yaml
from slostack.config.blackbox import MODULES
from slostack.dashboards import render_probes_dashboard
from slostack.servers import ServerUnavailable, obtain_binary
from tests.processes import free_port, running, wait_until
from tests.requirements import need, need_command
from tests.unit.dashboards.reading import Json, panel, panels
from tests.unit.dashboards.served import Asked, prometheus

MODULE, _ = MODULES["http"]

DAYS = 20


class Site(BaseHTTPRequestHandler):
    """Is well at /health alone."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """A Prometheus that has probed a site with a certificate, one of its pages in vain."""
    need_command("openssl", "openssl, for a certificate")
    try:
        exporter = obtain_binary("blackbox_exporter", print)
    except ServerUnavailable as error:
        need("blackbox", str(error))
    folder, port = tmp_path_factory.mktemp("probes"), free_port()
    with ExitStack() as servers:
        site = servers.enter_context(_site(folder))
        Thread(target=site.serve_forever, daemon=True).start()
        servers.callback(site.shutdown)
        (folder / "blackbox.yml").write_text(plain_yaml.dump(_modules(folder)))
        command: list[str | Path] = [
            exporter,
            f"--config.file={folder / 'blackbox.yml'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        servers.enter_context(running(command, folder / "blackbox.log"))
        wait_until(lambda: _answers(port), "the exporter answers")
        jobs = [_job(path, f"https://127.0.0.1:{site.server_port}/{path}", port) for path in ("health", "broken")]
        asked = servers.enter_context(prometheus(folder, plain_yaml.dump({"scrape_configs": jobs})))
        wait_until(lambda: len(asked.instant("probe_success")) == len(jobs), "both are probed")
        yield asked


def _site(folder: Path) -> ThreadingHTTPServer:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    names = ["-subj", "/CN=shop", "-addext", "subjectAltName=IP:127.0.0.1", "-days", str(DAYS)]
    subprocess.run([*made, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    return site


def _modules(folder: Path) -> Json:
    """The stack's own, and whom to trust."""
    trusting = {"tls_config": {"ca_file": str(folder / "certificate.pem")}, "preferred_ip_protocol": "ip4"}
    return {"modules": {MODULE: {"prober": "http", "http": trusting}}}


def _job(name: str, target: str, exporter: int) -> Json:
    return {
        "job_name": f"shop/{name}",
        "scrape_interval": "1s",
        "scrape_timeout": "1s",
        "metrics_path": "/probe",
        "params": {"module": [MODULE], "target": [target]},
        "static_configs": [{"targets": [f"127.0.0.1:{exporter}"], "labels": {"instance": target}}],
    }


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/-/healthy", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def dashboard() -> Json:
    loaded: Json = json.loads(render_probes_dashboard())
    return loaded


def test_every_panel_shows_something(server: Asked, dashboard: Json) -> None:
    for shown in panels(dashboard):
        for query in shown["targets"]:
            assert server.instant(query["expr"]), f"{shown['title']} {query['refId']}"


def test_the_table_tells_what_fails_from_what_answers(server: Asked, dashboard: Json) -> None:
    table = panel(dashboard, "Probes")
    names = table["transformations"][1]["options"]["renameByName"]
    columns = {names[f"Value #{query['refId']}"]: query["expr"] for query in table["targets"]}

    def column(title: str) -> dict[str, float]:
        return {each["metric"]["job"]: float(each["value"][1]) for each in server.instant(columns[title])}

    assert column("Answers") == {"shop/health": 1, "shop/broken": 0}
    assert column("Last day") == {"shop/health": 1, "shop/broken": 0}
    assert column("Status") == {"shop/health": 200, "shop/broken": 503}
    assert all(0 < seconds < 1 for seconds in column("Duration").values())
    expires = column("Certificate expires in")
    assert set(expires) == {"shop/health", "shop/broken"}
    assert all(DAYS - 1 < days <= DAYS for days in expires.values())

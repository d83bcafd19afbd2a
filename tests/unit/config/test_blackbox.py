"""The blackbox exporter's config, as the exporter itself reads it; and what it finds by it."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests

from slostack import plain_yaml
from slostack.config.blackbox import MODULES, blackbox_files, probe_module
from slostack.config.topology import Topology
from slostack.servers import ServerUnavailable, obtain_binary
from slostack.settings import Settings, parse_settings
from slostack.spec import Service
from tests.cluster.tls import own_certificate, serving
from tests.processes import free_port, running, wait_until
from tests.requirements import need
from tests.unit.config.conftest import CONFIG

Services = tuple[Service, ...]
ANSWERS: dict[str, tuple[int, bytes]] = {
    "/ok": (200, b'{"ok": true}'),
    "/not-ok": (200, b'{"ok": false}'),
    "/ok-and-not": (200, b'{"ok":true, "Errors": 2}'),
    "/created": (201, b""),
    "/full": (200, b"a" * 1000),
    "/too-full": (200, b"a" * 1001),
    "/broken": (500, b""),
}


def modules(services: Services, settings: Settings, topology: Topology) -> dict[str, dict[str, object]]:
    (text,) = blackbox_files(services, settings, topology).values()
    found: dict[str, dict[str, object]] = plain_yaml.load(text)["modules"]
    return found


def test_there_is_a_module_of_each_kind_and_of_each_probe_with_limits(
    services: Services, settings: Settings, topology: Topology
) -> None:
    found = modules(services, settings, topology)
    assert set(found) == {"http_2xx", "tls_connect", "tcp_connect", "shop/created", "shop/small", "shop/well"}
    assert {name: found[name]["prober"] for name, _ in MODULES.values()} == {
        "http_2xx": "http",
        "tls_connect": "tcp",
        "tcp_connect": "tcp",
    }
    assert {probe_module(services[1], probe) for probe in services[1].probes} == set(found)
    assert blackbox_files(services, settings, replace(topology, blackbox=None)) == {}


def test_modules_of_probes_that_another_exporter_asks_are_left_to_it(services: Services, topology: Topology) -> None:
    watched = {"targets": ["shop:80"], "probe": "https://shop", "prober": "elsewhere:9115"}
    settings = parse_settings({**CONFIG, "services": {"shop": watched}}, "test")
    assert set(modules(services, settings, topology)) == {name for name, _ in MODULES.values()}


@pytest.fixture(scope="module")
def exporter() -> Path:
    try:
        return obtain_binary("blackbox_exporter", print)
    except ServerUnavailable as error:
        need("blackbox", str(error))


def test_the_exporter_takes_it(
    exporter: Path, services: Services, settings: Settings, topology: Topology, tmp_path: Path
) -> None:
    path = tmp_path / "blackbox.yml"
    path.write_text(blackbox_files(services, settings, topology)["blackbox/blackbox.yml"])
    checked = subprocess.run(
        [exporter, "--config.check", f"--config.file={path}"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


class Site(BaseHTTPRequestHandler):
    """What is probed."""

    def do_GET(self) -> None:
        status, body = ANSWERS[self.path]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(ConnectionError):  # an exporter that has read enough
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


def test_the_exporter_finds_what_meets_the_limits_and_what_does_not(
    exporter: Path, services: Services, settings: Settings, topology: Topology, tmp_path: Path
) -> None:
    config, port = tmp_path / "blackbox.yml", free_port()
    config.write_text(blackbox_files(services, settings, topology)["blackbox/blackbox.yml"])
    trusted, other = own_certificate(tmp_path / "trusted.pem"), own_certificate(tmp_path / "other.pem")
    command: list[str | Path] = [exporter, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
    environment = {**os.environ, "SSL_CERT_FILE": str(trusted), "SSL_CERT_DIR": str(tmp_path / "none")}

    def probed(module: str, target: str) -> dict[str, float]:
        asked = {"module": module, "target": target}
        text = requests.get(f"http://127.0.0.1:{port}/probe", params=asked, timeout=10).text
        lines = (line.split() for line in text.splitlines() if not line.startswith("#") and "{" not in line)
        return {name: float(value) for name, value in lines}

    with (
        serving(Site, trusted) as site,
        serving(Site, other) as untrusted,
        listening() as open_port,
        running(command, tmp_path / "exporter.log", environment),
    ):
        wait_until(lambda: answers(port), "the exporter")
        found = {
            (module, path): probed(module, f"{site}{path}")["probe_success"] == 1
            for module in ("http_2xx", "shop/created", "shop/small", "shop/well")
            for path in ANSWERS
        }
        assert {key for key, succeeded in found.items() if succeeded} == {
            *(("http_2xx", path) for path in ANSWERS if path != "/broken"),
            ("shop/created", "/created"),
            *(("shop/small", path) for path in ANSWERS if path not in ("/too-full", "/broken")),
            ("shop/well", "/ok"),
        }
        handshake = probed("tls_connect", site.removeprefix("https://"))
        assert handshake["probe_success"] == 1
        assert "probe_ssl_earliest_cert_expiry" in handshake
        assert probed("tls_connect", untrusted.removeprefix("https://"))["probe_success"] == 0
        assert probed("tcp_connect", f"127.0.0.1:{open_port}")["probe_success"] == 1
        assert probed("tcp_connect", f"127.0.0.1:{free_port()}")["probe_success"] == 0


def answers(port: int) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"http://127.0.0.1:{port}/-/healthy", timeout=5).ok
    return False


@contextmanager
def listening() -> Iterator[int]:
    """A loopback port at which something accepts connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]

"""What runs on this machine: each program's command, port, and what it reads only at its start."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import slostack
from slostack.bundle import Bundle
from slostack.config import EXEMPLARS_FLAG, FOR_STATE_FLAG, MAINTENANCE_FLAG, REMOTE_WRITE_FLAG, REPLAY_FLAG
from slostack.config.topology import Place, Topology
from slostack.deploy.local.state_folder import StateFolder
from slostack.servers import Server
from slostack.settings import LOOPBACK, Settings
from slostack.spec import RUNBOOK_FOLDER

RELOAD_INTERVAL = "5s"
"""How often Prometheus looks whether its config or a rule file has changed."""

REPLAY_MEMORY = "512MB"
"""What Loki takes of the machine's memory to read its write-ahead log."""


@dataclass(frozen=True)
class Program:
    """One process of the stack; `version` is None of slostack's own.

    `ports` are the loopback ports that it takes, by their key in the settings, the one of `url` first. It is ready
    once `ready` answers 200, or where that is None, once it listens. `fingerprint` changes with what it reads only at
    its start, so that it is restarted then and only then.
    """

    name: str
    version: str | None
    command: tuple[str, ...]
    ports: Mapping[str, int]
    url: str
    ready: str | None
    fingerprint: str


def local_programs(
    root: Path,
    folder: StateFolder,
    settings: Settings,
    topology: Topology,
    bundle: Bundle,
    servers: Mapping[str, Server],
) -> Iterator[Program]:
    """The programs of the stack; `servers` are the obtained ones by name, Grafana among them where it can be had."""
    ports = settings.local.ports
    yield _server(
        servers["prometheus"],
        _prometheus(servers["prometheus"], topology.prometheus, settings.urls.prometheus),
        {"prometheus": ports.prometheus},
        "/-/ready",
    )
    yield _server(
        servers["alertmanager"],
        _alertmanager(servers["alertmanager"], topology.alertmanager, settings.urls.alertmanager),
        {"alertmanager": ports.alertmanager},
        "/-/ready",
    )
    yield _server(
        servers["loki"],
        _loki(servers["loki"], topology.loki),
        {"loki": ports.loki, "lokiGrpc": ports.loki_grpc},
        "/ready",
        bundle.files["loki/loki.yaml"],
    )
    if topology.grafana:
        provisioning = bundle.below("grafana/provisioning")
        yield _server(
            servers["grafana"],
            _grafana(servers["grafana"], topology.grafana),
            {"grafana": ports.grafana},
            "/api/health",
            bundle.files["grafana/grafana.ini"],
            *(text for item in sorted(provisioning.items()) for text in item),
        )
    stored = ("--store", str(folder.data("notifications")), "--runbooks", str(root / RUNBOOK_FOLDER))
    yield _own("notifications", ports.notifications, stored)
    if settings.local.demo:
        played = (option for name in settings.local.demo for option in ("--service", name))
        options = ("--loki", _url(ports.loki), "--state", str(folder.data("demo")), *played)
        yield _own("demo", ports.demo, options)


def _server(
    server: Server, command: tuple[str, ...], ports: Mapping[str, int], ready_path: str, *read_at_start: str
) -> Program:
    url = _url(ports[server.name])
    fingerprint = _digest(server.version, *read_at_start)
    return Program(server.name, server.version, command, ports, url, url + ready_path, fingerprint)


def _own(name: str, port: int, options: tuple[str, ...]) -> Program:
    """A program of slostack's own; it is restarted when its code has changed."""
    package = Path(slostack.__file__).parent
    files = (package / "http_server.py", *sorted(package.joinpath(name).rglob("*.*")))
    code = [file.read_text(encoding="utf-8") for file in files if file.suffix in (".py", ".j2")]
    return Program(
        name=name,
        version=None,
        command=(sys.executable, "-m", f"slostack.{name}", "--host", LOOPBACK, "--port", str(port), *options),
        ports={name: port},
        url=_url(port),
        ready=None,
        fingerprint=_digest(*code),
    )


def _prometheus(server: Server, place: Place, url: str) -> tuple[str, ...]:
    return (
        str(server.binaries["prometheus"]),
        f"--config.file={place.config}/prometheus.yml",
        "--config.auto-reload",
        f"--config.auto-reload-interval={RELOAD_INTERVAL}",
        f"--storage.tsdb.path={place.data}",
        REMOTE_WRITE_FLAG,
        EXEMPLARS_FLAG,
        FOR_STATE_FLAG,
        f"--web.listen-address={place.listen}",
        f"--web.external-url={url}",
        "--web.route-prefix=/",
    )


def _alertmanager(server: Server, place: Place, url: str) -> tuple[str, ...]:
    return (
        str(server.binaries["alertmanager"]),
        f"--config.file={place.config}/alertmanager.yml",
        f"--storage.path={place.data}",
        f"--web.listen-address={place.listen}",
        f"--web.external-url={url}",
        "--web.route-prefix=/",
        "--cluster.listen-address=",
        MAINTENANCE_FLAG,
    )


def _loki(server: Server, place: Place) -> tuple[str, ...]:
    return (str(server.binaries["loki"]), f"-config.file={place.config}/loki.yaml", f"{REPLAY_FLAG}={REPLAY_MEMORY}")


def _grafana(server: Server, place: Place) -> tuple[str, ...]:
    executable = server.binaries["grafana"]
    command = (str(executable),) if executable.name == "grafana-server" else (str(executable), "server")
    return (*command, "--homepath", str(server.home), "--config", f"{place.config}/grafana.ini")


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]

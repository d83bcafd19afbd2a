"""A compressed stack: the bundle of the stack on this machine in compressed time, its servers, and who hears."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from slostack import plain_yaml
from slostack.bundle import Bundle
from slostack.deploy.local.places import local_topology
from slostack.deploy.local.programs import Program, local_programs
from slostack.deploy.secrets import secrets_in_use
from slostack.servers import Server, obtain
from slostack.settings import WatchedService, load_settings
from slostack.spec import Service, load_services
from slostack.stack import make_bundle, watched_services
from slostack.teams import Team, load_teams
from tests.delivery.listeners import Heard, listeners
from tests.gameday.clock import Clock
from tests.gameday.compressed import duration, durations
from tests.local.project import Project, make_project
from tests.processes import running, wait_until

PLAYED = ("prometheus", "alertmanager")
"""The servers that take part. Loki, which only counts log lines, is left out."""
SECONDS = 60
_RULES = "prometheus/rules/"
_FLAGS = {
    "prometheus": {
        "query.lookback-delta": "5m",
        "rules.alert.for-outage-tolerance": "1h",
        "rules.alert.for-grace-period": "10m",
        "rules.alert.resend-delay": "1m",
    },
    "alertmanager": {"alerts.gc-interval": "30m"},
}
"""The durations that the servers go by where their configs say nothing."""


@dataclass(frozen=True)
class Stage:
    """A stack that watches one service of the demo; `heard` is what everybody was told."""

    project: Project
    service: Service
    team: Team
    watched: WatchedService
    bundle: Bundle
    programs: tuple[Program, ...]
    heard: Heard


@contextmanager
def stage(root: Path, name: str) -> Iterator[Stage]:
    """The stack of a project of its own, ready to be started; the team is told by every channel that it has."""
    with listeners() as heard:
        project = _project(root, name, heard)
        settings, teams = load_settings(root, "local"), load_teams(root)
        for secret in secrets_in_use(settings, teams):
            _write(project.folder.secrets(secret.server) / secret.file, _secret(secret.key, heard))
        topology = local_topology(project.folder, settings, grafana=False)
        bundle = make_bundle(root, settings, topology)
        servers = {server: _obtained(server) for server in (*PLAYED, "loki")}
        programs = local_programs(root, project.folder, settings, topology, bundle, servers)
        (service,) = watched_services(load_services(root), settings)
        yield Stage(
            project,
            service,
            teams[service.team],
            settings.watched[name],
            bundle,
            tuple(program for program in programs if program.name in PLAYED),
            heard,
        )


def _project(root: Path, name: str, heard: Heard) -> Project:
    """A project whose stack watches one service and tells everybody by listeners."""
    project = make_project(root)
    ports = project.ports.model_copy(update={"notifications": int(heard.http.rpartition(":")[2])})
    project = replace(project, ports=ports)
    project.set_local(demo=[name])
    receivers = {
        "email": {"sender": "slo@acme.example", "smarthost": heard.smtp, "requireTls": False},
        "slack": {},
        "pagerduty": {"url": f"{heard.http}/pagerduty"},
        "sms": {"gateway": "127.0.0.1:443"},
    }
    project.set("receivers", receivers)
    return project


def _secret(key: str, heard: Heard) -> str:
    """Keys tell by themselves whose they are, and so do URLs."""
    what, _, name = key.partition("-")
    ways = {"slackUrl": f"{heard.http}/slack/{name}", "smsUrl": f"{heard.http}/sms/{name}"}
    return ways.get(what, f"key-of-{name}")


def _obtained(server: str) -> Server:
    return obtain(server, lambda line: print(line, file=sys.stderr))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@contextmanager
def started(stage: Stage, clock: Clock) -> Iterator[None]:
    """Runs the servers in compressed time while the block runs. Prometheus gets its rules once it scrapes: for the
    first it takes up to five seconds, of which no config says anything, and in compressed time that is an outage."""
    folder = stage.project.folder
    files = {path: text for path, text in stage.bundle.files.items() if path.startswith(PLAYED)}
    files |= {path: _compressed(text, clock) for path, text in files.items() if path.endswith((".yml", ".yaml"))}
    rules = {path: text for path, text in files.items() if path.startswith(_RULES)}
    for path, text in files.items():
        if path in rules:
            (folder.config / path).unlink(missing_ok=True)
        else:
            _write(folder.config / path, text)
    folder.log("any").parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as processes:
        started = {}
        for program in stage.programs:
            flags = [f"--{flag}={duration(text, clock)}" for flag, text in _FLAGS[program.name].items()]
            process = running([*program.command, *flags], folder.log(program.name))
            started[program.name] = processes.enter_context(process)
        wait_until(lambda: all(map(_is_ready, stage.programs)), "the servers are ready", SECONDS)
        scraped = f'timestamp(up{{job="{stage.service.scrape[0].job}"}} == 1) > {clock.start}'
        wait_until(lambda: bool(stage.project.query(scraped)), "the service is scraped", SECONDS)
        for path, text in rules.items():
            _write(folder.config / path, text)
        started["prometheus"].send_signal(signal.SIGHUP)
        judged = len(stage.service.slos)
        wait_until(lambda: len(stage.project.query("slo:info")) == judged, "the service is judged", SECONDS)
        yield


def _compressed(text: str, clock: Clock) -> str:
    document = durations(plain_yaml.load(text), clock)
    if jobs := document.get("scrape_configs"):
        document["scrape_configs"] = [job for job in jobs if job["job_name"] != "loki"]
    return plain_yaml.dump(document)


def _is_ready(program: Program) -> bool:
    try:
        return requests.get(str(program.ready), timeout=5).ok
    except requests.RequestException:
        return False

"""A compressed stack: the bundle of the stack on this machine in compressed time, its servers, and who hears."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator, Mapping
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
from slostack.settings import Settings, load_settings
from slostack.spec import Service, load_services
from slostack.stack import make_bundle, watched_services
from slostack.teams import Teams, load_teams
from tests.delivery.listeners import Heard, listeners
from tests.gameday.clock import Clock
from tests.gameday.compressed import duration, durations
from tests.local.project import Project, make_project
from tests.processes import running, wait_until

PLAYED = ("prometheus", "alertmanager", "loki")
"""The servers that take part."""
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
    "loki": {},
}
_LIMITS = {"ruler_remote_write_queue_batch_send_deadline": "5s"}
"""The durations that the servers go by where their configs and commands say nothing; the limits are Loki's."""


@dataclass(frozen=True)
class Stage:
    """A stack that watches services of the demo; `heard` is what everybody was told."""

    project: Project
    settings: Settings
    services: Mapping[str, Service]
    teams: Teams
    bundle: Bundle
    programs: tuple[Program, ...]
    heard: Heard


@contextmanager
def stage(root: Path, demo: list[str]) -> Iterator[Stage]:
    """The stack of a project of its own, ready to be started; teams are told by every channel that they have, at any
    hour: business hours can't be compressed."""
    with listeners() as heard:
        project = _project(root, demo, heard)
        settings, teams = load_settings(root, "local"), load_teams(root)
        for secret in secrets_in_use(settings, teams):
            _write(project.folder.secrets(secret.server) / secret.file, _secret(secret.key, heard))
        topology = local_topology(project.folder, settings, grafana=False)
        bundle = make_bundle(root, settings, topology)
        servers = {server: _obtained(server) for server in PLAYED}
        programs = local_programs(root, project.folder, settings, topology, bundle, servers)
        yield Stage(
            project,
            settings,
            {service.service: service for service in watched_services(load_services(root), settings)},
            teams,
            bundle,
            tuple(program for program in programs if program.name in PLAYED),
            heard,
        )


def _project(root: Path, demo: list[str], heard: Heard) -> Project:
    """A project whose stack watches services of the demo and tells everybody by listeners."""
    project = make_project(root)
    ports = project.ports.model_copy(update={"notifications": int(heard.http.rpartition(":")[2])})
    project = replace(project, ports=ports)
    project.set_local(demo=demo)
    receivers = {
        "email": {"sender": "slo@acme.example", "smarthost": heard.smtp, "requireTls": False},
        "slack": {},
        "pagerduty": {"url": f"{heard.http}/pagerduty"},
        "sms": {"gateway": "127.0.0.1:443"},
    }
    project.set("receivers", receivers)
    teams = plain_yaml.load((root / "teams.yaml").read_text(encoding="utf-8"))
    for team in teams["teams"].values():
        team.pop("business_hours", None)
    _write(root / "teams.yaml", plain_yaml.dump(teams))
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
    jobs = [scrape.job for service in stage.services.values() for scrape in service.scrape]
    judged = sum(len(service.slos) for service in stage.services.values())
    with ExitStack() as processes:
        started = {}
        for program in stage.programs:
            process = running(_with_flags(program, clock), folder.log(program.name))
            started[program.name] = processes.enter_context(process)
        wait_until(lambda: all(map(_is_ready, stage.programs)), "the servers are ready", SECONDS)
        scraped = f'timestamp(up{{job=~"{"|".join(jobs)}"}} == 1) > {clock.start}'
        wait_until(lambda: len(stage.project.query(scraped)) == len(jobs), "the services are scraped", SECONDS)
        for path, text in rules.items():
            _write(folder.config / path, text)
        started["prometheus"].send_signal(signal.SIGHUP)
        wait_until(lambda: len(stage.project.query("slo:info")) == judged, "the services are judged", SECONDS)
        yield


def _with_flags(program: Program, clock: Clock) -> list[str]:
    """A server's command, with its durations in compressed time."""
    given = dict(argument[2:].split("=", 1) for argument in program.command if re.match("--.+=", argument))
    times = _FLAGS[program.name] | {flag: text for flag, text in given.items() if flag in _FLAGS[program.name]}
    kept = [argument for argument in program.command if argument[2:].partition("=")[0] not in times]
    return [*kept, *(f"--{flag}={duration(text, clock)}" for flag, text in times.items())]


def _compressed(text: str, clock: Clock) -> str:
    """A config in compressed time. Scrapes have the whole interval: how long they take isn't compressed."""
    document = durations(plain_yaml.load(text), clock)
    for job in document.get("scrape_configs", ()):
        job["scrape_timeout"] = job.get("scrape_interval", document["global"]["scrape_interval"])
    if limits := document.get("limits_config"):
        limits.update((key, duration(text, clock)) for key, text in _LIMITS.items())
    return plain_yaml.dump(document)


def _is_ready(program: Program) -> bool:
    try:
        return requests.get(str(program.ready), timeout=5).ok
    except requests.RequestException:
        return False

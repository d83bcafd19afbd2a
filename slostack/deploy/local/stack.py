"""The stack on this machine: bringing it up, taking it down, telling its state. Each can be called at any time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from slostack.deploy.local.deployed import Deployed, forget_deployed, write_deployed
from slostack.deploy.local.history import seed_history
from slostack.deploy.local.install import install
from slostack.deploy.local.places import local_topology
from slostack.deploy.local.ports import check_ports
from slostack.deploy.local.processes import listening_ports, own_processes, resume_processes, stop_processes
from slostack.deploy.local.programs import Program, local_programs
from slostack.deploy.local.readiness import wait_for, wait_until_ready
from slostack.deploy.local.reload import reload_configs
from slostack.deploy.local.secrets import prepare_secrets
from slostack.deploy.local.state import LocalStack, state_of
from slostack.deploy.local.state_folder import StateFolder
from slostack.deploy.local.supervisor import Supervisor, SupervisorUnreachable, connect, start
from slostack.deploy.local.supervisor_config import STOP_SECONDS, supervisor_config
from slostack.errors import SlostackError
from slostack.files import write_atomically
from slostack.servers import Report, Server, ServerUnavailable, obtain
from slostack.settings import Settings
from slostack.spec import Service, load_services
from slostack.stack import make_bundle, watched_services
from slostack.teams import teams_of

READY_SECONDS = 120
_SUPERVISOR_END_SECONDS = STOP_SECONDS + 10


def up(root: Path, settings: Settings, report: Report) -> LocalStack:
    """Brings the stack to what project and settings say; touches only what differs from that.

    Raises SlostackError with what stands in the way; calling it again, or `down`, then goes on from there.
    """
    if settings.delivery != "local":
        raise SlostackError(
            f"{settings.environment} is not an environment of this machine; use `pulumi up -s {settings.stack}`"
        )
    folder = StateFolder.of(root)
    with folder.one_at_a_time():
        services = load_services(root)
        servers, absent = _obtain(report)
        topology = local_topology(folder, settings, grafana="grafana" in servers)
        bundle = make_bundle(root, settings, topology)
        programs = tuple(local_programs(root, folder, settings, topology, bundle, servers))
        resume_processes(folder)
        supervisor = connect(folder)
        if supervisor is None:
            stop_processes(folder, report)
            forget_sent_notifications(folder)
        warn_of_missing_targets(services, settings, report)
        check_ports(programs, lambda: listening_ports(own_processes(folder)), settings.file)
        prepare_secrets(folder, settings, teams_of(root, settings.watched))
        if install(bundle, folder):
            report("wrote the changed files of the servers")
        seed_history(folder, settings, services, time.time(), report)
        deployed = Deployed(settings.environment, programs, absent)
        write_deployed(folder, deployed)
        try:
            _run(folder, programs, supervisor, settings, report)
        except SupervisorUnreachable as error:
            raise SlostackError(
                f"the supervisor ended meanwhile ({error}; see {folder.log('supervisord')}); try again"
            ) from None
        return state_of(folder, deployed)


def forget_sent_notifications(folder: StateFolder) -> None:
    """Drops Alertmanager's memory of what it sent before it was stopped, so that what fires after a start is notified.

    The end of an alert that ended while the stack was down is never told to Alertmanager; it would take the next one
    for the one that it notified already.
    """
    sent = folder.data("alertmanager") / "nflog"
    if sent.is_file():
        sent.unlink()


def warn_of_missing_targets(services: Iterable[Service], settings: Settings, report: Report) -> None:
    """Says which services this environment doesn't watch, and which have something to scrape, but no target in it."""
    services = tuple(services)
    if others := [service.service for service in services if service.service not in settings.watched]:
        report(
            f"not watched here: {', '.join(others)}; name what is to be in "
            f"{settings.file}: slostack:services: {{{others[0]}: {{targets: ['host:port']}}}}"
        )
    for service in watched_services(services, settings):
        watched = settings.watched[service.service]
        without = [scrape.job for scrape in service.scrape if not watched.of_job(scrape.job).targets]
        if without:
            what = "nothing of it is" if len(without) == len(service.scrape) else f"{', '.join(without)} isn't"
            report(
                f"{service.service} has no targets, so {what} scraped; name them in "
                f"{settings.file}: slostack:services: {{{service.service}: {{targets: ['host:port']}}}}"
            )


def down(root: Path, report: Report) -> None:
    """Stops every process of the stack and keeps its data; does nothing where none runs."""
    folder = StateFolder.of(root)
    with folder.one_at_a_time():
        resume_processes(folder)
        if supervisor := connect(folder):
            report("stopping the servers")
            with suppress(SupervisorUnreachable):
                supervisor.shut_down()
            wait_for(
                lambda: not own_processes(folder),
                _SUPERVISOR_END_SECONDS,
                lambda: report("the servers are still ending"),
            )
        stop_processes(folder, report)
        folder.socket.unlink(missing_ok=True)
        forget_deployed(folder)


def _obtain(report: Report) -> tuple[Mapping[str, Server], Mapping[str, str]]:
    """The servers by name, and why Grafana is not among them where it can't be had."""
    servers = {name: obtain(name, report) for name in ("prometheus", "alertmanager", "loki")}
    try:
        return {**servers, "grafana": obtain("grafana", report)}, {}
    except ServerUnavailable as error:
        report(f"{error}\nthe stack runs without it")
        return servers, {"grafana": str(error).splitlines()[-1]}


def _run(
    folder: StateFolder,
    programs: tuple[Program, ...],
    supervisor: Supervisor | None,
    settings: Settings,
    report: Report,
) -> None:
    write_atomically(folder.supervisor_config, supervisor_config(folder, programs), mode=0o600)
    if supervisor is None:
        report("starting the servers")
        supervisor = start(folder)
    else:
        supervisor.apply_config()
    wait_until_ready(programs, supervisor, folder, report, READY_SECONDS)
    reload_configs(folder, settings.local.ports, supervisor, report)

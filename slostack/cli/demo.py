"""`slostack demo`: breaks and heals the demo services of the stack on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import click

from slostack import demo
from slostack.errors import SlostackError


@click.group()
def command() -> None:
    """Break and heal the demo services of the stack on this machine."""


@command.command("list")
@click.argument("service", required=False)
def list_scenarios(service: str | None) -> None:
    """Show every scenario, of one SERVICE or of all, and the alerts that it raises."""
    shown = {service: demo.of_service(service)} if service else demo.SCENARIOS
    for name, scenarios in shown.items():
        click.secho(name, bold=True)
        for line in _lines(scenarios):
            click.echo(line)


def _lines(scenarios: Mapping[str, demo.Scenario]) -> Iterator[str]:
    width = max(map(len, scenarios))
    for scenario in scenarios.values():
        yield f"  {scenario.name:<{width}}  {scenario.description}"
        yield f"  {'':<{width}}  raises {scenario.raises}"


@command.command("break")
@click.argument("service")
@click.argument("scenario", required=False)
@click.pass_obj
def break_service(root: Path, service: str, scenario: str | None) -> None:
    """Switch on a failure SCENARIO of a SERVICE; without one, exit 2 with those that there are."""
    if scenario is None:
        lines = "\n".join(_lines(demo.of_service(service)))
        raise click.UsageError(f"no scenario of {service} is named, expected one of\n{lines}")
    known = demo.find(service, scenario)
    folder = _folder_of_running_demo(root, service)
    if demo.switch_on(folder, service, scenario, time.time()):
        click.echo(f"{service} is broken from now on: {known.description}")
    else:
        click.echo(f"{service} was already broken by {scenario}: {known.description}")
    click.echo(f"expected: {known.raises}; see `slostack notifications --follow`")
    click.echo(f"end it by `slostack demo heal {service} {scenario}`")


@command.command("heal")
@click.argument("service", required=False)
@click.argument("scenario", required=False)
@click.pass_obj
def heal_service(root: Path, service: str | None, scenario: str | None) -> None:
    """Switch off one SCENARIO of a SERVICE, all of them, or all of every service."""
    if service is None:
        _heal_all(root)
        return
    if scenario is None:
        demo.of_service(service)
    else:
        demo.find(service, scenario)
    healed = demo.switch_off(_folder_of_running_demo(root, service), service, scenario)
    if healed:
        click.echo(f"{service} is healed: {', '.join(healed)}")
    else:
        click.echo(f"{service} was not broken{f' by {scenario}' if scenario else ''}")


def _heal_all(root: Path) -> None:
    folder, played = demo.state_folder(root), _played(root)
    healed = {service: demo.switch_off(folder, service) for service in played}
    for service, names in healed.items():
        if names:
            click.echo(f"{service} is healed: {', '.join(names)}")
    if not any(healed.values()):
        click.echo("nothing was broken")


@command.command("status")
@click.pass_obj
def show_status(root: Path) -> None:
    """Show what is broken now."""
    folder = demo.state_folder(root)
    switches = demo.read_switches(folder)
    played = demo.played(folder)
    if not played:
        click.echo("the demo doesn't run; `slostack up` starts it")
    for service in played or demo.SCENARIOS:
        broken = switches.get(service, {})
        click.echo(f"{service}: {'broken' if broken else 'healthy'}")
        for name, since in sorted(broken.items()):
            at = datetime.fromtimestamp(since).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
            click.echo(f"  {name} since {at}: {demo.find(service, name).description}")


def _folder_of_running_demo(root: Path, service: str) -> Path:
    played = _played(root)
    if service not in played:
        raise SlostackError(
            f"the demo doesn't play {service} here, expected one of {', '.join(played)}; "
            "slostack:local demo in stacks/Pulumi.local.yaml says which"
        )
    return demo.state_folder(root)


def _played(root: Path) -> tuple[str, ...]:
    """The services that the demo plays; raises SlostackError where it doesn't run."""
    played = demo.played(demo.state_folder(root))
    if not played:
        raise SlostackError("the demo doesn't run, expected the stack on this machine; start it by `slostack up`")
    return played

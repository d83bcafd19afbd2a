"""`slostack test-alert`: does an alert reach people?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import click
from pydantic_core import PydanticCustomError

from slostack import names
from slostack.alertmanager_api import running_config, send_alert
from slostack.cli.local_server import local_server, read_token
from slostack.names import STACK_TEAM
from slostack.routed import NOBODY, channels, routes
from slostack.rules.stack_alerts.alert import STACK
from slostack.settings import load_settings, stack_names
from slostack.spec import Duration, Severity, named_service

ALERT = "TestAlert"
_TOLD = Duration(120)


class _DurationType(click.ParamType[Duration]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Duration:
        try:
            return Duration.parse(value)
        except PydanticCustomError as error:
            self.fail(str(error), param, ctx)


@click.command("test-alert")
@click.option("--severity", type=click.Choice(get_args(Severity)), default="critical", show_default=True)
@click.option("--service", help="The service that it pretends to be about (default: the stack itself).")
@click.option("--alertmanager", metavar="URL", help="Who is to send it on (default: the stack on this machine).")
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with a bearer token for that Alertmanager.",
)
@click.option(
    "--for",
    "lasts",
    type=_DurationType(),
    help="When it ends by itself (default: two minutes after it is told, at the latest).",
)
@click.pass_obj
def command(
    root: Path,
    severity: str,
    service: str | None,
    alertmanager: str | None,
    token_file: Path | None,
    lasts: Duration | None,
) -> None:
    """Sends an alert that says it is a test, and names who is told by the routes of the Alertmanager that runs.

    It ends by itself, and the recovery is told too.
    """
    url = alertmanager or local_server(root, "alertmanager")
    token = read_token(token_file)
    team = named_service(root, service).team if service else STACK_TEAM
    labels = {
        "alertname": ALERT,
        names.SEVERITY: severity,
        names.SERVICE: service or STACK,
        names.TEAM: team,
        **_environment(root, alertmanager),
    }
    config = running_config(url, token)
    found = routes(config, labels)
    wait = max(_wait(route) for route in found)
    lasts = lasts or Duration(wait.seconds + _TOLD.seconds)
    if lasts <= wait:
        raise click.UsageError(f"--for {lasts} ends before anybody is told, expected more than {wait}")
    end = send_alert(url, labels, _annotations(labels), timedelta(seconds=lasts.seconds), token)
    click.echo(f"sent {ALERT} ({severity}, service {labels[names.SERVICE]}, team {team}) to {url}")
    for route in found:
        name = route["receiver"]
        told = channels(config, name)
        hours = ", ".join(route.get("active_time_intervals", ()))
        when = f" within {_wait(route)}{f', in {hours} alone' if hours else ''}"
        click.echo(f"{name}: {told}{when if told != NOBODY else ', as the environment has no channel for it'}")
        click.echo(f"ends by itself at {end:%H:%M:%S} UTC; told up to {route.get('group_interval', '5m')} later")


def _wait(route: Mapping[str, Any]) -> Duration:
    """How long Alertmanager waits for further alerts before it tells of a first one; its own default is 30s."""
    try:
        return Duration.parse(route.get("group_wait", "30s"))
    except PydanticCustomError:  # less than a second
        return Duration(1)


def _annotations(labels: dict[str, str]) -> dict[str, str]:
    return {
        "summary": f"Test of {labels[names.SEVERITY]} alerts of {labels[names.SERVICE]}: nothing is wrong",
        "description": "`slostack test-alert` sent this to see who is told. It ends by itself; there is nothing to do.",
    }


def _environment(root: Path, alertmanager: str | None) -> dict[str, str]:
    """The label of the environment whose Alertmanager it is, where a stack says so."""
    every = (load_settings(root, stack) for stack in stack_names(root))
    for settings in every:
        is_local = alertmanager is None and settings.delivery == "local"
        if is_local or (alertmanager and settings.urls.alertmanager.rstrip("/") == alertmanager.rstrip("/")):
            return {"environment": settings.environment}
    return {}

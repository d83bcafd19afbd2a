"""`slostack test-alert`: does an alert reach people?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import get_args

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
@click.option("--for", "lasts", type=_DurationType(), default="2m", show_default=True, help="When it ends by itself.")
@click.pass_obj
def command(
    root: Path,
    severity: str,
    service: str | None,
    alertmanager: str | None,
    token_file: Path | None,
    lasts: Duration,
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
    end = send_alert(url, labels, _annotations(labels), timedelta(seconds=lasts.seconds), token)
    click.echo(f"sent {ALERT} ({severity}, service {labels[names.SERVICE]}, team {team}) to {url}")
    for route in routes(config, labels):
        name = route["receiver"]
        told = channels(config, name)
        hours = ", ".join(route.get("active_time_intervals", ()))
        when = f" within {route.get('group_wait', '30s')}{f', in {hours} alone' if hours else ''}"
        click.echo(f"{name}: {told}{when if told != NOBODY else ', as the environment has no channel for it'}")
        click.echo(f"ends by itself at {end:%H:%M:%S} UTC; told up to {route.get('group_interval', '5m')} later")


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

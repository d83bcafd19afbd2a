"""`slostack status`: how the stack on this machine and its SLOs do."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from slostack import names
from slostack.cli.tables import show_alerts, show_servers, show_slos
from slostack.deploy.local import LocalStack, status
from slostack.deploy.local.slos import FiringAlert, SloState, firing_alerts, slo_states, slos_not_judged_yet


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def command(root: Path, as_json: bool) -> None:
    """Show servers, SLOs with budget left and burn rate, and firing alerts; exit 1 unless all servers are ready."""
    stack = status(root)
    slos = slo_states(_url(stack, "prometheus")) if stack and _is_ready(stack, "prometheus") else ()
    alerts = firing_alerts(_url(stack, "alertmanager")) if stack and _is_ready(stack, "alertmanager") else ()
    if as_json:
        click.echo(json.dumps(_plain(stack, slos, alerts), indent=2))
    else:
        _show(stack, slos, alerts)
    if stack is None or not stack.ready:
        sys.exit(1)


def _show(stack: LocalStack | None, slos: tuple[SloState, ...], alerts: tuple[FiringAlert, ...]) -> None:
    if stack is None:
        click.echo("the stack is down; `slostack up` starts it")
        return
    console = Console()
    show_servers(console, stack)
    if _is_ready(stack, "prometheus"):
        console.print()
        show_slos(console, slos)
        if waiting := slos_not_judged_yet(_url(stack, "prometheus")):
            console.print(f"{waiting} SLOs are not judged yet: it takes {names.EVALUATION_INTERVAL} from the start")
    if _is_ready(stack, "alertmanager"):
        console.print()
        show_alerts(console, alerts)
    if not stack.ready:
        console.print("\nnot everything runs; `slostack up` puts it right or says why not")


def _plain(stack: LocalStack | None, slos: tuple[SloState, ...], alerts: tuple[FiringAlert, ...]) -> dict[str, object]:
    return {
        "ready": bool(stack and stack.ready),
        "stack": asdict(stack) if stack else None,
        "slos": [asdict(slo) for slo in slos],
        "alerts": [asdict(alert) for alert in alerts],
    }


def _is_ready(stack: LocalStack, name: str) -> bool:
    return any(program.ready for program in stack.programs if program.name == name)


def _url(stack: LocalStack, name: str) -> str:
    return next(program.url for program in stack.programs if program.name == name and program.url)

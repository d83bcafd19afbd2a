"""`slostack status`: how the stack on this machine and its SLOs do."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from slostack import names
from slostack.approximately import counted
from slostack.cli.local_server import NAMES
from slostack.cli.tables import console_of_tables, show_alerts, show_servers, show_slos
from slostack.deploy.local import LocalStack, status
from slostack.deploy.local.slos import FiringAlert, SloState, firing_alerts, slo_states


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object; SLOs or alerts that aren't known are null.")
@click.pass_obj
def command(root: Path, as_json: bool) -> None:
    """Show servers, SLOs with budget left and burn rate, and firing alerts; exit 1 unless all servers are ready."""
    found = _look(root)
    if as_json:
        click.echo(json.dumps(_plain(found), indent=2))
    else:
        _show(found)
    if found.stack is None or not found.stack.ready:
        sys.exit(1)


@dataclass(frozen=True)
class _Found:
    """The stack, None while it is down; its SLOs, `waiting` others that are not judged yet, and firing alerts. None is
    not known: the servers in `silent` (their names) aren't ready."""

    stack: LocalStack | None
    slos: tuple[SloState, ...] | None = None
    waiting: int = 0
    alerts: tuple[FiringAlert, ...] | None = None
    silent: tuple[str, ...] = ()


def _look(root: Path) -> _Found:
    """Alertmanager tells what fires; that nothing does is known of a Prometheus that judges alone."""
    stack = status(root)
    if stack is None:
        return _Found(None)
    ready = {name: _url(stack, name) for name in NAMES if _is_ready(stack, name)}
    slos, waiting = slo_states(ready["prometheus"]) if "prometheus" in ready else (None, 0)
    alerts = firing_alerts(ready["alertmanager"]) if "alertmanager" in ready else None
    silent = tuple(shown for name, shown in NAMES.items() if name not in ready)
    return _Found(stack, slos, waiting, alerts or (alerts if slos is not None else None), silent)


def _show(found: _Found) -> None:
    if found.stack is None:
        click.echo("the stack is down; `slostack up` starts it")
        return
    console = console_of_tables()
    show_servers(console, found.stack)
    why = f"{' and '.join(found.silent)} {'is' if len(found.silent) == 1 else 'are'} not ready"
    console.print()
    if found.slos is None:
        console.print(f"SLOs: not known: {why}")
    else:
        show_slos(console, found.slos)
    if found.waiting:
        console.print(
            f"{counted(found.waiting, 'SLO')} not judged yet: it takes {names.EVALUATION_INTERVAL} from the start"
        )
    console.print()
    if found.alerts is None:
        console.print(f"firing alerts: not known: {why}")
    else:
        show_alerts(console, found.alerts, so_far=found.waiting > 0)
        if found.slos is None:
            console.print(f"whether more fire is not known: {why}")
    if not found.stack.ready:
        console.print("\nnot everything runs; `slostack up` puts it right or says why not")


def _plain(found: _Found) -> dict[str, object]:
    return {
        "ready": bool(found.stack and found.stack.ready),
        "stack": asdict(found.stack) if found.stack else None,
        "slos": None if found.slos is None else [asdict(slo) for slo in found.slos],
        "alerts": None if found.alerts is None else [asdict(alert) for alert in found.alerts],
    }


def _is_ready(stack: LocalStack, name: str) -> bool:
    return any(program.ready for program in stack.programs if program.name == name)


def _url(stack: LocalStack, name: str) -> str:
    return next(program.url for program in stack.programs if program.name == name and program.url)

"""The tables of `slostack up` and `slostack status`."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from slostack.approximately import duration
from slostack.deploy.local import LocalStack, ProgramState
from slostack.deploy.local.slos import FiringAlert, SloState
from slostack.spec.windows import parse_window

_STATE_STYLES = {"ready": "green", "starting": "yellow"}
_SEVERITY_STYLES = {"critical": "red", "high": "magenta", "medium": "yellow", "low": "blue"}


def show_servers(console: Console, stack: LocalStack) -> None:
    """Servers with their states and URLs, then what there is to say about them."""
    programs = (*stack.programs, *stack.absent)
    table = _table("server", "state", "version", "URL")
    for program in programs:
        table.add_row(program.name, _state(program), program.version, program.url)
    console.print(table)
    for program in programs:
        if program.note:
            console.print(f"{program.name}: {program.note}", highlight=False, markup=False, soft_wrap=True)


def show_slos(console: Console, slos: Iterable[SloState]) -> None:
    """SLOs with what is left of their budgets."""
    table = _table("SLO", "objective", "budget left", "burn (1h)", "spent in")
    for slo in slos:
        table.add_row(
            f"{slo.service} {slo.slo}",
            f"{slo.objective:g} %" + (f" / {slo.window}" if slo.window else ""),
            _budget(slo.budget_left),
            Text("down", style="red") if slo.down else _burn(slo.burn_rate),
            _time_left(slo),
        )
    console.print(table if table.row_count else "no SLO has been judged yet")


def show_alerts(console: Console, alerts: Iterable[FiringAlert]) -> None:
    """Alerts that fire."""
    table = _table("firing alert", "severity", "since (UTC)", "what")
    for alert in alerts:
        name = f"{alert.name} {alert.tier}".strip() + (" (inhibited or silenced)" if alert.quiet else "")
        severity = Text(alert.severity, style=_SEVERITY_STYLES.get(alert.severity, ""))
        table.add_row(name, severity, alert.since[:19].replace("T", " "), alert.summary)
    console.print(table if table.row_count else "no alert fires")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)  # a name is copied as a whole
    return table


def _state(program: ProgramState) -> Text:
    return Text(program.state, style=_STATE_STYLES.get(program.state, "red"))


def _budget(left: float | None) -> Text:
    if left is None:
        return Text("not known yet")
    return Text(f"{left:.1%}", style="green" if left > 0.25 else "yellow" if left > 0 else "red")


def _burn(rate: float | None) -> Text:
    if rate is None:
        return Text("no traffic")
    return Text(f"{rate:.1f}", style="green" if rate <= 1 else "yellow" if rate < 6 else "red")


def _time_left(slo: SloState) -> str:
    if slo.budget_left is not None and slo.budget_left <= 0:
        return "spent"
    if slo.seconds_left is None:
        return ""
    if slo.window and slo.seconds_left > parse_window(slo.window).seconds:
        return f"over {slo.window if slo.window[0].isdigit() else f'a {slo.window}'}"
    return duration(slo.seconds_left)

"""The tables of `slostack up` and `slostack status`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from slostack import names
from slostack.approximately import duration
from slostack.deploy.local import LocalStack, ProgramState
from slostack.deploy.local.slos import FiringAlert, SloState
from slostack.spec.windows import parse_window

_STATE_STYLES = {"ready": "green", "starting": "yellow"}
_SEVERITY_STYLES = {"critical": "red", "high": "magenta", "medium": "yellow", "low": "blue"}
_ALERT_HEAD = ("firing alert", "severity", "since (UTC)", "")
_LEGEND = "burn: how many times too fast the budget is spent; spent in: after what time it is at that rate"
_UNWRAPPED = 10_000


def console_of_tables() -> Console:
    """Standard output; what isn't a terminal is given whole lines."""
    return Console(width=None if sys.stdout.isatty() else _UNWRAPPED)


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
            f"{slo.objective:g} % / {slo.window}",
            _budget(slo),
            _burn(slo),
            _time_left(slo),
        )
    if not table.row_count:
        console.print("no SLO has been judged yet")
        return
    console.print(table)
    console.print(_LEGEND, style="dim")


def show_alerts(console: Console, alerts: Iterable[FiringAlert], *, so_far: bool = False) -> None:
    """Alerts that fire, each with what is wrong on a line of its own; `so_far` is while some SLOs aren't judged yet."""
    alerts = tuple(alerts)
    if not alerts:
        console.print(f"no alert fires{' so far' if so_far else ''}")
        return
    rows = [
        (f"{each.name} {each.tier}".strip(), each.severity, each.since[:16].replace("T", " "), each.quiet)
        for each in alerts
    ]
    widths = [max(map(len, column)) for column in zip(_ALERT_HEAD, *rows, strict=True)]
    console.print(_aligned(_ALERT_HEAD, widths, ("bold",) * len(widths)))
    for alert, row in zip(alerts, rows, strict=True):
        console.print(_aligned(row, widths, ("", _SEVERITY_STYLES.get(alert.severity, ""), "", "dim")))
        console.print(Padding(Text(alert.summary), (0, 0, 0, 2), expand=False))


def _aligned(cells: Sequence[str], widths: Sequence[int], styles: Sequence[str]) -> Text:
    text = Text()
    for cell, width, style in zip(cells, widths, styles, strict=True):
        text.append(f"{cell:<{width}}  ", style)
    text.rstrip()
    return text


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)  # a name is copied as a whole
    return table


def _state(program: ProgramState) -> Text:
    return Text(program.state, style=_STATE_STYLES.get(program.state, "red"))


def _budget(slo: SloState) -> Text:
    left = slo.budget_left
    if left is None:
        return Text("no events" if slo.counted else f"known within {names.TIER_INTERVAL}")
    return Text(f"{left:.1%}", style="green" if left > 0.25 else "yellow" if left > 0 else "red")


def _burn(slo: SloState) -> Text:
    if slo.down:
        return Text("down", style="red")
    rate = slo.burn_rate
    if rate is None:
        return Text("no traffic" if slo.counted else "not known yet")
    return Text(f"{rate:.1f}", style="green" if rate <= 1 else "yellow" if rate < 6 else "red")


def _time_left(slo: SloState) -> str:
    if slo.budget_left is not None and slo.budget_left <= 0:
        return "spent"
    if slo.seconds_left is None:
        return ""
    if slo.seconds_left > parse_window(slo.window).seconds:
        return f"over {slo.window if slo.window[0].isdigit() else f'a {slo.window}'}"
    return duration(slo.seconds_left)

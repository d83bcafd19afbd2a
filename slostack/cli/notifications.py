"""`slostack notifications`: what the receiver on this machine was told."""

from __future__ import annotations

import json
import textwrap
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

import click

from slostack.notifications import FIRING, Notification, NotificationReader, store_folder

_POLL_SECONDS = 0.5
_COLORS = {"critical": "red", "high": "magenta", "medium": "yellow", "low": "blue"}


@click.command()
@click.option("--last", type=click.IntRange(min=0), default=20, show_default=True, help="How many to show, the newest.")
@click.option("--follow", is_flag=True, help="Then wait for more, until interrupted.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.pass_obj
def command(root: Path, last: int, follow: bool, as_json: bool) -> None:
    """Show the notifications that the stack on this machine sent."""
    reader = NotificationReader(store_folder(root))
    stored = deque(reader.read(), maxlen=last)
    if not stored and not follow and not as_json and last:
        click.echo("no notifications so far")
    _show(stored, as_json)
    while follow:
        time.sleep(_POLL_SECONDS)
        _show(reader.read(), as_json)


def _show(notifications: Iterable[Notification], as_json: bool) -> None:
    for notification in notifications:
        click.echo(json.dumps(notification.as_dict(), ensure_ascii=False) if as_json else _text(notification))


def _text(n: Notification) -> str:
    status = click.style(n.status.upper(), fg="red" if n.status == FIRING else "green", bold=True)
    severity = click.style(n.severity or "(no severity)", fg=_COLORS.get(n.severity))
    alert = f"{n.alert} ({n.tier})" if n.tier else n.alert
    lines = [f"{n.local_time}  {status}  {severity}  {n.subject}", f"  {alert}: {n.what}", f"  {n.how_bad}"]
    budgets = f"budget left: {n.budgets_left}" if n.budgets_left and n.status == FIRING else ""
    for text in (n.said, budgets):
        lines += textwrap.wrap(text, width=100, initial_indent="  ", subsequent_indent="  ")
    lines += [f"  {name:<10} {url}" for name, url in n.links]
    return "\n".join(lines) + "\n"

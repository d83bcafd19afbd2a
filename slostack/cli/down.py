"""`slostack down`: stops the stack on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from slostack.deploy.local import down


@click.command()
@click.pass_obj
def command(root: Path) -> None:
    """Stop the stack on this machine and keep its data."""
    down(root, click.echo)
    click.echo("the stack is down; its data is kept")

"""`slostack up`: starts the stack on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from slostack.cli.tables import console_of_tables, show_servers
from slostack.deploy.local import up
from slostack.settings import load_settings


@click.command()
@click.option("--env", "environment", default="local", show_default=True, help="The stack in stacks/ to start.")
@click.pass_obj
def command(root: Path, environment: str) -> None:
    """Start the stack on this machine; when it runs, change only what changed."""
    try:
        stack = up(root, load_settings(root, environment), click.echo)
    except KeyboardInterrupt:
        click.echo("\ninterrupted: `slostack up` goes on from here, `slostack down` stops what was started", err=True)
        sys.exit(130)
    show_servers(console_of_tables(), stack)
    if not stack.ready:
        sys.exit(1)

"""slostack completion: what makes a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from slostack.errors import SlostackError

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "slostack"
VARIABLE = "_SLOSTACK_COMPLETE"
"""Set by the script where click is to answer with completions."""


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Prints the script by which SHELL completes commands and options; `slostack docs teams` says where to put it."""
    from slostack.cli import cli

    complete = get_completion_class(shell)
    assert complete is not None
    try:
        click.echo(complete(cli, {}, PROGRAM, VARIABLE).source())
    except RuntimeError as error:
        raise SlostackError(f"{shell}: {error}") from None

"""slostack watch: what is saved is rendered."""

from __future__ import annotations

import time
from pathlib import Path

import click

from slostack.cli.render import render, say
from slostack.deploy.local import running_stack, up
from slostack.errors import SlostackError
from slostack.servers import Report
from slostack.settings import load_settings
from slostack.spec import load_services, slo_file
from slostack.teams import check_teams, load_teams
from slostack.watching import FILES, FOLDERS, saves


@click.command("watch")
@click.pass_obj
def command(root: Path) -> None:
    """Renders and checks as `slostack render` does, whenever a file is saved; where the stack on this machine runs, it
    gets what changed. Mistakes are said, and watching goes on; Ctrl-C ends it.
    """
    report = _OnceEach()
    try:
        for paths in saves(root):
            if paths:
                click.echo(f"\n{time.strftime('%H:%M:%S')} {', '.join(paths)}")
            once(root, report)
            if not paths:
                watched = (*(f"{folder}/" for folder in FOLDERS), *FILES)
                click.echo(f"watching {', '.join(watched)}; Ctrl-C ends it")
    except KeyboardInterrupt:
        click.echo("\nno longer watching")


class _OnceEach:
    """Says a line that the stack has to tell, such as which server can't be had, the first time alone."""

    def __init__(self) -> None:
        self.said: set[str] = set()

    def __call__(self, line: str) -> None:
        if line not in self.said:
            self.said.add(line)
            click.echo(line)


def once(root: Path, report: Report) -> None:
    """Renders, and brings the running stack up to it; a mistake is said."""
    try:
        say(*render(root))
        check_teams(load_teams(root), {slo_file(root, each.service): each for each in load_services(root)}, root)
        if stack := running_stack(root):
            up(root, load_settings(root, stack.environment), report)
            click.echo("the stack on this machine runs with it")
    except SlostackError as error:
        click.echo(str(error).encode("utf-8", "backslashreplace"), err=True)

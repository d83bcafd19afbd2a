"""slostack validate: are the SLO files right?"""

from __future__ import annotations

from pathlib import Path

import click

from slostack.checks import check_custom_files
from slostack.spec import load_services


@click.command("validate")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.pass_obj
def command(root: Path, files: tuple[Path, ...]) -> None:
    """Checks SLO files and names every mistake; exit 2 where there is one.

    Without FILES: all of slos/, and the hand-written rules and dashboards in the custom/ folders.
    """
    services = load_services(root, [file.resolve() for file in files] or None)
    slos = sum(len(service.slos) for service in services)
    alerts = sum(len(service.alerts) for service in services)
    click.echo(f"{len(services)} services, {slos} SLOs, {alerts} threshold alerts: valid")
    if not files and (custom := check_custom_files(root)):
        click.echo(f"{custom} hand-written files: valid")

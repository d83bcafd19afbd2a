"""slostack new: the first SLO file of a service."""

from __future__ import annotations

from pathlib import Path

import click

from slostack import names
from slostack.errors import SlostackError
from slostack.files import write_atomically
from slostack.shipped import INCIDENT_TEMPLATES, SHARED_RUNBOOKS, shipped_texts
from slostack.spec.template import starting_files
from slostack.teams import load_teams


@click.command("new")
@click.argument("service")
@click.pass_obj
def command(root: Path, service: str) -> None:
    """Writes slos/SERVICE.yaml, a starting file that is right as it is, and the runbooks that it needs."""
    teams = load_teams(root)
    files = starting_files(service, names.STACK_TEAM if teams and service not in teams else service)
    slo_file = list(files)[-1]
    if (root / slo_file).exists():
        raise SlostackError(f"{slo_file} is there already, expected a new service; edit that file instead")
    for folder in (SHARED_RUNBOOKS, INCIDENT_TEMPLATES):
        missing = {path: text for path, text in shipped_texts(folder).items() if not (root / path).exists()}
        for path, text in missing.items():
            write_atomically(root / path, text)
        if missing:
            click.echo(f"wrote {folder}/")
    for path, text in files.items():
        if (root / path).exists():
            click.echo(f"kept {path}")
        else:
            write_atomically(root / path, text)
            click.echo(f"wrote {path}")
    click.echo(
        f"Next: edit {slo_file} where it says so, run `slostack render`, and name the service's targets in "
        "stacks/Pulumi.<env>.yaml."
    )

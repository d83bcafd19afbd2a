"""slostack init: a project without a fork."""

from __future__ import annotations

from pathlib import Path

import click

from slostack.new_project import CI, make_project

NO_CI = "none"


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--service", default="my-service", show_default=True, help="The service of the first SLO file.")
@click.option(
    "--ci", type=click.Choice([*CI, NO_CI]), default="github", show_default=True, help="Whose pipeline to write."
)
def command(folder: Path, service: str, ci: str) -> None:
    """Makes a project in FOLDER: the Pulumi program, stacks, an SLO file with its runbook, a pipeline, and what is
    rendered from them. FOLDER is new or empty, but for a .git.
    """
    paths = make_project(folder, service, None if ci == NO_CI else ci)
    click.echo(f"made {folder} with {len(paths)} files; its README.md says what is where\n")
    click.echo(f"Next: cd {folder}, edit slos/{service}.yaml and stacks/, then `slostack validate` and `slostack up`.")

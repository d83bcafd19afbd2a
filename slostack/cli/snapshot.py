"""`slostack snapshot`: a copy of what the servers on this machine keep."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("snapshot")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that gets it, in a folder of its own (default: .slostack/snapshots).",
)
@click.option("--keep", type=click.IntRange(min=1), help="Delete all but so many of the newest there afterwards.")
@click.pass_obj
def command(root: Path, into: Path | None, keep: int | None) -> None:
    """Copies the samples, silences, logs, users and notifications of the stack on this machine, all of one moment,
    while it runs or not. `slostack restore` puts them back.
    """
    from slostack.deploy.local.snapshot import default_folder, forget_older, take_snapshot

    folder = into or default_folder(root)
    taken = take_snapshot(root, folder)
    click.echo(f"{taken.folder}: {', '.join(taken.servers)}")
    if keep:
        for gone in forget_older(folder, keep):
            click.echo(f"deleted {gone.folder}")

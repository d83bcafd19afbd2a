"""`slostack restore`: puts back what a snapshot has."""

from __future__ import annotations

from pathlib import Path

import click

from slostack.errors import SlostackError


@click.command("restore")
@click.argument("snapshot", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option("--server", "servers", multiple=True, metavar="NAME", help="Its data alone (default: all; repeatable).")
@click.pass_obj
def command(root: Path, snapshot: Path | None, servers: tuple[str, ...]) -> None:
    """Puts the data of a SNAPSHOT (default: the newest that was taken into .slostack/snapshots) back, while the stack
    is down. What was there before becomes a snapshot of its own.
    """
    from slostack.deploy.local.snapshot import default_folder, read_snapshot, restore_snapshot, snapshots

    known = [each for each in snapshots(default_folder(root)) if not each.replaced]
    if not snapshot and not known:
        raise SlostackError(f"no snapshot in {default_folder(root)}, expected one of `slostack snapshot`")
    chosen = read_snapshot(snapshot) if snapshot else known[-1]
    wanted = tuple(dict.fromkeys(servers)) or chosen.servers
    before = restore_snapshot(root, chosen, wanted)
    click.echo(f"restored {', '.join(wanted)} as of {chosen.taken:%Y-%m-%d %H:%M:%S} UTC from {chosen.folder}")
    if before:
        click.echo(f"what was there before is in {before.folder}")
    for server in wanted:
        if warning := _written_by_a_later(server, chosen.versions.get(server)):
            click.echo(warning, err=True)
    click.echo("Next: slostack up")


def _written_by_a_later(server: str, wrote: str | None) -> str:
    """What is said where a later version of a server wrote the data than the one that is pinned."""
    from packaging.version import Version

    from slostack.servers import versions

    pin = versions().get(server)
    if not pin or not wrote or Version(wrote) <= Version(pin.version):
        return ""
    return f"{server} {wrote} wrote these data, later than the {pin.version} of this project, which may not read them"

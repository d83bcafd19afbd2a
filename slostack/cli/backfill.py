"""slostack backfill: a past for the budgets of SLOs that are new."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slostack.cli.local_server import local_server, only_option, read_token
from slostack.cli.progress import Progress
from slostack.errors import SlostackError

if TYPE_CHECKING:
    from slostack.backfill import Filled
    from slostack.backtest import Prometheus
    from slostack.deploy.local.state_folder import StateFolder

_TAKEN_WITHIN = 180.0
"""Seconds; Prometheus looks for new blocks once a minute."""


@click.command("backfill")
@click.argument("slos", nargs=-1, metavar="[SERVICE[/SLO]]...")
@click.option("--prometheus", metavar="URL", help="Which Prometheus is filled (default: the stack on this machine).")
@click.option(
    "--from",
    "source",
    metavar="URL",
    help="Where the raw series are (default: in that Prometheus), such as Thanos' query or another replica.",
)
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with a bearer token for where the raw series are.",
)
@only_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder for the blocks, to be copied into that Prometheus' data folder.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="The data folder of that Prometheus, where it is here too: it gets the blocks at once.",
)
@click.pass_obj
def command(
    root: Path,
    slos: tuple[str, ...],
    prometheus: str | None,
    source: str | None,
    token_file: Path | None,
    only: dict[str, str],
    out: Path | None,
    data: Path | None,
) -> None:
    """Gives SLOs (default: all) the past that their budgets need: the five-minute counts of the time before their rules
    recorded any, computed by Prometheus from the raw series that it still holds.

    Into the stack on this machine, or for another Prometheus into blocks in a folder. Run again, it goes on where it
    was stopped; what is recorded already stays as it is, also of an SLO whose SLI was edited since: under another name
    that gets a past by the SLI as it is now.
    """
    from slostack.backfill import backfill
    from slostack.backtest import Prometheus
    from slostack.backtest.subjects import chosen, subjects
    from slostack.deploy.local.state_folder import StateFolder
    from slostack.spec import load_services

    if bool(prometheus) != bool(out or data) or (out and data):
        raise click.UsageError("--prometheus goes with --data, its data folder, or with --out, another one")
    if out and out.is_dir() and any(out.iterdir()):
        raise SlostackError(f"--out {out} is not empty, expected a new folder")
    every = subjects({}, {service.service: service for service in load_services(root)})
    wanted = chosen(every, slos) if slos else every
    versions = [subject.after for subject in wanted if subject.after]
    progress = Progress()
    local = StateFolder.of(root)
    into = out or data
    with nullcontext() if into else local.one_at_a_time():
        url = prometheus or local_server(root, "prometheus")
        reads = Prometheus(source or url, read_token(token_file), progress.count, only)
        server = Prometheus(url) if source else reads
        with progress:
            filled = backfill(
                server, versions, datetime.now(UTC), into or local.data("prometheus"), progress.next, reads
            )
        for each in filled:
            click.echo(f"{each.version.service.service}/{each.version.slo.name}: {each}")
        if any(each.first for each in filled):
            if into:
                click.echo(_next(out))
            else:
                _wait_until_taken(local, server, filled)
    if failed := [each for each in filled if each.error]:
        raise SlostackError(f"{len(failed)} of {len(filled)} SLOs were not filled")


def _next(out: Path | None) -> str:
    if out:
        return f"Next: copy what is in {out} into that Prometheus' data folder; it takes it within a minute."
    return "Next: nothing; Prometheus takes them within a minute, and budgets follow within five"


def _wait_until_taken(local: StateFolder, server: Prometheus, filled: Sequence[Filled]) -> None:
    from slostack.backfill import is_taken
    from slostack.deploy.local.readiness import wait_for

    click.echo("waiting for Prometheus to take them, which it does once a minute", err=True)
    if not wait_for(lambda: all(is_taken(server, each) for each in filled), _TAKEN_WITHIN, lambda: None):
        raise SlostackError(
            f"Prometheus has not taken the blocks in {local.data('prometheus')} within {_TAKEN_WITHIN:.0f} s; "
            f"see {local.log('prometheus')}"
        )
    click.echo("Prometheus has them; budgets follow within five minutes")

"""slostack audit: how ready is a service?"""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from slostack.cli.local_server import local_server, only_option, read_token
from slostack.errors import SlostackError

BELOW = 3
_FORMATS = ("terminal", "md", "json")


@click.command("audit")
@click.argument("service", required=False)
@click.option("--prometheus", metavar="URL", help="Where to look (default: the stack on this machine, if it runs).")
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with a bearer token for that Prometheus.",
)
@only_option
@click.option(
    "--min-score",
    type=click.FloatRange(0, 10),
    metavar="N",
    help=f"Exit {BELOW} where a service has less than N of 10.",
)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="terminal", show_default=True)
@click.pass_obj
def command(
    root: Path,
    service: str | None,
    prometheus: str | None,
    token_file: Path | None,
    only: dict[str, str],
    min_score: float | None,
    form: str,
) -> None:
    """Prints a readiness scorecard of SERVICE, or of every service: ten categories, and the rows of its coverage.

    What is configured counts as a whole where a running Prometheus really has it: series that are there, SLOs with
    data, panels that show something. Without a Prometheus it counts half, and is named as missing evidence.
    """
    from slostack.audit import as_json, as_markdown, audit, show
    from slostack.backtest.prometheus import Prometheus
    from slostack.spec import load_services, named_service

    services = (named_service(root, service),) if service else load_services(root)
    url = prometheus
    if url is None:
        with suppress(SlostackError):
            url = local_server(root, "prometheus")
    server = Prometheus(url, read_token(token_file), only=only) if url else None
    today = datetime.now(UTC).date()
    cards = [audit(root, each, server, today) for each in services]
    if form == "json":
        click.echo(as_json(cards), nl=False)
    elif form == "md":
        click.echo(as_markdown(cards), nl=False)
    else:
        from rich.console import Console

        for number, card in enumerate(cards):
            if number:
                click.echo()
            show(Console(), card)
    if min_score is not None and (below := [card for card in cards if not card.score >= min_score]):
        for card in below:
            click.echo(f"{card.service}: {card.score:.3g} of 10, expected at least {min_score:g}", err=True)
        sys.exit(BELOW)

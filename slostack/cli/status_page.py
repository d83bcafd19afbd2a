"""slostack status-page: how services are, for their users."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from slostack.cli.local_server import local_server, only_option, read_token
from slostack.cli.progress import Progress
from slostack.files import write_atomically

FOLDER = "status-page"
_DAYS = ("30", "90")


@click.command("status-page")
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default=True,
    help="The folder to write index.html into.",
)
@click.option("--days", type=click.Choice(_DAYS), default="90", show_default=True, help="How many days it shows.")
@click.option("--title", default="Service status", show_default=True, help="What stands above it.")
@click.option("--prometheus", metavar="URL", help="Where the SLOs are recorded (default: the stack on this machine).")
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with a bearer token for that Prometheus.",
)
@only_option
@click.pass_obj
def command(
    root: Path,
    services: tuple[str, ...],
    out: Path,
    days: str,
    title: str,
    prometheus: str | None,
    token_file: Path | None,
    only: dict[str, str],
) -> None:
    """Writes a page that tells users whether each SERVICE (default: every one that is recorded) is operational,
    degraded or down, and how the last days were. Nothing internal is on it, and it needs no server.
    """
    from slostack.backtest.prometheus import Prometheus
    from slostack.spec import load_services, named_service
    from slostack.status_page import as_html, status_page

    chosen = tuple(named_service(root, name) for name in dict.fromkeys(services)) or load_services(root)
    progress = Progress("services")
    url = prometheus or local_server(root, "prometheus")
    server = Prometheus(url, read_token(token_file), progress.count, only)
    with progress:
        page = status_page(chosen, server, int(days), datetime.now(UTC), progress.next)
    if not services and (silent := page.silent):
        click.echo(f"left out, as nothing is recorded of them: {', '.join(silent)}", err=True)
        page = page.without(silent)
    write_atomically(out / "index.html", as_html(page, title))
    click.echo(f"wrote {out / 'index.html'}")

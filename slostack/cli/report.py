"""slostack report: budgets, pages and noise of the last days."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from slostack.cli.backtest import end_of
from slostack.cli.local_server import local_server, only_option, read_token
from slostack.cli.progress import Progress
from slostack.errors import SlostackError
from slostack.files import shown_path, write_atomically

if TYPE_CHECKING:
    from slostack.spec import Service

LEAST = 0.5
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("report")
@click.argument("service", required=False)
@click.option("--week", is_flag=True, help="The last seven days (the default).")
@click.option("--month", is_flag=True, help="The last thirty days.")
@click.option("--team", help="The services of this team alone.")
@click.option("--until", metavar="TIME", help="The last moment, as 2026-11-03T10:15:00Z (default: now).")
@click.option("--prometheus", metavar="URL", help="Where the past is (default: the stack on this machine).")
@click.option("--token-file", type=_FILE, help="A file with a bearer token for that Prometheus.")
@only_option
@click.option("--incidents", type=_FILE, help="A YAML file of known incidents, to hold the alerts against.")
@click.option(
    "--least-spent",
    type=click.FloatRange(0, 100),
    default=LEAST,
    show_default=True,
    metavar="PERCENT",
    help="A page that spends less of a budget is noise.",
)
@click.option("--format", "form", type=click.Choice(("md", "html")), default="md", show_default=True)
@click.option("--output", type=_FILE, help="Write the report to this file.")
@click.pass_obj
def command(
    root: Path,
    service: str | None,
    week: bool,
    month: bool,
    team: str | None,
    until: str | None,
    prometheus: str | None,
    token_file: Path | None,
    only: dict[str, str],
    incidents: Path | None,
    least_spent: float,
    form: str,
    output: Path | None,
) -> None:
    """Tells of SERVICE, or of every service: what is left of its budgets and what was spent, who was paged and how
    soon, and which pages were noise.

    Pages are of Prometheus' own history of its alerts, budgets of what the rules recorded.
    """
    from slostack.backtest import Prometheus, last_days, load_incidents
    from slostack.report import as_html, as_markdown, report

    if week and month:
        raise click.UsageError("--week and --month are two times, expected one of them")
    services = _chosen(root, service, team)
    known = load_incidents(incidents, shown_path(incidents.absolute(), root)) if incidents else ()
    progress = Progress("services")
    url = prometheus or local_server(root, "prometheus")
    server = Prometheus(url, read_token(token_file), progress.count, only)
    span = last_days(30 if month else 7, end_of(until))
    with progress:
        found = report(services, server, span, least_spent / 100, known, progress.next)
    text = (as_html if form == "html" else as_markdown)(found)
    if output:
        write_atomically(output, text)
    else:
        click.echo(text, nl=False)


def _chosen(root: Path, service: str | None, team: str | None) -> tuple[Service, ...]:
    from slostack.spec import load_services, named_service

    every = (named_service(root, service),) if service else load_services(root)
    chosen = tuple(each for each in every if team in (None, each.team))
    if not chosen:
        teams = ", ".join(sorted({each.team for each in every}))
        raise SlostackError(f"no service of the team {team!r}, expected one of {teams}")
    return chosen

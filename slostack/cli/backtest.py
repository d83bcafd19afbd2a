"""slostack backtest: what an edit of SLO files would have done."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slostack.cli.local_server import local_server, only_option, read_token
from slostack.cli.progress import Progress
from slostack.errors import SlostackError
from slostack.files import shown_path

if TYPE_CHECKING:
    from slostack.backtest import Source, Span

DAYS = 30
_FORMATS = ("terminal", "md", "json")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("backtest")
@click.argument("revision", default="HEAD", metavar="[REV]")
@click.option("--slo", "slos", multiple=True, metavar="SERVICE[/SLO]", help="An SLO to replay; may be repeated.")
@click.option("--all", "every", is_flag=True, help="Replay every SLO, not only those that differ from REV.")
@click.option("--prometheus", metavar="URL", help="Where the past is (default: the stack on this machine).")
@click.option("--token-file", type=_FILE, help="A file with a bearer token for that Prometheus.")
@only_option
@click.option("--days", type=click.IntRange(1, 365), help=f"How many days to replay (default: {DAYS}).")
@click.option("--until", metavar="TIME", help="The last moment to replay, as 2026-11-03T10:15:00Z (default: now).")
@click.option("--record", type=_FILE, help="Keep what Prometheus tells in this file, to be replayed again.")
@click.option("--from", "recorded", type=_FILE, help="Replay a file of --record; no server is asked.")
@click.option("--incidents", type=_FILE, help="A YAML file of known incidents, to hold the alerts against.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="terminal", show_default=True)
@click.pass_obj
def command(
    root: Path,
    revision: str,
    slos: tuple[str, ...],
    every: bool,
    prometheus: str | None,
    token_file: Path | None,
    only: dict[str, str],
    days: int | None,
    until: str | None,
    record: Path | None,
    recorded: Path | None,
    incidents: Path | None,
    form: str,
) -> None:
    """Replays the last days through the SLOs that differ from REV (default: HEAD), as they were and as they are.

    Tells which alerts would have fired, how many pages a week that is, what of the budget is spent, and which known
    incidents were caught. Reads recorded series; what is not recorded yet is computed by Prometheus from raw series.
    """
    from slostack.backtest import as_json, as_markdown, backtest, load_incidents, show

    if recorded and (prometheus or token_file or only or days or until or record):
        raise click.UsageError(
            "--from replays a file as it is: it goes with no --prometheus, --only, --days, --until or --record"
        )
    _check_revision(root, revision)
    known = load_incidents(incidents, shown_path(incidents.absolute(), root)) if incidents else ()
    progress = Progress()
    with ExitStack() as stack:
        if recorded:
            source = stack.enter_context(_opened(recorded))
        else:
            url = prometheus or local_server(root, "prometheus", ", or --from FILE")
            source = stack.enter_context(_asked(url, token_file, only, _span(days, until), record, progress))
        stack.enter_context(progress)
        found = backtest(root, revision, source, slos=slos, every=every, incidents=known, report=progress.next)
    if form == "json":
        click.echo(as_json(found), nl=False)
    elif form == "md":
        click.echo(as_markdown(found), nl=False)
    else:
        from rich.console import Console

        show(Console(), found)


def _check_revision(root: Path, revision: str) -> None:
    """Raises SlostackError where git doesn't know it, which says how a service is named where it is one."""
    from slostack.review import git
    from slostack.spec import slo_file

    try:
        git.commit(root, revision)
    except SlostackError as error:
        if slo_file(root, revision.partition("/")[0]).is_file():
            raise SlostackError(f"{error}; a service is replayed by `slostack backtest --slo {revision}`") from None
        raise


def _opened(file: Path) -> AbstractContextManager[Source]:
    from slostack.backtest import opened

    return opened(file)


def _asked(
    url: str, token_file: Path | None, only: dict[str, str], span: Span, record: Path | None, progress: Progress
) -> AbstractContextManager[Source]:
    """A Prometheus; whatever it tells goes to the file `record`, where one is given."""
    from slostack.backtest import BELOW, Prometheus, PrometheusSource, recording

    server = Prometheus(url, read_token(token_file), progress.count, only)
    source = PrometheusSource(server, span, BELOW if record else 1.0)
    return recording(record, source) if record else nullcontext(source)


def _span(days: int | None, until: str | None) -> Span:
    from slostack.backtest import last_days

    return last_days(days or DAYS, end_of(until))


def end_of(until: str | None) -> datetime:
    """The time that --until names, or now; raises SlostackError where it is none."""
    try:
        end = datetime.fromisoformat(until) if until else datetime.now(UTC)
    except ValueError:
        raise SlostackError(f"--until {until!r}, expected a time such as 2026-11-03T10:15:00Z") from None
    return end if end.tzinfo else end.replace(tzinfo=UTC)

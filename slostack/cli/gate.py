"""slostack gate: may a service be released?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from slostack.cli.local_server import local_server, only_option, read_token
from slostack.errors import SlostackError
from slostack.gate import UnknownBudgetError, gate
from slostack.spec import named_service

FROZEN = 3
WARNED = 4


@click.command("gate")
@click.argument("service")
@click.option("--prometheus", metavar="URL", help="The one that records the SLOs (default: the stack on this machine).")
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with a bearer token for that Prometheus.",
)
@only_option
@click.option("--strict", is_flag=True, help=f"Fail where the policy warns, too, with exit {WARNED}.")
@click.option("--fix", is_flag=True, help="It mends what is wrong: what speaks against it is said, with exit 0.")
@click.pass_obj
def command(
    root: Path,
    service: str,
    prometheus: str | None,
    token_file: Path | None,
    only: dict[str, str],
    strict: bool,
    fix: bool,
) -> None:
    """Says in one line whether SERVICE may be released, by what pages of it now, what is left of its error budgets and
    the error_budget_policy in its SLO file.

    Exit 0: go, or a warning; 3: releases are frozen; 4: a warning, with --strict; 5: what is left isn't known, as
    Prometheus can't be asked or has nothing of an SLO; 2: the SLO file is wrong; 1: anything else.
    """
    judged = named_service(root, service)
    found = gate(judged, prometheus or _local_prometheus(root), read_token(token_file), only)
    if fix:
        click.echo(f"{found}; --fix lets it through" if found.answer == "freeze" else found)
        return
    click.echo(found)
    if found.answer == "freeze":
        sys.exit(FROZEN)
    if found.answer == "warn" and strict:
        sys.exit(WARNED)


def _local_prometheus(root: Path) -> str:
    try:
        return local_server(root, "prometheus")
    except SlostackError as error:
        raise UnknownBudgetError(str(error)) from None

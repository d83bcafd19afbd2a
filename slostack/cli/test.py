"""slostack test: the rule fixtures of a project."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from slostack.approximately import counted
from slostack.errors import SlostackError
from slostack.playing import play

FOLDER = "tests/rules"


@click.command("test")
@click.pass_obj
def command(root: Path) -> None:
    """Plays every promtool fixture below tests/rules/, generated and your own; exit 1 where one fails."""
    fixtures = sorted((root / FOLDER).rglob("*.yaml"))
    if not fixtures:
        raise SlostackError(f"no fixture below {FOLDER}/, expected those that `slostack render` writes")
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for fixture, result in zip(fixtures, pool.map(play, fixtures), strict=True):
            if not result.passed:
                failed += 1
                click.echo(f"{fixture.relative_to(root).as_posix()}\n{result.output.rstrip()}\n", err=True)
    click.echo(f"{counted(len(fixtures), 'rule fixture')}: {f'{failed} failed' if failed else 'passed'}")
    if failed:
        sys.exit(1)

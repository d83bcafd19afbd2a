"""slostack test: the rule fixtures of a project."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from slostack.approximately import counted
from slostack.cli.progress import Count
from slostack.errors import SlostackError
from slostack.files import shown_path
from slostack.playing import play
from slostack.project import RULE_FOLDER
from slostack.spec import SLO_FOLDER, slo_file

FOLDER = "tests/rules"


@click.command("test")
@click.argument("chosen", nargs=-1, metavar="[SERVICE|FILE]...")
@click.pass_obj
def command(root: Path, chosen: tuple[str, ...]) -> None:
    """Plays every promtool fixture below tests/rules/, generated and your own, or those of each SERVICE, FILE or
    folder alone; exit 1 where one fails. A service's are those that read its rule file. One that passed isn't played
    again while it, the rules that it depends on, and promtool are the same.
    """
    fixtures = sorted({path for name in chosen for path in _of(root, name)} if chosen else _below(root / FOLDER))
    if not fixtures:
        raise SlostackError(f"no fixture below {FOLDER}/, expected those that `slostack render` writes")
    failed = before = 0
    with Count("rule fixtures", len(fixtures)) as count, ThreadPoolExecutor(os.cpu_count()) as pool:
        for fixture, result in zip(fixtures, pool.map(play, fixtures), strict=True):
            count.one()
            before += result.before
            if not result.passed:
                failed += 1
                click.echo(f"{shown_path(fixture, root)}\n{result.output.rstrip()}\n", err=True)
    unchanged = f" ({before} passed before, unchanged since)" if before else ""
    click.echo(f"{counted(len(fixtures), 'rule fixture')}: {f'{failed} failed' if failed else 'passed'}{unchanged}")
    if failed:
        sys.exit(1)


def _below(folder: Path) -> Iterator[Path]:
    return folder.rglob("*.yaml")


def _of(root: Path, name: str) -> tuple[Path, ...]:
    """The fixtures of a service, also of its SLO file, or a fixture, or all in a folder."""
    path = Path(name).resolve()
    service = path.stem if path.parent == root / SLO_FOLDER else name
    if slo_file(root, service).is_file():
        rules = f"/{RULE_FOLDER}/{service}.yaml"
        found = [each for each in _below(root / FOLDER) if rules in each.read_text(encoding="utf-8", errors="replace")]
    else:
        found = [path] if path.is_file() else [*_below(path)]
    if not found:
        expected = f"a service of {SLO_FOLDER}/, a fixture, or a folder of them"
        raise SlostackError(f"no fixture of {name!r}, expected {expected}")
    return tuple(found)

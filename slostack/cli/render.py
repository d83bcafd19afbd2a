"""slostack render: from SLO files to the committed rules and dashboards."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from slostack.project import LOKI_RULE_FOLDER, Staleness, differences, rendered_rules, staleness, write_generated
from slostack.refused_rules import check_log_rules, check_rendered_rules
from slostack.rule_files import write_rule_files

LINES = 100
"""Of what changes, as many as --check shows."""


@click.command("render")
@click.option("--check", is_flag=True, help="Write nothing; fail with a list of the committed files that are stale.")
@click.option("--diff", "whole", is_flag=True, help=f"With --check, all that changes, not {LINES} lines of it.")
@click.option(
    "--rules-only", is_flag=True, help="Write alert_rules/ alone, without asking promtool: for thousands of SLOs."
)
@click.pass_obj
def command(root: Path, check: bool, whole: bool, rules_only: bool) -> None:
    """Writes alert_rules/, dashboards/, runbooks/generated/, tests/rules/generated/ and the JSON Schema from slos/;
    only files that change are touched.

    What promtool or lokitool refuses is a mistake of the SLO file, exit 2; nothing is written then.
    """
    if whole and not check:
        raise click.UsageError("--diff goes with --check")
    if rules_only:
        if check:
            raise click.UsageError("--check is of all generated files, expected it without --rules-only")
        say(*write_rule_files(root))
        return
    if not check:
        say(*render(root))
        return
    stale = staleness(root)
    _check(root, stale.fresh)
    if stale.write or stale.remove:
        click.echo("\n".join(_told(stale, differences(root, stale), None if whole else LINES)))
        click.echo("stale: run `slostack render` and commit what it changes", err=True)
        sys.exit(1)
    click.echo("all generated files are fresh")


def _told(stale: Staleness, changed: Mapping[str, Sequence[str]], most: int | None) -> Iterator[str]:
    """What is stale, file by file, then what changes in those that are there: at most so many lines of it."""
    yield from (f"added    {path}" for path in sorted(stale.write.keys() - changed))
    yield from (f"changed  {path}" for path in changed)
    yield from (f"deleted  {path}" for path in stale.remove)
    lines = [line for difference in changed.values() for line in difference]
    yield from lines[:most]
    if most is not None and len(lines) > most:
        yield f"and {len(lines) - most} lines more: `slostack render --check --diff` shows them all"


def render(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Writes what is stale, once promtool and lokitool take it; the paths that were written, and those removed.

    Raises SpecError, and writes nothing, where an SLO file is wrong.
    """
    stale = staleness(root)
    _check(root, stale.write)
    write_generated(root, stale)
    return tuple(sorted(stale.write)), stale.remove


def _check(root: Path, rendered: Mapping[str, str]) -> None:
    check_rendered_rules(root, rendered_rules(root, rendered))
    check_log_rules(root, rendered_rules(root, rendered, LOKI_RULE_FOLDER))


def say(wrote: Iterable[str], removed: Iterable[str]) -> None:
    """Says what was written and removed."""
    lines = [*(f"wrote {path}" for path in wrote), *(f"removed {path}" for path in removed)]
    click.echo("\n".join(lines) or "all generated files are fresh already")

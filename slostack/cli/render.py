"""slostack render: from SLO files to the committed rules and dashboards."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from slostack.project import LOKI_RULE_FOLDER, difference, rendered_rules, staleness, write_generated
from slostack.refused_rules import check_log_rules, check_rendered_rules
from slostack.rule_files import write_rule_files


@click.command("render")
@click.option("--check", is_flag=True, help="Write nothing; fail with a diff where a committed file is stale.")
@click.option(
    "--rules-only", is_flag=True, help="Write alert_rules/ alone, without asking promtool: for thousands of SLOs."
)
@click.pass_obj
def command(root: Path, check: bool, rules_only: bool) -> None:
    """Writes alert_rules/, dashboards/, runbooks/generated/, tests/rules/generated/ and the JSON Schema from slos/;
    only files that change are touched.

    What promtool or lokitool refuses is a mistake of the SLO file, exit 2; nothing is written then.
    """
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
        click.echo(difference(root, stale), nl=False)
        click.echo("stale: run `slostack render` and commit what it changes", err=True)
        sys.exit(1)
    click.echo("all generated files are fresh")


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

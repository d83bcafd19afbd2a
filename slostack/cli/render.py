"""slostack render: from SLO files to the committed rules and dashboards."""

from __future__ import annotations

import sys
from collections.abc import Iterable
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
    """Writes alert_rules/, dashboards/, the JSON Schema and tests/rules/generated/ from slos/; only files that change
    are touched.

    What promtool or lokitool refuses is a mistake of the SLO file, exit 2; nothing is written then.
    """
    if rules_only:
        if check:
            raise click.UsageError("--check is of all generated files, expected it without --rules-only")
        _say(*write_rule_files(root))
        return
    stale = staleness(root)
    rendered = stale.fresh if check else stale.write
    check_rendered_rules(root, rendered_rules(root, rendered))
    check_log_rules(root, rendered_rules(root, rendered, LOKI_RULE_FOLDER))
    if check:
        if stale.write or stale.remove:
            click.echo(difference(root, stale), nl=False)
            click.echo("stale: run `slostack render` and commit what it changes", err=True)
            sys.exit(1)
        click.echo("all generated files are fresh")
        return
    write_generated(root, stale)
    _say(sorted(stale.write), stale.remove)


def _say(wrote: Iterable[str], removed: Iterable[str]) -> None:
    lines = [*(f"wrote {path}" for path in wrote), *(f"removed {path}" for path in removed)]
    click.echo("\n".join(lines) or "all generated files are fresh already")

"""slostack render: from SLO files to the committed rules and dashboards."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from slostack.project import LOKI_RULE_FOLDER, difference, rendered_rules, staleness, write_generated
from slostack.refused_rules import check_log_rules, check_rendered_rules


@click.command("render")
@click.option("--check", is_flag=True, help="Write nothing; fail with a diff where a committed file is stale.")
@click.pass_obj
def command(root: Path, check: bool) -> None:
    """Writes alert_rules/, dashboards/ and the JSON Schema from slos/; only files that change are touched.

    What promtool or lokitool refuses is a mistake of the SLO file, exit 2; nothing is written then.
    """
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
    for path in sorted(stale.write):
        click.echo(f"wrote {path}")
    for path in stale.remove:
        click.echo(f"removed {path}")
    if not stale.write and not stale.remove:
        click.echo("all generated files are fresh already")

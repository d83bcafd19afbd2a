"""slostack validate: are the SLO files right?"""

from __future__ import annotations

from pathlib import Path

import click

from slostack.approximately import counted
from slostack.checks import check_custom_files
from slostack.doubts import doubts
from slostack.project import check_folders
from slostack.refused_rules import check_log_rules, check_rendered_rules
from slostack.retention import check_retention
from slostack.rules import render_log_rules, render_rules
from slostack.settings import load_settings, stack_names
from slostack.spec import Problem, load_services, slo_file
from slostack.stack import check_watched
from slostack.teams import check_teams, load_teams


@click.command("validate")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--prometheus",
    metavar="URL",
    help="Check latency thresholds against the buckets that this one has, and that it has what SLOs are judged by.",
)
@click.pass_obj
def command(root: Path, files: tuple[Path, ...], prometheus: str | None) -> None:
    """Checks SLO files, and by promtool and lokitool the rules rendered from them; names every mistake, exit 2 where
    there is one. No window may be longer than any stack in stacks/ keeps its data.

    Without FILES: all of slos/, and the hand-written rules and dashboards in the custom/ folders.
    """
    given = {file.stem: file.resolve() for file in files}
    services = load_services(root, [file.resolve() for file in files] or None)
    paths = {service.service: given.get(service.service) or slo_file(root, service.service) for service in services}
    by_path = {paths[service.service]: service for service in services}
    stacks = [load_settings(root, stack) for stack in stack_names(root)]
    check_retention(root, by_path, stacks)
    if not files:
        for settings in stacks:
            check_watched(services, settings)
    check_teams(load_teams(root), by_path, root)
    check_rendered_rules(root, {paths[service.service]: render_rules(service) for service in services})
    check_log_rules(root, {paths[s.service]: rules for s in services if (rules := render_log_rules(s))})
    notes: tuple[Problem, ...] = () if files else doubts(root, by_path)
    if prometheus:
        from slostack.buckets import check_buckets
        from slostack.unseen import unseen

        notes += check_buckets(root, by_path, prometheus)
        notes += unseen(root, by_path, prometheus)
    slos = sum(len(service.slos) for service in services)
    alerts = sum(len(service.alerts) for service in services)
    custom = 0
    if not files:
        check_folders(root)
        custom = check_custom_files(root, services)
    for note in notes:
        click.echo(f"note: {note}")
    counts = (counted(len(services), "service"), counted(slos, "SLO"), counted(alerts, "threshold alert"))
    click.echo(f"{', '.join(counts)}: valid")
    if custom:
        click.echo(f"{counted(custom, 'hand-written file')}: valid")

"""slostack export: the rules for other tools."""

from __future__ import annotations

import re
from pathlib import Path

import click

from slostack.checks import check_custom_files
from slostack.errors import SlostackError
from slostack.exports import Metadata, project_objects
from slostack.exports.prometheusrule import HEADER
from slostack.files import shown_path, write_atomically
from slostack.project import LOKI_RULE_FOLDER
from slostack.refused_rules import check_rendered_rules
from slostack.rules import log_groups, render_rules
from slostack.settings import STACK_FOLDER, load_settings
from slostack.spec import load_services, slo_file

_NAMESPACE = re.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LABEL_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile("([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")


@click.command("export")
@click.option(
    "--format",
    "_format",
    type=click.Choice(["prometheusrule"]),
    required=True,
    help="prometheusrule: objects for the Prometheus operator.",
)
@click.option("--stack", required=True, help=f"The environment in {STACK_FOLDER}/ whose URLs alerts link to.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write a file per object to; without it they are printed.",
)
@click.option("--namespace", help="The objects' namespace; without it that of `kubectl apply`.")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="A label of the objects; may be repeated.")
@click.pass_obj
def command(
    root: Path, _format: str, stack: str, out: Path | None, namespace: str | None, labels: tuple[str, ...]
) -> None:
    """Writes the rules of all services, and a team's own, as objects of another tool."""
    objects = _objects(root, stack, _metadata(namespace, labels))
    if out is None:
        click.echo("---\n".join(objects.values()), nl=False)
        return
    for name, text in objects.items():
        write_atomically(out / f"{name}.yaml", text)
        click.echo(f"wrote {shown_path(out.absolute() / f'{name}.yaml', root)}")
    for path in _gone(out, {f"{name}.yaml" for name in objects}):
        path.unlink()
        click.echo(f"removed {shown_path(path.absolute(), root)}: nothing of its name is left")


def _objects(root: Path, stack: str, metadata: Metadata) -> dict[str, str]:
    settings = load_settings(root, stack)
    services = load_services(root)
    check_custom_files(root, services)
    check_rendered_rules(root, {slo_file(root, service.service): render_rules(service) for service in services})
    for service in services:
        if log_groups(service):
            file = f"{LOKI_RULE_FOLDER}/{service.service}.yaml"
            click.echo(f"{service.service}: judged by logs too; Loki's ruler needs {file}", err=True)
    return project_objects(root, services, settings, metadata)


def _metadata(namespace: str | None, labels: tuple[str, ...]) -> Metadata:
    if namespace is not None and not _NAMESPACE.fullmatch(namespace):
        raise SlostackError(f"--namespace {namespace!r}, expected a Kubernetes namespace such as monitoring")
    parsed: dict[str, str] = {}
    for label in labels:
        key, separator, value = label.partition("=")
        if not separator or not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise SlostackError(f"--label {label!r}, expected a Kubernetes label such as prometheus=k8s")
        parsed[key] = value
    return Metadata(namespace, parsed)


def _gone(folder: Path, names: set[str]) -> list[Path]:
    """Files of earlier exports in a folder that this one has no object for."""
    return [
        path
        for path in sorted(folder.glob("*.yaml"))
        if path.name not in names and path.read_bytes().startswith(HEADER.encode())
    ]

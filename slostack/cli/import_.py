"""slostack import: SLOs that were written for other tools."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from slostack.approximately import counted
from slostack.errors import SlostackError
from slostack.files import shown_path, write_atomically
from slostack.imports import Import, Note, import_files
from slostack.retention import check_retention
from slostack.settings import load_settings, stack_names
from slostack.shipped import INCIDENT_TEMPLATES, shipped_texts
from slostack.spec import RUNBOOK_FOLDER, SLO_FOLDER, Service, parse_service
from slostack.spec.source import parse_yaml, read_text
from slostack.teams import TEAMS_FILE, check_teams, load_teams, with_stubs


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help=f"The folder of the SLO files (default: the project's {SLO_FOLDER}/); runbooks go beside it.",
)
@click.pass_obj
def command(root: Path, files: tuple[Path, ...], out: Path | None) -> None:
    """Writes SLO files from FILES of OpenSLO v1, sloth or pyrra, and lists what they could not take over."""
    folder = out.resolve() if out else root / SLO_FOLDER
    imported = import_files([(file, _shown(file, root)) for file in dict.fromkeys(files)])
    services = {folder / f"{name}.yaml": parse_service(text, name) for name, text in imported.slo_files.items()}
    is_of_project = out is None or folder == (root / SLO_FOLDER).resolve()
    teams = _with_owners(root, services) if is_of_project else None
    for path in _write(imported, folder, root, teams):
        click.echo(path)
    refused = _refused(root, services)
    _list("Not carried over:", imported.left)
    _list("Filled in or changed:", [*imported.assumed, *(teams.added if teams else ())])
    _list("Refused by `slostack validate` until you change it:", refused)
    first = "change what is refused, " if refused else ""
    click.echo(
        f"Next: {first}edit what says so, name what Prometheus scrapes, then `slostack validate` and `slostack render`."
    )


def _shown(file: Path, root: Path) -> str:
    """A file's path in the project, else as it was given."""
    absolute = file.absolute()
    return shown_path(absolute if absolute.is_relative_to(root) else file, root)


@dataclass(frozen=True)
class _TeamsFile:
    """The project's teams file with teams added, and what is said of those."""

    path: Path
    text: str
    added: tuple[Note, ...]


def _with_owners(root: Path, services: Mapping[Path, Service]) -> _TeamsFile | None:
    """The project's teams file with a stub for each owner of a service that it lacks; None where nothing is to be
    written: it isn't there, lacks none, or has no place for any. Raises SpecError where it is wrong."""
    teams = load_teams(root)
    missing = sorted({service.team for service in services.values()} - {*teams})
    if not teams or not missing:
        return None
    path = (root / TEAMS_FILE).resolve()
    text = with_stubs(read_text(path, TEAMS_FILE), missing)
    if text is None:
        return None
    lines = {name: parse_yaml(text, TEAMS_FILE).keys["teams", name][0] for name in missing}
    why = "a team that was missing, with an address to edit"
    return _TeamsFile(path, text, tuple(Note(TEAMS_FILE, line, f"teams.{name}", why) for name, line in lines.items()))


def _refused(root: Path, services: Mapping[Path, Service]) -> list[str]:
    """What `slostack validate` finds wrong with SLO files, right by themselves, in the project as it is."""
    checks: tuple[Callable[[], None], ...] = (
        lambda: check_retention(root, services, [load_settings(root, stack) for stack in stack_names(root)]),
        lambda: check_teams(load_teams(root), services, root),
    )
    refused: list[str] = []
    for check in checks:
        try:
            check()
        except SlostackError as error:
            refused += str(error).splitlines()
    return refused


def _write(imported: Import, folder: Path, root: Path, teams: _TeamsFile | None) -> list[str]:
    """Writes everything or nothing; gives a line for each file."""
    slo_files = {folder / f"{service}.yaml": text for service, text in imported.slo_files.items()}
    if there := [shown_path(path, root) for path in slo_files if path.exists()]:
        raise SlostackError(
            f"{', '.join(there)}: there already, expected a new file; nothing was written. "
            "Import into another folder with --out and merge by hand, or remove it first"
        )
    runbooks = {folder.parent / RUNBOOK_FOLDER / path: text for path, text in imported.runbooks.items()}
    kept = [path for path in runbooks if path.exists()]
    led_to = {folder.parent / path: text for path, text in shipped_texts(INCIDENT_TEMPLATES).items()}
    missing = {path: text for path, text in led_to.items() if not path.exists()}
    written: list[Path] = []
    try:
        for path, text in {**missing, **runbooks, **slo_files}.items():
            if path not in kept:
                write_atomically(path, text)
                written.append(path)
        if teams:
            write_atomically(teams.path, teams.text, stat.S_IMODE(teams.path.stat().st_mode))
    except SlostackError:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    counts = {folder / f"{service}.yaml": count for service, count in imported.counts.items()}
    lines = [f"kept {shown_path(path, root)}" for path in kept]
    for path in written[len(missing) :]:
        count = f" ({counted(counts[path], 'SLO')})" if path in counts else ""
        lines.append(f"wrote {shown_path(path, root)}{count}")
    if teams:
        lines.append(f"changed {TEAMS_FILE}")
    if missing:
        lines.append(f"wrote {shown_path(folder.parent / INCIDENT_TEMPLATES, root)}/, to which runbooks lead")
    return lines


def _list(heading: str, notes: Sequence[Note | str]) -> None:
    if notes:
        click.echo(heading)
    for note in notes:
        click.echo(f"  {note}")

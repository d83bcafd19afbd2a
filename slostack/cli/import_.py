"""slostack import: SLOs that were written for other tools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from slostack.errors import SlostackError
from slostack.files import shown_path, write_atomically
from slostack.imports import Import, Note, import_files
from slostack.shipped import INCIDENT_TEMPLATES, shipped_texts
from slostack.spec import RUNBOOK_FOLDER, SLO_FOLDER


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
    for path in _write(imported, folder, root):
        click.echo(path)
    _list("Not carried over:", imported.left)
    _list("Filled in or changed:", imported.assumed)
    click.echo("Next: edit what says so, name what Prometheus scrapes, then `slostack validate` and `slostack render`.")


def _shown(file: Path, root: Path) -> str:
    """A file's path in the project, else as it was given."""
    absolute = file.absolute()
    return shown_path(absolute if absolute.is_relative_to(root) else file, root)


def _write(imported: Import, folder: Path, root: Path) -> list[str]:
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
    except SlostackError:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    counts = {folder / f"{service}.yaml": count for service, count in imported.counts.items()}
    lines = [f"kept {shown_path(path, root)}" for path in kept]
    for path in written[len(missing) :]:
        count = f" ({counts[path]} SLO{'s' if counts[path] > 1 else ''})" if path in counts else ""
        lines.append(f"wrote {shown_path(path, root)}{count}")
    if missing:
        lines.append(f"wrote {shown_path(folder.parent / INCIDENT_TEMPLATES, root)}/, to which runbooks lead")
    return lines


def _list(heading: str, notes: Sequence[Note]) -> None:
    if notes:
        click.echo(heading)
    for note in notes:
        click.echo(f"  {note}")

"""A new project: a folder of its own that uses the installed package."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from slostack.errors import SlostackError
from slostack.files import TEMPORARY, write_atomically
from slostack.project import staleness, write_generated
from slostack.shipped import INCIDENT_TEMPLATES, SHARED_RUNBOOKS, shipped, shipped_texts
from slostack.spec.template import starting_files

CI = {
    "github": ("examples/ci/github-actions.yml", ".github/workflows/slostack.yml"),
    "gitlab": ("examples/ci/gitlab-ci.yml", ".gitlab-ci.yml"),
}
"""By the name of a host of repositories: the pipeline for it, and where it looks for one."""
_ENVIRONMENT = Environment(
    loader=PackageLoader("slostack", "templates/project"),
    autoescape=False,
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)
_EMPTY_BESIDE = (".git",)


def make_project(folder: Path, service: str, ci: str | None) -> tuple[str, ...]:
    """Makes a project with the first SLO file of a service, all rendered; `ci` is a key of CI. Its files' paths.

    Raises SlostackError, and writes nothing, where the folder has anything but a .git in it.
    """
    _check_empty(folder)
    files = dict(_files(service, ci))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".", suffix=TEMPORARY) as scratch:
            made = Path(scratch)
            for path, text in files.items():
                write_atomically(made / path, text, lasting=False)
            write_generated(made, staleness(made))
            paths = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
            for child in sorted(made.iterdir()):
                child.rename(folder / child.name)
    except OSError as error:
        raise SlostackError(f"can't make {folder} ({error.strerror}), expected a place that can be written") from None
    return tuple(paths)


def _check_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise SlostackError(f"{folder} is a file, expected a new folder")
    others = sorted(path.name for path in folder.iterdir() if path.name not in _EMPTY_BESIDE) if folder.exists() else []
    if others:
        raise SlostackError(f"{folder} has {others[0]!r} in it already, expected a new or an empty folder")


def _files(service: str, ci: str | None) -> Iterator[tuple[str, str]]:
    yield from starting_files(service, service).items()
    for name in ("Pulumi.yaml", "__main__.py"):
        yield name, shipped(name).read_text(encoding="utf-8")
    for folder in ("runbooks/slostack", SHARED_RUNBOOKS, INCIDENT_TEMPLATES):
        yield from shipped_texts(folder).items()
    if ci:
        source, target = CI[ci]
        yield target, shipped(source).read_text(encoding="utf-8")
    for name in _ENVIRONMENT.list_templates():
        text = _ENVIRONMENT.get_template(name).render(service=service, version=version("slostack"))
        yield name.removesuffix(".j2").replace("dot-", "."), text

"""Servers that are installed already: on PATH, or in the folder that a variable such as GRAFANA_HOME names."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from slostack.servers.server import Server, WayFailed, architecture, operating_system
from slostack.servers.versions import Home, ServerVersion

_VERSION = re.compile(r"\b(?:version:?|Exporter)\s+v?(\d+\.\d+(?:\.\d+)?)", re.IGNORECASE)
_ANSWER_SECONDS = 20


def find_on_path(pin: ServerVersion) -> Server:
    """The installed server, if all its executables are of an accepted version. Raises WayFailed."""
    home = _chosen_home(pin.home) if pin.home else None
    if pin.home and home is None:
        home = _home_beside(_executable(pin, pin.binaries[0], None), pin.name, pin.home)
    binaries = {binary: _executable(pin, binary, home) for binary in pin.binaries}
    found = [_accepted_version(pin, path) for path in binaries.values()]
    return Server(name=pin.name, version=found[0], binaries=binaries, origin="path", home=home)


def _executable(pin: ServerVersion, binary: str, home: Path | None) -> Path:
    names = (binary, *pin.other_names.get(binary, ()))
    folders = [home / "bin", home / "bin" / f"{operating_system()}-{architecture()}"] if home else []
    for name in names:
        for folder in folders:
            if path := shutil.which(name, path=str(folder)):
                return Path(path)
    for name in names:
        if path := shutil.which(name):
            return Path(path).absolute()
    where = f"neither in {home} nor on PATH" if home else "not on PATH"
    raise WayFailed(where if binary == pin.name else f"{binary} is {where}")


def _accepted_version(pin: ServerVersion, executable: Path) -> str:
    version = installed_version(executable)
    if version is None:
        raise WayFailed(f"{executable} does not tell its version")
    if not pin.accepts.contains(version, prereleases=True):
        raise WayFailed(f"{executable} is {version}, accepted is {pin.accepts}")
    return version


def installed_version(executable: Path) -> str | None:
    """The version an executable says it has, or None if it says none."""
    for question in ("--version", "-v", "version"):
        try:
            answer = subprocess.run(
                [executable, question],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_ANSWER_SECONDS,
                text=True,
                errors="replace",
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if match := _VERSION.search(answer.stdout):
            return match[1]
    return None


def _chosen_home(home: Home) -> Path | None:
    chosen = os.environ.get(home.variable)
    if not chosen:
        return None
    folder = Path(chosen).absolute()
    if missing := [part for part in home.contains if not (folder / part).exists()]:
        raise WayFailed(f"{home.variable}={chosen} has no {' and no '.join(missing)}")
    return folder


def _home_beside(executable: Path, name: str, home: Home) -> Path:
    for folder in _usual_homes(executable, name):
        if all((folder / part).exists() for part in home.contains):
            return folder
    raise WayFailed(
        f"{executable} is there, but no folder with {' and '.join(home.contains)} beside it; "
        f"{home.variable} can name it"
    )


def _usual_homes(executable: Path, name: str) -> Iterator[Path]:
    for path in (executable.resolve(), executable):
        folders = list(path.parents)[1:3]
        yield from folders
        yield from (folder / "share" / name for folder in folders)
    yield Path("/usr/share") / name

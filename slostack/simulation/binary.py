"""The simulator: a Go program of this project, built once from tools/simulate into the cache."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from slostack.errors import SlostackError
from slostack.servers.cache import cache_root, only_writer, whole_or_nothing
from slostack.servers.go import find_go, go_environment
from slostack.servers.progress import progress
from slostack.servers.server import Report, WayFailed
from slostack.servers.versions import pinned
from slostack.servers.ways import TOOLS

SOURCE = TOOLS / "simulate"
BUILD_TIME = "about 2 min on 2 cores"


def obtain_simulator(report: Report) -> Path:
    """The simulator's executable, from the cache or built with Go (from PATH or PyPI). Raises SlostackError."""
    folder = cache_root() / "simulate" / _digest(SOURCE)
    executable = folder / "simulate"
    if executable.is_file():
        return executable
    try:
        with only_writer(folder.parent, "the simulator", report):
            if not executable.is_file():
                report(f"the simulator: not in the cache; building it from {SOURCE}, {BUILD_TIME}")
                with whole_or_nothing(folder) as partial:
                    _build(partial / executable.name, report)
    except (OSError, WayFailed) as error:
        raise SlostackError(f"the simulator can't be built: {error}") from error
    return executable


def _digest(source: Path) -> str:
    """Changes with any source file, so that no stale executable is ever run."""
    digest = hashlib.sha256()
    for file in sorted(source.iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _build(executable: Path, report: Report) -> None:
    if not (SOURCE / "go.mod").is_file():
        raise WayFailed(f"{SOURCE / 'go.mod'} is missing; run from a checkout of the project")
    go = find_go(SOURCE / "go.mod", pinned().go, report)
    with progress(report, lambda: "the simulator: building"):
        build = subprocess.run(
            [go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", executable, "."],
            cwd=SOURCE,
            env=go_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if build.returncode:
        raise WayFailed(f"go build failed: {'; '.join(build.stderr.strip().splitlines()[-3:])}")

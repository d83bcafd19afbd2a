"""A server built from its published Go module, whose content the committed go.sum checks."""

import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from slostack.servers.go import find_go, go_environment
from slostack.servers.progress import progress
from slostack.servers.server import Report, WayFailed
from slostack.servers.versions import GoWheel, Module, ServerVersion


def build_module(pin: ServerVersion, tools: Path, wheel: GoWheel, folder: Path, report: Report) -> None:
    """Fill `folder` with the server's executables, built in tools/<server>. Raises WayFailed."""
    if pin.module is None:
        raise WayFailed(f"{pin.name} has no Go module")
    source = tools / pin.name
    if not (source / "go.mod").is_file():
        raise WayFailed(f"{source / 'go.mod'} is missing; run from a checkout of the project")
    go = find_go(source / "go.mod", wheel, report)
    output = _BuildOutput()
    with (
        subprocess.Popen(
            _command(go, pin, pin.module, folder),
            cwd=source,
            env=go_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as build,
        progress(report, lambda: f"{pin}: {output}"),
    ):
        assert build.stderr is not None
        try:
            output.read(build.stderr)
            failed = build.wait() != 0
        except BaseException:
            build.send_signal(signal.SIGINT)  # so that go removes its work folder
            raise
    if failed:
        raise WayFailed(f"go build failed: {'; '.join(output.errors[:3]) or f'exit {build.returncode}'}")
    if missing := [name for name in pin.binaries if not (folder / name).is_file()]:
        raise WayFailed(f"go build gave no {' and no '.join(missing)}")


def _command(go: Path, pin: ServerVersion, module: Module, folder: Path) -> list[str]:
    return [
        *(str(go), "build", "-v", "-trimpath", "-buildvcs=false"),
        *("-tags", ",".join(module.tags)),
        *("-ldflags", f"-s -w -X {module.version_variable}={pin.version}"),
        *("-o", f"{folder}/"),
        *module.packages,
    ]


@dataclass
class _BuildOutput:
    """What `go build -v` has said so far: modules it fetches, packages it compiles, errors."""

    fetched: int = 0
    compiled: int = 0
    errors: list[str] = field(default_factory=list)

    def read(self, lines: IO[str]) -> None:
        for line in lines:
            if line.startswith("go: downloading "):
                self.fetched += 1
            elif " " not in line.strip():
                self.compiled += 1
            else:
                self.errors.append(line.strip())

    def __str__(self) -> str:
        return f"{self.fetched} modules fetched, {self.compiled} packages compiled"

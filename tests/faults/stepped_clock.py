"""The pinned Prometheus with a wall clock that a test can step.

Its only difference: Go's `time.Now` adds what a file says. A library that is loaded before (faketime) can't do that, as
Go asks the kernel by itself, and a time namespace moves other clocks than that of the day.
"""

from __future__ import annotations

import json
import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from slostack.servers import versions
from slostack.servers.cache import cache_root, only_writer, whole_or_nothing
from slostack.servers.go import find_go, go_environment
from slostack.servers.server import WayFailed
from slostack.servers.versions import pinned
from slostack.servers.ways import TOOLS
from tests.requirements import need

VARIABLE = "CLOCK_STEP_FILE"
_NOW = re.compile(r"(?<=\nfunc Now\(\) Time \{\n)\tsec, nsec, mono := \w+\(\)\n")
_STEP = f"""package time

import (
	"syscall"
	"unsafe"
)

var stepped = func() *int64 {{
	path, ok := syscall.Getenv("{VARIABLE}")
	if !ok {{
		return new(int64)
	}}
	file, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {{
		panic("{VARIABLE}: " + err.Error())
	}}
	bytes, err := syscall.Mmap(file, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {{
		panic("{VARIABLE}: " + err.Error())
	}}
	return (*int64)(unsafe.Pointer(&bytes[0]))
}}()
"""


@dataclass(frozen=True)
class Clock:
    """By how many seconds the clock of the processes that are given `file` is ahead."""

    file: Path

    def set(self, seconds: int) -> None:
        """Steps to there, at once."""
        self.file.touch()
        with self.file.open("r+b") as file:
            file.write(struct.pack("=q", seconds))


def prometheus_with_clock() -> Path:
    """Its executable, from the cache or built, for some minutes; skips the test where it can't be."""
    pin = versions()["prometheus"]
    assert pin.module
    folder = cache_root() / "stepped-clock" / pin.version
    with only_writer(folder.parent, "a Prometheus with a clock", print):
        if not (folder / "prometheus").is_file():
            go = _go()
            with whole_or_nothing(folder) as partial:
                command: list[str | Path] = [
                    *(go, "build", "-trimpath", "-buildvcs=false", f"-overlay={_overlay(go, partial)}"),
                    *("-tags", ",".join(pin.module.tags), "-ldflags=-s -w", "-o", partial / "prometheus"),
                    pin.module.packages[0],
                ]
                built = subprocess.run(
                    command, cwd=TOOLS / "prometheus", env=go_environment(), capture_output=True, text=True, check=False
                )
                if built.returncode:
                    need("stepped-clock", f"needs a Prometheus whose clock can be stepped; go build: {built.stderr}")
    return folder / "prometheus"


def _go() -> Path:
    try:
        return find_go(TOOLS / "prometheus" / "go.mod", pinned().go, print)
    except WayFailed as failure:
        need("stepped-clock", f"needs Go, to build a Prometheus whose clock can be stepped: {failure}")


def _overlay(go: Path, folder: Path) -> Path:
    """The file by which `go build` takes other sources in place of Go's own."""
    asked = subprocess.run([go, "env", "GOROOT"], env=go_environment(), capture_output=True, text=True, check=True)
    source = Path(asked.stdout.strip())
    original = (source / "src/time/time.go").read_text(encoding="utf-8")
    own, found = _NOW.subn(r"\g<0>\tsec += *stepped\n", original)
    if not found:
        need("stepped-clock", f"needs Go whose time.Now begins as that of 1.26 and 1.27, which {source} does not")
    (folder / "time.go").write_text(own, encoding="utf-8")
    (folder / "step.go").write_text(_STEP, encoding="utf-8")
    replaced = {f"{source}/src/time/{name}": str(folder / name) for name in ("time.go", "step.go")}
    overlay = folder / "overlay.json"
    overlay.write_text(json.dumps({"Replace": replaced}), encoding="utf-8")
    return overlay

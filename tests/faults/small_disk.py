"""A disk that is full when a test says so: a small file system of the stack's processes alone."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.local.project import COMMAND, SOURCE, Project
from tests.requirements import need

_OWN_MOUNTS = ("unshare", "--mount", "--map-root-user")


def need_own_mounts() -> None:
    """Skips the test where this user may not mount in a namespace of its own."""
    why = "needs unshare --mount --map-root-user and a tmpfs in it, which this system doesn't permit"
    if not shutil.which("unshare"):
        need("unshare", why)
    tried = subprocess.run([*_OWN_MOUNTS, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    if tried.returncode:
        need("unshare", why)


def up_on_small_disk(project: Project, megabytes: int) -> None:
    """`slostack up` with all data on a file system of that size, which goes with the last of the processes."""
    data = project.folder.path / "data"
    data.mkdir(parents=True)
    script = f'mount -t tmpfs -o size={megabytes}m tmpfs "$0" && exec "$@"'
    command = [*_OWN_MOUNTS, "sh", "-c", script, str(data), *COMMAND, "--root", str(project.root), "up"]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def disk(project: Project) -> Path:
    """The data folder as the stack's processes see it."""
    return Path(f"/proc/{project.pids()['prometheus']}/root{project.folder.path}/data")


def fill(folder: Path) -> Path:
    """A new file that takes all the room there is."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return filler

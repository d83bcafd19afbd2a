"""The project's cache of servers: whole folders or nothing, one writer at a time."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slostack.servers.server import Report, Server
from slostack.servers.versions import ServerVersion

_PARTIAL = ".partial-"


def cache_root() -> Path:
    """SLOSTACK_CACHE, or slostack/ in the user's cache folder."""
    if chosen := os.environ.get("SLOSTACK_CACHE"):
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "slostack"


def server_folder(pin: ServerVersion) -> Path:
    """Where the pinned version of a server is cached."""
    return cache_root() / "servers" / pin.name / pin.version


def find_in_cache(pin: ServerVersion) -> Server | None:
    """The pinned server, if the cache has all its executables and its home."""
    folder = server_folder(pin)
    binaries: dict[str, Path] = {}
    for binary in pin.binaries:
        for place in (folder / binary, folder / "bin" / binary):
            if place.is_file() and os.access(place, os.X_OK):
                binaries[binary] = place
    if len(binaries) < len(pin.binaries):
        return None
    if pin.home and not all((folder / part).exists() for part in pin.home.contains):
        return None
    return Server(
        name=pin.name,
        version=pin.version,
        binaries=binaries,
        origin="cache",
        home=folder if pin.home else None,
    )


@contextmanager
def only_writer(folder: Path, what: str, report: Report) -> Iterator[None]:
    """Hold the folder's lock, telling when another process has it; sweep what interrupted ones left."""
    from filelock import FileLock, Timeout  # most runs find what is there already

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=2)
    except Timeout:
        report(f"{what}: waiting for another process that is getting it")
        lock.acquire()
    try:
        for left_over in folder.glob(f"{_PARTIAL}*"):
            shutil.rmtree(left_over)
        yield
    finally:
        lock.release()


@contextmanager
def whole_or_nothing(folder: Path) -> Iterator[Path]:
    """A temporary folder that becomes `folder` when the block ends well, and vanishes otherwise."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=folder.parent))
    try:
        partial.chmod(0o755)
        yield partial
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)

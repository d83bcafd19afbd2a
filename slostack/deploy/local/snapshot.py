"""Snapshots of what the servers on this machine keep: taken while they run, and put back while they don't."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from slostack.deploy.local.deployed import read_deployed
from slostack.deploy.local.processes import own_processes
from slostack.deploy.local.readiness import wait_for
from slostack.deploy.local.state_folder import StateFolder
from slostack.errors import SlostackError
from slostack.files import write_atomically

_DESCRIPTION = "snapshot.json"
_PARTIAL = ".partial-"
_NEVER_EDITED = re.compile(r"prometheus/[0-9A-Z]{26}/(index|chunks/\d+)")
"""A block's files are written once: a second name for them is a copy that takes no time and no room."""
_TOLD_BY_THE_LOG = "prometheus/chunks_head"
"""Prometheus makes these again from its write-ahead log."""
_STOPPED_WITHIN = 5.0


@dataclass(frozen=True)
class Snapshot:
    """A folder with a snapshot; `versions` are those of the servers that ran when it was taken, by name."""

    folder: Path
    taken: datetime
    environment: str | None
    versions: Mapping[str, str]

    @property
    def servers(self) -> tuple[str, ...]:
        """Whose data it has."""
        return tuple(sorted(path.name for path in (self.folder / "data").iterdir()))


def default_folder(root: Path) -> Path:
    """Where a project's snapshots are, unless it is said otherwise."""
    return root / ".slostack" / "snapshots"


def snapshots(folder: Path) -> tuple[Snapshot, ...]:
    """The snapshots in a folder, the oldest first."""
    found = (read_snapshot(file.parent) for file in folder.glob(f"*/{_DESCRIPTION}"))
    return tuple(sorted(found, key=lambda each: each.taken))


def read_snapshot(folder: Path) -> Snapshot:
    """The snapshot in a folder; raises SlostackError where there is none."""
    try:
        said = json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))
        return Snapshot(folder, datetime.fromisoformat(said["taken"]), said["environment"], dict(said["versions"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SlostackError(f"{folder} is no snapshot ({error}), expected a folder of `slostack snapshot`") from None


def take_snapshot(root: Path, into: Path) -> Snapshot:
    """Copies the data of every server into a new folder below `into`, all of one moment: the processes are stopped for
    as long as it takes, and go on. It is what a crash at that moment would have left, which every server recovers from.

    The folder is there as a whole or not at all. Raises SlostackError where there is no data, or no room.
    """
    folder = StateFolder.of(root)
    with folder.one_at_a_time():
        if not any((folder.path / "data").iterdir()):
            raise SlostackError(f"{folder.path / 'data'} is empty, expected data of a stack that was up once")
        with _new_snapshot(folder, into) as partial, _frozen(folder):
            shutil.copytree(
                folder.path / "data",
                partial / "data",
                ignore=lambda path, names: {
                    name for name in names if str(Path(path, name)) == str(folder.path / "data" / _TOLD_BY_THE_LOG)
                },
                copy_function=lambda source, target: _copy(folder.path / "data", source, target),
            )
        return snapshots(into)[-1]


def restore_snapshot(root: Path, snapshot: Snapshot, servers: Collection[str]) -> Snapshot | None:
    """Puts the data of these servers back; what they had is moved away, into a snapshot that it returns.

    Each server's data is there as a whole or not at all; run again, it begins anew. Raises SlostackError, and changes
    nothing, while the stack runs or where the snapshot lacks one of them.
    """
    folder = StateFolder.of(root)
    if unknown := sorted(set(servers) - set(snapshot.servers)):
        raise SlostackError(
            f"{snapshot.folder} has nothing of {', '.join(unknown)}, expected some of {', '.join(snapshot.servers)}"
        )
    with folder.one_at_a_time():
        if own_processes(folder):
            raise SlostackError("the stack runs, expected it down: `slostack down`, then try again")
        data = folder.path / "data"
        replaced = [server for server in servers if (data / server).exists()]
        try:
            with tempfile.TemporaryDirectory(prefix=_PARTIAL, dir=folder.run) as scratch:
                for server in servers:
                    shutil.copytree(snapshot.folder / "data" / server, Path(scratch, server))
                if replaced:
                    with _new_snapshot(folder, default_folder(root)) as partial:
                        (partial / "data").mkdir()
                        for server in replaced:
                            (data / server).rename(partial / "data" / server)
                for server in servers:
                    Path(scratch, server).rename(data / server)
        except (OSError, shutil.Error) as error:
            raise SlostackError(f"can't restore into {data} ({error}), expected room for it; try again") from None
        return snapshots(default_folder(root))[-1] if replaced else None


def forget_older(folder: Path, keep: int) -> tuple[Snapshot, ...]:
    """Deletes all but the newest snapshots in a folder; returns those that are gone."""
    gone = snapshots(folder)[:-keep]
    for snapshot in gone:
        (snapshot.folder / _DESCRIPTION).unlink()  # what is left of it is no snapshot any more
        shutil.rmtree(snapshot.folder, ignore_errors=True)
    return gone


@contextmanager
def _new_snapshot(folder: StateFolder, into: Path) -> Iterator[Path]:
    """A folder that becomes a snapshot when the block ends well, and vanishes otherwise."""
    taken, deployed = datetime.now(UTC), read_deployed(folder)
    partial = into / f"{_PARTIAL}{os.getpid()}"
    try:
        into.mkdir(parents=True, exist_ok=True)
        partial.mkdir(mode=0o700)
        yield partial
        said = Snapshot(
            partial,
            taken,
            deployed.environment if deployed else None,
            {program.name: program.version for program in deployed.programs if program.version} if deployed else {},
        )
        text = json.dumps({**asdict(said), "folder": None, "taken": taken.isoformat()}, indent=2)
        write_atomically(partial / _DESCRIPTION, text + "\n")
        partial.rename(into / f"{taken:%Y-%m-%dT%H-%M-%S.%fZ}")
    except (OSError, shutil.Error) as error:
        raise SlostackError(f"can't write a snapshot into {into} ({_first(error)}), expected room for it") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _first(error: OSError) -> str:
    """Of copies that failed, why the first did."""
    failed = error.args[0] if isinstance(error, shutil.Error) else None
    return str(failed[0][2]) if failed else error.strerror or str(error)


@contextmanager
def _frozen(folder: StateFolder) -> Iterator[None]:
    """Stops every process of the stack until the block ends."""
    processes = own_processes(folder)
    try:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        wait_for(lambda: all(map(_is_stopped, processes)), _STOPPED_WITHIN, lambda: None)
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def _is_stopped(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
    return True


def _copy(data: Path, source: str, target: str) -> None:
    if _NEVER_EDITED.fullmatch(Path(source).relative_to(data).as_posix()):
        with suppress(OSError):  # another file system, or one without links
            os.link(source, target)
            return
    shutil.copy2(source, target)

"""Snapshots of what the servers on this machine keep: taken while they run, and put back while they don't."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from slostack.deploy.local.copying import FolderCopy
from slostack.deploy.local.deployed import read_deployed
from slostack.deploy.local.freezing import ended_in_order, frozen
from slostack.deploy.local.processes import own_processes
from slostack.deploy.local.state_folder import StateFolder
from slostack.errors import SlostackError
from slostack.files import write_atomically

_DESCRIPTION = "snapshot.json"
_PARTIAL = ".partial-"
_NEVER_EDITED = re.compile(r"prometheus/[0-9A-Z]{26}/(index|chunks/\d+)")
"""A block's files are written once: a second name for them is a copy that takes no time and no room."""
_TOLD_BY_THE_LOG = re.compile("prometheus/chunks_head")
"""Prometheus makes these again from its write-ahead log."""


@dataclass(frozen=True)
class Snapshot:
    """A folder with a snapshot; `versions` are those of the servers that ran when it was taken, by name; `replaced` is
    one of what a restore moved away."""

    folder: Path
    taken: datetime
    environment: str | None
    versions: Mapping[str, str]
    replaced: bool = False

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
        taken, replaced = datetime.fromisoformat(said["taken"]), bool(said.get("replaced"))
        return Snapshot(folder, taken, said["environment"], dict(said["versions"]), replaced)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SlostackError(f"{folder} is no snapshot ({error}), expected a folder of `slostack snapshot`") from None


def take_snapshot(root: Path, into: Path) -> Snapshot:
    """Copies the data of every server into a new folder below `into`, all of one moment: most of it while they write,
    and what they wrote meanwhile while their processes are stopped. It is what a crash at that moment would have left,
    which every server recovers from.

    The folder is there as a whole or not at all. Raises SlostackError where there is no data, or no room.
    """
    folder = StateFolder.of(root)
    with folder.one_at_a_time():
        if not any((folder.path / "data").iterdir()):
            raise SlostackError(f"{folder.path / 'data'} is empty, expected data of a stack that was up once")
        try:
            with ended_in_order(), _scratch(folder, into) as partial:
                copy = FolderCopy(folder.path / "data", partial / "data", _NEVER_EDITED, _TOLD_BY_THE_LOG)
                copied = copy.while_written({})
                copied = copy.while_written(copied)  # what was written while the first took its time
                with frozen(folder):
                    taken = datetime.now(UTC)
                    copy.at_rest(copied)
                return _kept(folder, partial, taken)
        except OSError as error:
            reason = error.strerror or error
            raise SlostackError(f"can't write a snapshot into {into} ({reason}), expected room for it") from None


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
            with _scratch(folder, folder.run) as scratch:
                for server in servers:
                    shutil.copytree(snapshot.folder / "data" / server, scratch / server)
                before = _empty_snapshot(folder, default_folder(root)) if replaced else None
                try:
                    for server in servers:
                        if before and server in replaced:
                            (data / server).rename(before.folder / "data" / server)
                        (scratch / server).rename(data / server)
                finally:
                    if before and not before.servers:
                        shutil.rmtree(before.folder)
        except OSError as error:
            raise SlostackError(
                f"can't restore into {data} ({error}), expected room for it; then `slostack restore {snapshot.folder}`"
            ) from None
        return before


def forget_older(folder: Path, keep: int) -> tuple[Snapshot, ...]:
    """Deletes all but the newest snapshots in a folder; returns those that are gone."""
    gone = snapshots(folder)[:-keep]
    for snapshot in gone:
        (snapshot.folder / _DESCRIPTION).unlink()  # what is left of it is no snapshot any more
        shutil.rmtree(snapshot.folder, ignore_errors=True)
    return gone


def _empty_snapshot(folder: StateFolder, into: Path) -> Snapshot:
    """One that data can be moved into: it is whole before it gets any, so that none is in a folder that vanishes."""
    with _scratch(folder, into) as partial:
        (partial / "data").mkdir()
        return _kept(folder, partial, datetime.now(UTC), replaced=True)


def _kept(folder: StateFolder, partial: Path, taken: datetime, *, replaced: bool = False) -> Snapshot:
    """A new folder becomes a snapshot of that time, under its own name."""
    deployed = read_deployed(folder)
    said = Snapshot(
        partial.parent / f"{taken:%Y-%m-%dT%H-%M-%S.%fZ}",
        taken,
        deployed.environment if deployed else None,
        {program.name: program.version for program in deployed.programs if program.version} if deployed else {},
        replaced,
    )
    text = json.dumps({**asdict(said), "folder": None, "taken": taken.isoformat()}, indent=2)
    write_atomically(partial / _DESCRIPTION, text + "\n")
    return replace(said, folder=partial.rename(said.folder))


@contextmanager
def _scratch(folder: StateFolder, into: Path) -> Iterator[Path]:
    """A new folder that vanishes when the block ends, unless it was renamed. Its name is this stack's own, on which one
    command is at work at a time: what is there already was left by one that was killed."""
    own = hashlib.sha256(f"{platform.node()}:{folder.path}".encode()).hexdigest()[:16]
    scratch = into / f"{_PARTIAL}{own}"
    into.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        scratch.mkdir(mode=0o700)
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)

"""Putting a bundle's files where the servers read them: checked first, each as a whole, only what differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from slostack.bundle import Bundle
from slostack.checks import check_bundle
from slostack.config import TENANT
from slostack.deploy.local.state_folder import StateFolder
from slostack.errors import SlostackError
from slostack.files import write_atomically

_FOLDERS_EVEN_IF_EMPTY = (
    f"loki/rules/{TENANT}",
    "grafana/provisioning/alerting",
    "grafana/provisioning/notifiers",
    "grafana/provisioning/plugins",
)
"""Servers take it for an error if these are missing."""


def install(bundle: Bundle, folder: StateFolder) -> int:
    """Makes the config folder hold the bundle and nothing else; returns how many files that changed.

    Raises SlostackError, and changes nothing, where a server would refuse its file.
    """
    present = {path.relative_to(folder.config).as_posix(): path for path in _files(folder.config)}
    changed = [path for path, text in bundle.files.items() if path not in present or _differs(present[path], text)]
    gone = [path for name, path in present.items() if name not in bundle.files]
    if changed or gone:
        check_bundle(bundle)
    for name in changed:
        write_atomically(folder.config / name, bundle.files[name])
    for path in gone:
        path.unlink()
    for name in _FOLDERS_EVEN_IF_EMPTY:
        (folder.config / name).mkdir(parents=True, exist_ok=True)
    return len(changed) + len(gone)


def installed_digest(folder: StateFolder) -> str:
    """Tells apart what is installed: equal for equal files at equal paths."""
    files = {path.relative_to(folder.config).as_posix(): path for path in _files(folder.config)}
    return _digest((name, path.read_bytes()) for name, path in sorted(files.items()))


def bundle_digest(bundle: Bundle) -> str:
    """What `installed_digest` is once the bundle is installed."""
    return _digest((name, text.encode()) for name, text in bundle.files.items())


def _digest(files: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for name, content in files:
        digest.update(f"{name}\0".encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]


def last_change(folder: Path) -> float:
    """The Unix time of the last change to a file below a folder, or of which files there are."""
    return max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _differs(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() != text.encode()
    except OSError as error:
        raise SlostackError(f"can't read {path} ({error.strerror}); delete it, then try again") from None

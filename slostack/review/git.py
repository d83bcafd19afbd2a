"""Reading files of a git revision; nothing in the work tree is touched."""

from __future__ import annotations

import subprocess
from pathlib import Path

from slostack.errors import SlostackError


class _GitError(SlostackError):
    """What git said when a command of it failed."""


def commit(root: Path, revision: str) -> str:
    """The short name of a revision's commit; raises SlostackError where there is none, or no repository."""
    try:
        _git(root, "rev-parse", "--git-dir")
    except _GitError as error:
        raise SlostackError(f"{root} is in no git repository, expected one to compare with ({error})") from None
    unknown = SlostackError(f"no git revision {revision!r}, expected a commit, branch or tag of this clone")
    if revision.startswith("-"):  # git would take it for an option
        raise unknown
    try:
        return _git(root, "rev-parse", "--verify", "--short", f"{revision}^{{commit}}").decode().strip()
    except _GitError:
        raise unknown from None


def files(root: Path, revision: str, folders: tuple[str, ...]) -> dict[str, str]:
    """The texts of all files below some folders of the project at a revision, by path from `root`.

    Bytes that are no UTF-8 become characters that no loader accepts.
    """
    listing = _git(root, "ls-tree", "-r", "-z", "--name-only", revision, "--", *(f"{folder}/" for folder in folders))
    paths = [path for path in listing.decode("utf-8", "surrogateescape").split("\0") if path]
    return {
        path: _git(root, "cat-file", "blob", f"{revision}:./{path}").decode("utf-8", "surrogateescape")
        for path in paths
    }


def _git(root: Path, *arguments: str) -> bytes:
    """What a git command prints; raises _GitError with git's own words where it fails."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except OSError as error:
        raise SlostackError(f"git can't be run ({error.strerror}), expected it on PATH") from None
    if done.returncode:
        raise _GitError(f"git {arguments[0]}: {' '.join(done.stderr.decode('utf-8', 'replace').split())}")
    return done.stdout

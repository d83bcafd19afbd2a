"""Reading files of a git revision; nothing in the work tree is touched."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from slostack.errors import SlostackError

MAIN_BRANCHES = (("main", "origin/main"), ("origin/HEAD",), ("master", "origin/master"))
"""What an edit is compared with where nothing is named: the first of these that is there."""


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


def merge_base(root: Path) -> tuple[str, str]:
    """The newest commit that HEAD has in common with main, by its short name, and the branch's name.

    Asked are main and origin/main, else the remote's default branch, else master and origin/master. Raises
    SlostackError where none of them is there, or has a commit in common.
    """
    commit(root, "HEAD")
    for branches in MAIN_BRANCHES:
        there = [branch for branch in branches if _has(root, branch)]
        if there:
            try:
                base = _git(root, "merge-base", "HEAD", *there).decode().strip()
            except _GitError:
                raise SlostackError(
                    f"no commit in common with {there[0]} in this clone, expected its history "
                    "(git fetch --unshallow), or a revision to compare with (slostack diff BASE)"
                ) from None
            return commit(root, base), there[0]
    raise SlostackError(
        "no branch main, origin/main or master in this clone, expected one, or a revision to compare with "
        "(slostack diff BASE)"
    )


def blobs(root: Path, revision: str, paths: tuple[str, ...]) -> dict[str, str]:
    """The ids of the contents of some files of the project, and of all below some folders, at a revision, by path from
    `root`."""
    listing = _git(root, "ls-tree", "-r", "-z", revision, "--", *paths)
    found = {}
    for entry in listing.decode("utf-8", "surrogateescape").split("\0"):
        if entry:
            about, path = entry.split("\t", 1)
            _, kind, blob = about.split()
            if kind == "blob":
                found[path] = blob
    return found


def blob_id(content: bytes, like: str) -> str:
    """The id that git gives to a file of this content, by the hash that made another id."""
    return hashlib.new("sha1" if len(like) == 40 else "sha256", b"blob %d\0" % len(content) + content).hexdigest()


def texts(root: Path, ids: Mapping[str, str]) -> dict[str, str]:
    """The contents of some ids, by the same keys; bytes that are no UTF-8 become characters that no loader accepts."""
    if not ids:
        return {}
    answer = BytesIO(_git(root, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in ids.values())))
    found = {}
    for path in ids:
        size = int(answer.readline().split()[-1])
        found[path] = answer.read(size).decode("utf-8", "surrogateescape")
        answer.read(1)
    return found


def _has(root: Path, revision: str) -> bool:
    try:
        return bool(_git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"))
    except _GitError:
        return False


def _git(root: Path, *arguments: str, stdin: str = "") -> bytes:
    """What a git command prints; raises _GitError with git's own words where it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], input=stdin.encode(), capture_output=True, check=False
        )
    except OSError as error:
        raise SlostackError(f"git can't be run ({error.strerror}), expected it on PATH") from None
    if done.returncode:
        raise _GitError(f"git {arguments[0]}: {' '.join(done.stderr.decode('utf-8', 'replace').split())}")
    return done.stdout

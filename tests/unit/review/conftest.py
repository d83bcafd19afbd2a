"""A project in a git repository of its own, with one SLO file committed."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from slostack.review import Change, Detail, Part, Review, as_text, review
from tests.unit.spec.files import RIGHT, project

MIXED = Detail("history", meaning="for 30d the budget holds counts of both SLIs")
"""Is said of every SLO whose SLI changed."""


@dataclass(frozen=True)
class Repository:
    """A project whose committed state is compared with its working tree."""

    root: Path

    def git(self, *arguments: str) -> str:
        """Runs git in the project, apart from the user's own configuration."""
        settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(self.root), *settings, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self) -> str:
        """Commits all; returns the commit's short name."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "state")
        return self.git("rev-parse", "--short", "HEAD")

    def write(self, path: str, text: str | bytes) -> None:
        """Writes a file of the project."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)

    def edit(self, old: str, new: str, path: str = "slos/api.yaml") -> None:
        """Replaces the first place of a text in a file."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path}"
        self.write(path, text.replace(old, new, 1))

    def move(self, block: re.Pattern[str], before: str, path: str) -> None:
        """Puts a part of a file before another."""
        text = (self.root / path).read_text(encoding="utf-8")
        (part,) = block.findall(text)
        self.write(path, text.replace(part, "").replace(before, part + before))

    def review(self, revision: str = "HEAD") -> Review:
        """The review of the working tree."""
        return review(self.root, revision)

    def lines(self, revision: str = "HEAD") -> list[str]:
        """The review's changes as the terminal shows them, without colours, blank lines and what stands above them."""
        import click

        text = click.unstyle(as_text(self.review(revision)))
        return [line.strip() for line in text.partition("\n\n")[2].splitlines() if line.strip()]

    def part(self, title: str = "api") -> Part:
        """The only part of the review with this title."""
        (found,) = (part for part in self.review().parts if part.title == title)
        return found

    def section(self, title: str, part: str = "api") -> tuple[Change, ...]:
        """The changes of one section of a part; nothing where it has none."""
        return tuple(change for s in self.part(part).sections if s.title == title for change in s.changes)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A project with the right SLO file committed and nothing changed."""
    project(tmp_path, RIGHT)
    found = Repository(tmp_path)
    found.git("init", "-q", "-b", "main")
    found.commit()
    return found

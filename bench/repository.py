"""Projects in a git repository of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit(root: Path) -> None:
    """Makes a folder a repository, with all that is in it as its first commit."""
    git = ("git", "-C", str(root), "-c", "user.name=bench", "-c", "user.email=bench@example.org")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "before")):
        subprocess.run([*git, *arguments], check=True)

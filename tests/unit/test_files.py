"""Files are written as a whole; what an interruption leaves behind is known by its name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from slostack.files import shown_path, write_atomically

ROOT = Path(__file__).parents[2]


def test_a_killed_writer_leaves_a_file_that_git_ignores_and_the_old_content(tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    write_atomically(file, "old")
    program = (
        "import os, pathlib, signal, slostack.files\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"slostack.files.write_atomically(pathlib.Path({str(file)!r}), 'new')"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    assert file.read_text(encoding="utf-8") == "old"
    (left_over,) = (path.name for path in tmp_path.iterdir() if path != file)
    names = [left_over, ".api.yaml.abc", "api.yaml", "x.slostack-tmp"]
    ignored = subprocess.run(
        ["git", "-C", str(ROOT), "check-ignore", "--no-index", *(f"slos/{name}" for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ignored.stdout.split() == [f"slos/{left_over}"]


def test_any_name_can_be_shown(tmp_path: Path) -> None:
    assert shown_path(tmp_path / "slos/é x.yaml", tmp_path) == "slos/é x.yaml"
    assert shown_path(tmp_path / os.fsdecode(b"a\xff\x1b[31m\n"), tmp_path) == "a\\udcff\\x1b[31m\\n"

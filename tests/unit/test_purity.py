"""What renders text reads no file, clock, network or environment, and gives the same bytes for the same input."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPURE = {
    "asyncio", "datetime", "getpass", "glob", "http", "io", "locale", "os", "pathlib", "platform", "pulumi",
    "random", "requests", "secrets", "shutil", "socket", "subprocess", "sys", "tempfile", "time", "urllib", "uuid",
}  # fmt: skip
RENDERING = sorted(
    path
    for part in ("rules", "fixtures", "dashboards", "config", "bundle.py", "names.py")
    for path in ([ROOT / "slostack" / part] if part.endswith(".py") else (ROOT / "slostack" / part).rglob("*.py"))
)


def imported_modules(source: str) -> set[str]:
    """The top-level packages that a module's text imports, and `open` where it is called."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "input"):
            found.add("os")
    return found


@pytest.mark.parametrize("path", RENDERING, ids=lambda path: str(path.relative_to(ROOT)))
def test_rendering_touches_nothing_outside(path: Path) -> None:
    assert not imported_modules(path.read_text(encoding="utf-8")) & IMPURE


def test_the_check_sees_impurity() -> None:
    assert imported_modules("import os.path\nfrom time import time\nopen('x')") >= {"os", "time"}


def test_rendering_is_deterministic_across_processes() -> None:
    program = (
        "import hashlib, pathlib, sys; from slostack.project import fixture_files, generated_files;"
        "from slostack.spec import load_services;"
        "services = load_services(pathlib.Path(sys.argv[1]));"
        "files = generated_files(services) | fixture_files(services);"
        "print(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, str(ROOT)],
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin", "TZ": zone},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(digests) == 1

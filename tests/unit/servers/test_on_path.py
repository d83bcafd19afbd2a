from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from slostack.servers.on_path import find_on_path, installed_version
from slostack.servers.server import WayFailed, architecture, operating_system
from slostack.servers.versions import Home, ServerVersion
from tests.unit.servers.conftest import MakePin, write_program, write_server


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("prometheus, version 3.13.5 (branch: HEAD, revision: 1)", "3.13.5"),
        ("loki, version v3.7.8", "3.7.8"),
        ("grafana version 13.1.3", "13.1.3"),
        ("Version 7.5.17 (commit: unknown, branch: main)", "7.5.17"),
        ("amtool, version 0.31.1-rc.0", "0.31.1"),
        ('level=info msg="Redis Metrics Exporter v1.91.1    build date: 2026"', "1.91.1"),
        ("something 1.2.3", None),
        ("prometheus, version  (branch: , revision: unknown)", None),
    ],
)
def test_reads_the_version_that_is_told(tmp_path: Path, line: str, version: str | None) -> None:
    assert installed_version(write_server(tmp_path / "server", line)) == version


@pytest.mark.parametrize("question", ["--version", "-v", "version"])
def test_asks_in_the_ways_that_servers_know(tmp_path: Path, question: str) -> None:
    code = f"import sys\nif sys.argv[1] != {question!r}: sys.exit('unknown flag')\nprint('Version 7.5.0')"
    assert installed_version(write_program(tmp_path / "grafana-server", code)) == "7.5.0"


def test_takes_an_accepted_version_of_all_executables(bin_folder: Path, make_pin: MakePin) -> None:
    for name in ("fakeprom", "faketool"):
        write_server(bin_folder / name, f"{name}, version 1.9.0")
    server = find_on_path(make_pin())
    assert (server.version, server.origin, server.home) == ("1.9.0", "path", None)
    assert server.binaries == {"fakeprom": bin_folder / "fakeprom", "faketool": bin_folder / "faketool"}


@pytest.mark.parametrize("version", ["1.1.9", "2.0.0"])
def test_refuses_another_version(bin_folder: Path, make_pin: MakePin, version: str) -> None:
    for name in ("fakeprom", "faketool"):
        write_server(bin_folder / name, f"{name}, version {version}")
    with pytest.raises(WayFailed, match=rf"on-path/fakeprom is {version}, accepted is <2,>=1.2"):
        find_on_path(make_pin())


def test_refuses_a_companion_of_another_version(bin_folder: Path, make_pin: MakePin) -> None:
    write_server(bin_folder / "fakeprom", "fakeprom, version 1.2.3")
    write_server(bin_folder / "faketool", "faketool, version 0.9.0")
    with pytest.raises(WayFailed, match=r"on-path/faketool is 0.9.0"):
        find_on_path(make_pin())


def test_refuses_a_server_without_its_companion(bin_folder: Path, make_pin: MakePin) -> None:
    write_server(bin_folder / "fakeprom", "fakeprom, version 1.2.3")
    with pytest.raises(WayFailed, match=r"^faketool is not on PATH$"):
        find_on_path(make_pin())


def test_refuses_a_server_that_can_not_run(bin_folder: Path, make_pin: MakePin) -> None:
    for name in ("fakeprom", "faketool"):
        (bin_folder / name).write_bytes(b"\x7fELF for another machine")
        (bin_folder / name).chmod(0o755)
    with pytest.raises(WayFailed, match="does not tell its version"):
        find_on_path(make_pin())


def test_says_when_nothing_is_there(make_pin: MakePin) -> None:
    with pytest.raises(WayFailed, match=r"^not on PATH$"):
        find_on_path(make_pin())


@pytest.fixture
def grafana(make_pin: MakePin, monkeypatch: pytest.MonkeyPatch) -> ServerVersion:
    monkeypatch.delenv("GRAFANA_HOME", raising=False)
    return make_pin(
        name="fakegrafana",
        binaries=("fakegrafana",),
        other_names={"fakegrafana": ("fakegrafana-server",)},
        accepts=SpecifierSet(">=7.5"),
        home=Home(variable="GRAFANA_HOME", contains=("conf/defaults.ini", "public")),
        module=None,
    )


def make_home(folder: Path, executable: str, version_line: str) -> Path:
    write_server(folder / executable, version_line)
    (folder / "conf").mkdir()
    (folder / "conf" / "defaults.ini").touch()
    (folder / "public").mkdir()
    return folder


@pytest.mark.parametrize(
    "executable",
    ["bin/fakegrafana", "bin/fakegrafana-server", f"bin/{operating_system()}-{architecture()}/fakegrafana-server"],
)
def test_takes_the_home_that_the_variable_names(
    tmp_path: Path, grafana: ServerVersion, monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    home = make_home(tmp_path / "home", executable, "Version 7.5.17 (commit: unknown)")
    monkeypatch.setenv("GRAFANA_HOME", str(home))
    server = find_on_path(grafana)
    assert (server.version, server.home) == ("7.5.17", home)
    assert server.binaries == {"fakegrafana": home / executable}


def test_refuses_a_home_without_its_parts(
    tmp_path: Path, grafana: ServerVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(tmp_path / "home", "bin/fakegrafana", "Version 9.4.7")
    (home / "public").rmdir()
    monkeypatch.setenv("GRAFANA_HOME", str(home))
    with pytest.raises(WayFailed, match=r"^GRAFANA_HOME=.*/home has no public$"):
        find_on_path(grafana)


def test_refuses_a_home_that_is_too_old(
    tmp_path: Path, grafana: ServerVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFANA_HOME", str(make_home(tmp_path / "home", "bin/fakegrafana", "Version 6.7.0")))
    with pytest.raises(WayFailed, match=r"is 6.7.0, accepted is >=7.5"):
        find_on_path(grafana)


@pytest.mark.parametrize("home_folder", [".", "share/fakegrafana"])
def test_finds_the_home_of_a_linked_executable(
    tmp_path: Path, bin_folder: Path, grafana: ServerVersion, home_folder: str
) -> None:
    installed = tmp_path / "installed"
    program = write_server(installed / "bin" / "fakegrafana-server", "Version 9.4.7")
    home = make_home(installed / home_folder, "unused", "")
    (bin_folder / "fakegrafana-server").symlink_to(program)
    server = find_on_path(grafana)
    assert server.home == home.resolve()
    assert server.binaries["fakegrafana"].resolve() == program


def test_prefers_the_executable_in_the_home_to_a_wrapper_on_path(
    tmp_path: Path, bin_folder: Path, grafana: ServerVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(tmp_path / "home", "bin/fakegrafana", "Version 9.4.7")
    monkeypatch.setenv("GRAFANA_HOME", str(home))
    write_server(bin_folder / "fakegrafana", "Version 9.4.7")
    assert find_on_path(grafana).binaries["fakegrafana"] == home / "bin" / "fakegrafana"


def test_an_executable_without_a_home_is_no_server(bin_folder: Path, grafana: ServerVersion) -> None:
    write_server(bin_folder / "fakegrafana", "Version 9.4.7")
    with pytest.raises(WayFailed, match=r"no folder with conf/defaults.ini and public beside it; GRAFANA_HOME can"):
        find_on_path(grafana)

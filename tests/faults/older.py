"""Servers of versions below the pinned ones: from OLDER_SERVERS, PATH or the cache, or their release or Go module."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from slostack.servers import ServerUnavailable, versions
from slostack.servers.cache import cache_root
from slostack.servers.go import go_environment
from slostack.servers.on_path import installed_version
from slostack.servers.versions import pinned
from slostack.servers.ways import TOOLS, obtain_pinned
from tests.requirements import need

NAMES = {"alertmanager": ("alertmanager", "prometheus-alertmanager")}
MODULES = {
    "prometheus": ("3.13.2", "github.com/prometheus/prometheus@v0.313.2"),
    "alertmanager": ("0.30.0", "github.com/prometheus/alertmanager@v0.30.0"),
    "loki": ("3.7.5", "github.com/grafana/loki/v3@v3.7.5"),
    "thanos": ("0.42.1", "github.com/thanos-io/thanos@v0.42.1"),
}
"""An older version of each, and its module, which builds with the requirements of the pinned one."""


def older(server: str) -> tuple[Path, str]:
    """An executable of a server whose version is below the pinned one, and that version; skips the test where there is
    none and none can be built."""
    newer = Version(versions()[server].version)
    found = {path: version for path in _installed(server) if (version := installed_version(path))}
    below = [(path, version) for path, version in found.items() if Version(version) < newer]
    return below[0] if below else _built(server)


def _installed(server: str) -> Iterator[Path]:
    named = [*os.environ.get("OLDER_SERVERS", "").split(os.pathsep), *os.environ["PATH"].split(os.pathsep)]
    for folder in (*(Path(each) for each in named if each), *(cache_root() / "servers" / server).glob("*")):
        for name in NAMES.get(server, (server,)):
            if os.access(path := Path(folder, name), os.X_OK):
                yield path


def _built(server: str) -> tuple[Path, str]:
    """Obtained as a pinned server is, into the cache, which may take minutes."""
    version, module = MODULES[server]
    pin = replace(versions()[server], version=version, accepts=SpecifierSet(f"=={version}"))
    with tempfile.TemporaryDirectory() as scratch:
        tools = Path(scratch)
        shutil.copytree(TOOLS / server, tools / server)
        with suppress(OSError):  # without go there may be a release
            environment = {**go_environment(), "GOFLAGS": "-mod=mod"}
            subprocess.run(("go", "get", module), cwd=tools / server, env=environment, check=False)
        try:
            found = obtain_pinned(pin, pinned().go, print, tools)
        except ServerUnavailable as error:
            why = f"needs {server} older than {versions()[server].version} in OLDER_SERVERS, on PATH or in the cache"
            need(f"older-{server}", f"{why}; none is there, and {version} can't be had: {error}")
    return found.binaries[server], version

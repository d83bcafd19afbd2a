"""The executables that play a cluster: from envtest's folder of them, or got as the servers of the stack are."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from slostack.servers.server import Server
from slostack.servers.versions import load_versions
from slostack.servers.ways import obtain_pinned

VERSIONS = load_versions(Path(__file__).with_name("versions.yaml"))


def cluster_binary(name: str) -> Path:
    """An executable, such as kube-apiserver: KUBEBUILDER_ASSETS, PATH, the cache, a release, its Go module."""
    if (assets := os.environ.get("KUBEBUILDER_ASSETS")) and (path := Path(assets, name).absolute()).is_file():
        return path
    (pin,) = (each for each in VERSIONS.servers.values() if name in each.binaries)
    return _obtain(pin.name).binaries[name]


@cache
def _obtain(server: str) -> Server:
    return obtain_pinned(VERSIONS.servers[server], VERSIONS.go, print)

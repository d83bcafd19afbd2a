"""Which executables play the cluster."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slostack.servers.ways import TOOLS
from tests.cluster.binaries import VERSIONS, cluster_binary


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("kubernetes", r"k8s\.io/kubernetes {0}"),
        ("etcd", r"go\.etcd\.io/etcd/server/v3 v{0}"),
        ("kwok", r"sigs\.k8s\.io/kwok v{0}"),
        ("prometheus-operator", r"github\.com/prometheus-operator/prometheus-operator v{0}"),
    ],
)
def test_go_module_is_of_the_pinned_version(name: str, module: str) -> None:
    pin = VERSIONS.servers[name]
    go_mod = (TOOLS / name / "go.mod").read_text(encoding="utf-8")
    assert re.search(rf"\s{module.format(re.escape(pin.version))}\b", go_mod)
    assert pin.module
    assert tuple(package.rsplit("/", 1)[1] for package in pin.module.packages) == pin.binaries


def test_envtests_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    (tmp_path / "kube-apiserver").touch()
    assert cluster_binary("kube-apiserver") == tmp_path / "kube-apiserver"

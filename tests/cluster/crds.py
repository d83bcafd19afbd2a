"""The custom resources' definitions (CRDs) of other projects, as their Go modules have them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.requirements import need_command

_OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
_OPERATOR_SUM = "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s="
_GATEWAY = "sigs.k8s.io/gateway-api@v1.3.0"
_GATEWAY_SUM = "h1:q6okN+/UKDATola4JY7zXzx40WO4VISk7i9DIfOvr9M="
_SNAPSHOTTER = "github.com/kubernetes-csi/external-snapshotter/client/v8@v8.2.0"
_SNAPSHOTTER_SUM = "h1:Q3jQ1NkFqv5o+F8dMmHd8SfEmlcwNeo1immFApntEwE="
GROUP = "monitoring.coreos.com"


def operator_crds() -> tuple[Path, ...]:
    """A file for each CRD of the Prometheus operator; skips the test where there is no `go` to download them."""
    module = _downloaded(_OPERATOR, _OPERATOR_SUM)
    return tuple(sorted((module / "example" / "prometheus-operator-crd").glob("*.yaml")))


def gateway_crds() -> tuple[Path, ...]:
    """A file for each CRD of the Gateway API's standard channel; skips the test where there is no `go`."""
    module = _downloaded(_GATEWAY, _GATEWAY_SUM)
    return tuple(sorted((module / "config" / "crd" / "standard").glob("gateway.*.yaml")))


def snapshot_crd() -> Path:
    """The file of VolumeSnapshot's CRD; skips the test where there is no `go` to download it."""
    module = _downloaded(_SNAPSHOTTER, _SNAPSHOTTER_SUM)
    return module / "config" / "crd" / "snapshot.storage.k8s.io_volumesnapshots.yaml"


def _downloaded(module: str, checksum: str) -> Path:
    need_command("go", "go on PATH, which downloads the module that has the CRDs: https://go.dev/dl/")
    command = ("go", "mod", "download", "-json", module)
    found = json.loads(subprocess.run(command, cwd="/", capture_output=True, check=True).stdout)
    assert found["Sum"] == checksum
    return Path(found["Dir"])

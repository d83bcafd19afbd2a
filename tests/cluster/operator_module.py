"""The Prometheus operator's CRDs, as its Go module has them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.requirements import need_command

_MODULE = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
_SUM = "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s="
_CRDS = "example/prometheus-operator-crd"
GROUP = "monitoring.coreos.com"


def operator_crds() -> tuple[Path, ...]:
    """A file for each CRD of the operator; skips the test where there is no `go` to download them."""
    need_command("go", "go on PATH, which downloads the operator's module: https://go.dev/dl/")
    command = ("go", "mod", "download", "-json", _MODULE)
    found = json.loads(subprocess.run(command, cwd="/", capture_output=True, check=True).stdout)
    assert found["Sum"] == _SUM
    return tuple(sorted((Path(found["Dir"]) / _CRDS).glob("*.yaml")))

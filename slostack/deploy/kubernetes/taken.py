"""Whether a stack's namespaces are others' already: Pulumi would take them over, and cut off the pods in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from slostack.deploy.kubernetes.kubeconfig import VARIABLE, is_content
from slostack.deploy.kubernetes.labels import STACK
from slostack.deploy.kubernetes.topology import collectors, namespace_of
from slostack.errors import SlostackError
from slostack.settings import Settings

ENVIRONMENT = "slostack/environment"
"""The annotation by which a namespace tells whose it is."""
_ANSWERS_WITHIN = 5
_SECONDS = 30
"""That kubectl may take with all that it starts to log in."""


def check_namespaces(settings: Settings) -> None:
    """Raises SlostackError where a namespace of the stack is there and isn't its own; `adopt` lets it take over its
    first. Where the cluster doesn't tell, as in a preview without one, that is a warning."""
    own = settings.kubernetes.namespace
    nodes = [namespace_of("node-exporter", own)] if "node-exporter" in collectors(settings) else []
    for name in [*([] if settings.kubernetes.adopt else [own]), *nodes]:
        if (found := _namespace(name, settings)) and (whose := _whose(found["metadata"], settings)):
            adopt = "; or kubernetes.adopt: true, if it may be taken over" if name == own else ""
            raise SlostackError(
                f"{settings.file}: slostack:kubernetes.namespace: {name} is there already and {whose}, expected a "
                f"namespace of this stack's own, where its policies may deny all pods their traffic{adopt}"
            )


def _whose(metadata: Mapping[str, Any], settings: Settings) -> str | None:
    """Whose a namespace is; None where it is the stack's, of this deployment or of one before."""
    if (metadata.get("labels") or {}).get("app.kubernetes.io/part-of") != STACK:
        return "no stack's"
    environment = (metadata.get("annotations") or {}).get(ENVIRONMENT, settings.environment)
    return None if environment == settings.environment else f"that of the environment {environment}"


def _namespace(name: str, settings: Settings) -> Any:
    """A namespace as the cluster has it; None where there is none, or nothing tells."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return _unknown(name, "there is no kubectl on PATH")
    ask = ("get", "--raw", f"/api/v1/namespaces/{name}", f"--request-timeout={_ANSWERS_WITHIN}s")
    command = (kubectl, "--context", str(settings.kubernetes.context), *ask)
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ)
        if is_content(text := environment.get(VARIABLE, "")):
            environment[VARIABLE] = f"{folder}/kubeconfig"
            Path(environment[VARIABLE]).write_text(text, encoding="utf-8")
        try:
            asked = subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            return _unknown(name, f"kubectl doesn't answer within {_SECONDS}s")
    if asked.returncode == 0:
        return json.loads(asked.stdout)
    if "(NotFound)" in asked.stderr:
        return None
    return _unknown(name, " ".join(asked.stderr.split()[-40:]))


def _unknown(name: str, why: str) -> None:
    pulumi.warn(f"nothing tells whether the namespace {name} is there already and another's: {why}")

"""Whether a stack's namespaces are others' already: Pulumi would take them over, and cut off the pods in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from textwrap import shorten
from typing import Any

import pulumi

from slostack.deploy.kubernetes.kubeconfig import VARIABLE, is_content
from slostack.deploy.kubernetes.labels import STACK
from slostack.deploy.kubernetes.topology import collectors, namespace_of
from slostack.errors import SlostackError
from slostack.settings import Settings

OWNER = "slostack/stack"
"""The annotation by which a namespace tells which stack has made it."""
_ANSWERS_WITHIN = 5
_SECONDS = 30
"""That kubectl may take with all that it starts to log in."""
_CHARACTERS = 300
"""Of what kubectl says when it can't tell."""


def this_stack() -> str:
    """The running program's stack, as `project/stack`."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"


def check_namespaces(settings: Settings) -> None:
    """Raises SlostackError where a namespace of the stack is there and isn't its own, unless `adopt` lets it take that
    over. Where the cluster doesn't tell, as in a preview without one, that is a warning."""
    if settings.kubernetes.adopt:
        return
    own = settings.kubernetes.namespace
    nodes = [namespace_of("node-exporter", own)] if "node-exporter" in collectors(settings) else []
    for name in (own, *nodes):
        try:
            whose = _others(_namespace(name, settings))
        except _UnknownError as unknown:
            pulumi.warn(f"nothing tells whether the namespace {name} is there already and another's: {unknown}")
            return
        if whose:
            raise SlostackError(
                f"{settings.file}: slostack:kubernetes.namespace: {name} is there already and {whose}, expected a "
                "namespace of this stack's own, where its policies may deny all pods their traffic; or "
                "kubernetes.adopt: true, if it may be taken over"
            )


class _UnknownError(Exception):
    """Why nothing tells of a namespace."""


def _others(namespace: Any) -> str | None:
    """Whose a namespace is; None where there is none, or it is the stack's own, also of a version before that told so
    by its label alone."""
    if namespace is None:
        return None
    metadata = namespace["metadata"]
    if (metadata.get("labels") or {}).get("app.kubernetes.io/part-of") != STACK:
        return "no stack's"
    owner = (metadata.get("annotations") or {}).get(OWNER, this_stack())
    return None if owner == this_stack() else f"that of the stack {owner}"


def _namespace(name: str, settings: Settings) -> Any:
    """A namespace as the cluster has it; None where there is none."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise _UnknownError("there is no kubectl on PATH")
    ask = ("get", "--raw", f"/api/v1/namespaces/{name}", f"--request-timeout={_ANSWERS_WITHIN}s")
    command = (kubectl, "--context", str(settings.kubernetes.context), *ask)
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ)
        if is_content(text := environment.get(VARIABLE, "")):
            environment[VARIABLE] = f"{folder}/kubeconfig"
            Path(environment[VARIABLE]).write_text(text, encoding="utf-8")
        try:
            asked = subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise _UnknownError(f"kubectl doesn't answer within {_SECONDS}s") from None
        except OSError as error:
            raise _UnknownError(f"{kubectl} can't be run: {error.strerror}") from None
    said = " ".join(asked.stderr.split())
    if asked.returncode:
        if f'namespaces "{name}" not found' in said:
            return None
        raise _UnknownError(shorten(said, _CHARACTERS, placeholder=" ..."))
    try:
        namespace = json.loads(asked.stdout)
        namespace["metadata"]["name"]
    except (ValueError, TypeError, KeyError):
        raise _UnknownError("kubectl answers with something else than a namespace") from None
    return namespace

"""The stack on this machine as a Pulumi resource: the very `up` and `down` of the command line.

What counts is what really runs, never what Pulumi remembers: `slostack up`, `slostack down` and Pulumi can take turns.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from slostack.bundle import Bundle
from slostack.config.topology import Topology
from slostack.deploy.local.install import bundle_digest
from slostack.deploy.local.places import local_topology
from slostack.deploy.local.stack import down, up
from slostack.deploy.local.state import LocalStack, running_stack
from slostack.deploy.local.state_folder import StateFolder
from slostack.errors import SlostackError
from slostack.names import SERVER_JOBS
from slostack.servers import versions
from slostack.settings import Settings
from slostack.stack import make_bundle

_INPUTS = ("root", "settings", "bundle", "pinned")


class LocalStackResource(Resource, module="slostack", name="LocalStack"):
    """The stack on this machine, from the project at `root`.

    `installed` tells its files apart, `states` and `versions` are those of its programs.
    """

    installed: pulumi.Output[str]
    states: pulumi.Output[dict[str, str]]
    versions: pulumi.Output[dict[str, str]]

    def __init__(self, name: str, root: Path, settings: Settings, bundle: Bundle) -> None:
        properties: dict[str, Any] = {
            "root": str(root),
            "file": settings.file,
            "settings": settings.model_dump_json(by_alias=True, exclude={"kubernetes"}, exclude_none=True),
            "bundle": bundle_digest(bundle),
            "pinned": {name: versions()[name].version for name in SERVER_JOBS},
            "installed": None,
            "states": None,
            "versions": None,
        }
        super().__init__(_Provider(), name, properties)


def complete_topology(root: Path, settings: Settings) -> Topology:
    """The places of the stack on this machine with Grafana, whether it can be had here or not."""
    return local_topology(StateFolder.of(root), settings, grafana=True)


class _Provider(ResourceProvider):
    """Runs in a process of its own, where Pulumi imports it by its name: it holds nothing."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        with _short_errors():
            return CreateResult("local", {**_inputs(props), **_outputs(_up(props))})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        with _short_errors():
            return UpdateResult({**_inputs(news), **_outputs(_up(news))})

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        if olds["root"] != news["root"]:
            return DiffResult(changes=True, replaces=["root"], delete_before_replace=True)
        with _short_errors():
            return DiffResult(changes=_inputs(olds) != _inputs(news) or not _runs_as_wanted(news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        with _short_errors():
            stack = running_stack(Path(props["root"]))
        return ReadResult(id_, {**_inputs(props), **_outputs(stack)}) if stack else ReadResult(None, {})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        with _short_errors():
            down(Path(props["root"]), _report)


def _up(props: dict[str, Any]) -> LocalStack:
    return up(Path(props["root"]), _settings(props), _report)


def _settings(props: dict[str, Any]) -> Settings:
    return Settings.model_validate_json(props["settings"], context={"file": props.get("file")})


def _runs_as_wanted(props: dict[str, Any]) -> bool:
    """Whether everything is ready and has the files that the project and the settings say now."""
    root, settings = Path(props["root"]), _settings(props)
    stack = running_stack(root)
    if stack is None or not stack.ready:
        return False
    grafana = all(program.name != "grafana" for program in stack.absent)
    topology = local_topology(StateFolder.of(root), settings, grafana=grafana)
    return stack.digest == bundle_digest(make_bundle(root, settings, topology))


def _inputs(props: dict[str, Any]) -> dict[str, Any]:
    return {key: props.get(key) for key in _INPUTS}


def _outputs(stack: LocalStack) -> dict[str, Any]:
    return {
        "installed": stack.digest,
        "states": {program.name: program.state for program in (*stack.programs, *stack.absent)},
        "versions": {program.name: program.version for program in stack.programs if program.version},
    }


def _report(text: str) -> None:
    print(text, flush=True)


@contextmanager
def _short_errors() -> Iterator[None]:
    """Leaves the call stack out of what Pulumi shows of a failure that the user can act on."""
    try:
        yield
    except SlostackError:
        sys.tracebacklimit = 0
        raise

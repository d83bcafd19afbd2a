"""Runs the program as Pulumi's language host does, with an engine that only records."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import runpy
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
import pytest
from pulumi.runtime import rpc, set_mocks
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

from slostack import plain_yaml
from slostack.bundle import Bundle
from slostack.deploy.secret_values import url_address
from slostack.deploy.secrets import LOKI_BUCKET, THANOS_BUCKET, known_secrets
from slostack.settings import Settings, parse_settings
from slostack.teams import load_teams

ROOT = Path(__file__).parents[2]
STACKS = ("local", "dev", "staging", "prod")
CLUSTER_STACKS = STACKS[1:]
_PREFIX = "slostack:"


@dataclass(frozen=True)
class Registered:
    """A resource as the program registered it; `dependencies` are the names of those that it waits for, `timeouts` how
    long its creation and its update may take, `protected` whether Pulumi refuses to delete it, `kept` whether it
    leaves it in the cluster when it is told to, and `aliases` are the names that it had before."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    provider: str
    parent: str
    ignored: tuple[str, ...]
    dependencies: tuple[str, ...]
    timeouts: tuple[str, str]
    protected: bool
    kept: bool
    aliases: tuple[str, ...]


@dataclass
class Program:
    """What a run of the program registered and exported, in order; `checked` are the bundles that it had checked by
    the servers' own tools, which don't run here, and how much was registered by then."""

    resources: list[Registered] = field(default_factory=list)
    checked: list[tuple[Bundle, int]] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def check(self, bundle: Bundle) -> None:
        """Stands in for the servers' own tools."""
        self.checked.append((bundle, len(self.resources)))

    def of_type(self, end: str) -> list[Registered]:
        """The resources whose type ends so, such as `:ConfigMap`."""
        return [resource for resource in self.resources if resource.type.endswith(end)]

    def one(self, end: str, name: str) -> Registered:
        """The one resource of a type with a name in the cluster."""
        (found,) = (each for each in self.of_type(end) if each.inputs["metadata"]["name"] == name)
        return found

    def workloads(self) -> list[Registered]:
        """What runs pods."""
        return [each for kind in (":StatefulSet", ":Deployment", ":DaemonSet") for each in self.of_type(kind)]

    def pods(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Name and template of each workload's pods."""
        for resource in self.workloads():
            yield resource.inputs["metadata"]["name"], resource.inputs["spec"]["template"]


class _Monitor(pulumi.runtime.mocks.MockMonitor):
    """Records what the program asks for; mocks alone would not tell a resource's parent."""

    def __init__(self, program: Program) -> None:
        super().__init__(_Echo())
        self.program = program

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        if request.type != "pulumi:pulumi:Stack":
            inputs = rpc.deserialize_properties(request.object)
            parent = request.parent.rpartition("::")[2]
            ignored = tuple(request.ignoreChanges)
            dependencies = tuple(urn.rpartition("::")[2] for urn in request.dependencies)
            timeouts = request.customTimeouts.create, request.customTimeouts.update
            self.program.resources.append(
                Registered(
                    request.type,
                    request.name,
                    inputs,
                    request.provider,
                    parent,
                    ignored,
                    dependencies,
                    timeouts,
                    protected=request.protect,
                    kept=request.retainOnDelete,
                    aliases=tuple(each.spec.name for each in request.aliases),
                )
            )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


class _Echo(pulumi.runtime.Mocks):
    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token == "pulumi:pulumi:readStackOutputs":
            return {"outputs": {}}, []
        raise AssertionError(f"the program calls {args.token}")


def canaries(stack: str, config: Mapping[str, Any] | None = None) -> dict[str, str]:
    """A value for every secret that a stack, with its own config or another one, can have, found again wherever it
    leaks; a URL where the secret is one, and YAML where it opens a bucket."""
    settings = parse_settings(config or stack_config(stack), stack)
    found = {}
    for secret in known_secrets(settings, load_teams(ROOT)):
        address = url_address(secret.key, settings) or ""
        host = f"hooks.example{address}" if address.startswith(":") else address
        canary = f"{f'https://{host}/' if host else ''}canary-{stack}-{secret.key}"
        opening = {THANOS_BUCKET: _opening, LOKI_BUCKET: _letting_in}.get(secret)
        found[secret.key] = opening(settings, canary) if opening else canary
    return found


def _opening(settings: Settings, key: str) -> str:
    """What opens the bucket of Thanos, with a key in it."""
    kind = settings.thanos.bucket.type if settings.thanos.bucket else "s3"
    names = "bucket: metrics, endpoint: s3.acme.example, storage_account: acme, container: metrics"
    return f"type: {kind.upper()}\nconfig: {{{names}, secret_key: {key}}}"


def _letting_in(settings: Settings, key: str) -> str:
    """What lets Loki into its bucket, with a key in it."""
    if settings.loki.bucket and settings.loki.bucket.type == "gcs":
        return json.dumps({"type": "service_account", "private_key": key})
    return f"[default]\naws_access_key_id = tests\naws_secret_access_key = {key}"


def stack_config(stack: str) -> dict[str, Any]:
    """The plain config of stacks/Pulumi.<stack>.yaml, by key: without the secrets that its owner may have set."""
    document = plain_yaml.load((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    return {key.removeprefix(_PREFIX): value for key, value in document["config"].items() if not _encrypted(value)}


def _encrypted(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def run_program(stack: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> Program:
    """`run_anew`, but once for the same config and secrets: tests share the program, and change nothing of it."""
    return _ran(stack, json.dumps(config), json.dumps(secrets))


@lru_cache(maxsize=64)
def _ran(stack: str, config: str, secrets: str) -> Program:
    return run_anew(stack, json.loads(config), json.loads(secrets))


def run_anew(stack: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> Program:
    """Runs `__main__.py` with a stack's plain config and its secrets, beside a kubeconfig with its context."""
    program = Program()
    _run(program, _main, stack, config, secrets)
    return program


def run_function(main: Callable[[], None]) -> Program:
    """Runs a function as if it were the program."""
    program = Program()
    _run(program, main, "test", {}, {})
    return program


def refusal(stack: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """What the program says when it refuses a config, which it does before it registers anything."""
    program = Program()
    with pytest.raises(pulumi.RunError) as refused:
        _run(program, _main, stack, config, secrets)
    assert not program.resources
    assert not program.outputs
    return str(refused.value)


def _main() -> None:
    handler = signal.getsignal(signal.SIGINT)
    try:
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
    finally:
        signal.signal(signal.SIGINT, handler)


def _run(
    program: Program, main: Callable[[], None], stack: str, config: Mapping[str, Any], secrets: Mapping[str, str]
) -> None:
    values = {**config, **secrets}
    texts = {f"{_PREFIX}{k}": v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}
    environment = patch.dict("os.environ", {"PULUMI_CONFIG": json.dumps(texts), "KUBECONFIG": _kubeconfig(stack)})
    no_cluster = patch("slostack.deploy.kubernetes.check_namespaces")
    unlocated = patch("pulumi.runtime.resource._get_stack_trace", StackTrace)  # which takes a sixth of a run
    with environment, no_cluster, unlocated, patch("slostack.checks.check_bundle", program.check):
        secret_keys = [f"{_PREFIX}{key}" for key in secrets]
        contextvars.copy_context().run(asyncio.run, _executed(program, main, stack, texts, secret_keys))


def _kubeconfig(stack: str) -> str:
    """With the context of the stack's own file, where it has one."""
    file = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
    kubernetes = stack_config(stack).get("kubernetes", {}) if file.is_file() else {}
    return json.dumps({"contexts": [{"name": kubernetes[key]} for key in ("context",) if key in kubernetes]})


async def _executed(
    program: Program, main: Callable[[], None], stack: str, texts: dict[str, str], secret_keys: list[str]
) -> None:
    pulumi.runtime.set_all_config(texts, secret_keys)
    set_mocks(_Echo(), "slostack", stack, False, logging.getLogger("pulumi"), _Monitor(program))
    await run_pulumi_func(main)
    root = get_root_resource()
    assert isinstance(root, Stack)
    for name, value in root.outputs.items():
        program.outputs[name] = await value.future() if isinstance(value, pulumi.Output) else value

"""Runs a project's program as `pulumi preview` does, with an engine that only counts; prints how many resources."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import os
import runpy
import sys
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.stack import run_pulumi_func

from slostack import plain_yaml
from slostack.deploy.secret_values import url_address
from slostack.deploy.secrets import required_secrets
from slostack.settings import PROJECT, load_settings
from slostack.teams import load_teams


class _Counting(pulumi.runtime.Mocks):
    """Answers with what it is given, and forgets it: the real engine remembers it in a process of its own."""

    def __init__(self) -> None:
        self.monitor = MockMonitor(self)
        self.resources = 0

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.resources += 1
        self.monitor.resources.clear()
        return f"{args.name}-id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token == "pulumi:pulumi:readStackOutputs":
            return {"outputs": {}}, []
        raise AssertionError(f"the program calls {args.token}")


def _value(address: str | None) -> str:
    """Of a secret: a URL where it is one, as long as any has to be."""
    if address is None:
        return 16 * "x"
    return f"https://hooks.example{address}/" if address.startswith(":") else f"https://{address}/"


def preview(root: Path, stack: str) -> int:
    """How many resources the program of the project at `root` registers; sets PULUMI_CONFIG and KUBECONFIG."""
    return contextvars.copy_context().run(asyncio.run, _preview(root, stack))


async def _preview(root: Path, stack: str) -> int:
    config = plain_yaml.load((root / "stacks" / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    settings = load_settings(root, stack)
    secrets = {
        f"{PROJECT}:{secret.key}": _value(url_address(secret.key, settings))
        for secret in required_secrets(settings, load_teams(root))
    }
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()} | secrets
    os.environ["PULUMI_CONFIG"] = json.dumps(texts)
    os.environ["KUBECONFIG"] = json.dumps({"contexts": [{"name": config["slostack:kubernetes"]["context"]}]})
    pulumi.runtime.set_all_config(texts, list(secrets))
    counting = _Counting()
    pulumi.runtime.set_mocks(counting, PROJECT, stack, True, logging.getLogger("pulumi"), counting.monitor)

    def program() -> None:
        runpy.run_path(str(root / "__main__.py"), run_name="__main__")

    await run_pulumi_func(program)
    return counting.resources


if __name__ == "__main__":
    print(preview(Path(sys.argv[1]), sys.argv[2]))

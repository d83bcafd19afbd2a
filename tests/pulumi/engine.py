"""The real Pulumi engine over a copy of the project, with its state in a folder and nothing of the user's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slostack import plain_yaml
from tests.processes import free_ports
from tests.requirements import need

ROOT = Path(__file__).parents[2]
_COPIED = (
    *("slostack", "slos", "runbooks", "alert_rules", "dashboards", "stacks", "policy-pack"),
    *("Pulumi.yaml", "__main__.py", "teams.yaml"),
)
_SECONDS = 300


@dataclass(frozen=True)
class Engine:
    """The `pulumi` command in one project folder."""

    project: Path
    environment: dict[str, str]

    def run(self, *arguments: str, succeeds: bool = True) -> str:
        """The command's output, both streams; fails the test where it ends otherwise than expected."""
        ended = subprocess.run(
            ("pulumi", *arguments, "--non-interactive"),
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert (ended.returncode == 0) == succeeds, f"pulumi {' '.join(arguments)}:\n{ended.stdout}"
        return ended.stdout

    def new_stack(self, stack: str, secrets: dict[str, str]) -> None:
        """Makes a stack from its committed file and encrypts its secrets into the copy."""
        self.run("stack", "init", stack)
        if secrets:
            settings = (word for key, value in secrets.items() for word in ("--secret", f"{key}={value}"))
            self.run("config", "set-all", "--stack", stack, *settings)

    def outputs(self, stack: str) -> dict[str, Any]:
        """The stack's outputs."""
        return dict(json.loads(self.run("stack", "output", "--json", "--stack", stack)))


def make_engine(folder: Path) -> Engine:
    """The engine in a new folder; skips the test where there is no `pulumi`."""
    if not shutil.which("pulumi"):
        need("pulumi", "needs the pulumi command on PATH: https://www.pulumi.com/docs/install/")
    project = folder / "project"
    project.mkdir()
    for name in _COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, project / name)
    for path in (project / "stacks").iterdir():
        _forget_secrets(path)
    (project / ".venv").symlink_to(sys.prefix)
    (folder / "state").mkdir()
    (folder / "kubeconfig").write_text(_kubeconfig(), encoding="utf-8")
    own = {
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "only of this test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "KUBECONFIG": str(folder / "kubeconfig"),
    }
    return Engine(project, {**os.environ, **own})


def need_kubernetes_provider() -> None:
    """Skips the test where Pulumi's Kubernetes provider is not on PATH."""
    if not shutil.which("pulumi-resource-kubernetes"):
        need(
            "pulumi-kubernetes",
            "needs pulumi-resource-kubernetes on PATH: https://github.com/pulumi/pulumi-kubernetes/releases",
        )


def edit_stack(engine: Engine, stack: str, key: str, value: object) -> None:
    """Sets a key of the copied stack file."""
    path = engine.project / "stacks" / f"Pulumi.{stack}.yaml"
    document = plain_yaml.load(path.read_text(encoding="utf-8"))
    document["config"][f"slostack:{key}"] = value
    path.write_text(plain_yaml.dump(document), encoding="utf-8")


def _forget_secrets(path: Path) -> None:
    """Drops what the owner of a stack may have encrypted in its file with another passphrase."""
    document = plain_yaml.load(path.read_text(encoding="utf-8"))
    document.pop("encryptionsalt", None)
    config = document["config"]
    document["config"] = {k: v for k, v in config.items() if not (isinstance(v, dict) and set(v) == {"secure"})}
    path.write_text(plain_yaml.dump(document), encoding="utf-8")


def _kubeconfig() -> str:
    """Every stack's context, all leading to a port where nothing answers: enough for a preview, useless for an up."""
    contexts = [
        context
        for path in sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
        if (context := _context(plain_yaml.load(path.read_text(encoding="utf-8"))))
    ]
    (port,) = free_ports(1)
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "none", "cluster": {"server": f"https://127.0.0.1:{port}"}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": name, "context": {"cluster": "none", "user": "nobody"}} for name in contexts],
    }
    return plain_yaml.dump(document)


def _context(stack: dict[str, Any]) -> str | None:
    return dict(stack["config"].get("slostack:kubernetes", {})).get("context")

"""A copy of this project with a stack of its own, on ports that are free."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from slostack import plain_yaml
from slostack.deploy.local import status
from slostack.deploy.local.processes import own_processes, stop_processes
from slostack.deploy.local.state_folder import StateFolder
from slostack.settings import Ports
from tests.processes import free_ports

SOURCE = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from slostack.cli import main; main()")
UP_SECONDS = 180
_COPIED = ("Pulumi.yaml", "teams.yaml", "slos", "alert_rules", "dashboards", "runbooks")


@dataclass(frozen=True)
class Project:
    """A project whose stack on this machine is the test's own."""

    root: Path
    ports: Ports

    @property
    def folder(self) -> StateFolder:
        return StateFolder.of(self.root)

    def url(self, server: str) -> str:
        """The base URL of a server by the name of its port, such as `prometheus`."""
        return f"http://127.0.0.1:{getattr(self.ports, server)}"

    def start(self, *arguments: str, own_group: bool = False) -> subprocess.Popen[str]:
        """A `slostack` command that runs meanwhile; what it prints, errors too, is its stdout. In a process group of
        its own it can be interrupted as a terminal does, with everything that it started there."""
        return subprocess.Popen(
            [*COMMAND, "--root", str(self.root), *arguments],
            cwd=SOURCE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0 if own_group else None,
        )

    def run(self, *arguments: str, exit_code: int = 0) -> str:
        """The output of a `slostack` command that ends as expected."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=UP_SECONDS)
        assert process.returncode == exit_code, output
        assert "Traceback" not in output, output
        return output

    def set(self, key: str, value: Any) -> None:
        """Writes one of the settings of the stack."""
        document = plain_yaml.load(self.settings_file.read_text())
        document["config"][f"slostack:{key}"] = value
        self.settings_file.write_text(plain_yaml.dump(document))

    def write_secret(self, server: str, name: str, value: str) -> None:
        """Writes the file of a secret that a server reads."""
        file = self.folder.secrets(server) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(value, encoding="utf-8")

    def set_local(self, **values: Any) -> None:
        """Writes the settings of the stack on this machine, besides its ports."""
        self.set("local", {**values, "ports": self.ports.model_dump(by_alias=True)})

    @property
    def settings_file(self) -> Path:
        return self.root / "stacks" / "Pulumi.local.yaml"

    def pids(self) -> dict[str, int]:
        """The process ids of the programs that run, by name."""
        stack = status(self.root)
        return {program.name: program.pid for program in stack.programs if program.pid} if stack else {}

    def is_ready(self) -> bool:
        """Whether every program is ready."""
        stack = status(self.root)
        return bool(stack and stack.ready)

    def processes(self) -> list[psutil.Process]:
        """Every process of the stack, however it was started."""
        return own_processes(self.folder)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What Prometheus answers to an instant query."""
        answer = requests.get(f"{self.url('prometheus')}/api/v1/query", params={"query": expression}, timeout=10)
        answer.raise_for_status()
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result

    def end(self) -> None:
        """Leaves no process, whatever the test did."""
        stop_processes(self.folder, print)


def make_project(root: Path, **local: Any) -> Project:
    """A copy of this project's inputs and generated files in a new folder; the demo plays LearnSnap alone."""
    root.mkdir(parents=True)
    for name in _COPIED:
        if (SOURCE / name).is_dir():
            shutil.copytree(SOURCE / name, root / name)
        else:
            shutil.copy(SOURCE / name, root / name)
    names = [field.alias or name for name, field in Ports.model_fields.items()]
    project = Project(root, Ports.model_validate(dict(zip(names, free_ports(len(names)), strict=True))))
    project.settings_file.parent.mkdir()
    project.settings_file.write_text("config: {slostack:environment: local, slostack:delivery: local}")
    project.set_local(**{"demo": ["learnsnap"], **local})
    return project


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """The condition's first true value; fails the test where none comes in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(seconds / 300)
    return value

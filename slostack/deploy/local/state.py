"""What of the stack really runs on this machine."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slostack.deploy.local.deployed import Deployed, read_deployed
from slostack.deploy.local.install import installed_digest
from slostack.deploy.local.programs import Program
from slostack.deploy.local.readiness import is_ready
from slostack.deploy.local.secrets import secret_file
from slostack.deploy.local.state_folder import StateFolder
from slostack.deploy.local.supervisor import Process, SupervisorUnreachable, connect
from slostack.deploy.secrets import GRAFANA_ADMIN_PASSWORD


@dataclass(frozen=True)
class ProgramState:
    """A program as it is now: `ready`, or what it is instead; `note` says more, or what to do."""

    name: str
    state: str
    version: str | None
    url: str | None
    pid: int | None
    note: str

    @property
    def ready(self) -> bool:
        return self.state == "ready"


@dataclass(frozen=True)
class LocalStack:
    """The stack as it is now; `digest` tells apart the files that its servers read.

    `absent` are servers that can't run on this machine; the stack is complete without them.
    """

    environment: str
    programs: tuple[ProgramState, ...]
    absent: tuple[ProgramState, ...]
    digest: str

    @property
    def ready(self) -> bool:
        """Whether everything runs that should."""
        return all(program.ready for program in self.programs)


def status(root: Path) -> LocalStack | None:
    """The stack's state; None while it is meant to be down."""
    folder = StateFolder.of(root)
    deployed = read_deployed(folder)
    return state_of(folder, deployed) if deployed else None


def running_stack(root: Path) -> LocalStack | None:
    """The stack's state; None while none of its programs runs, whatever is meant."""
    stack = status(root)
    return stack if stack and any(program.pid for program in stack.programs) else None


def state_of(folder: StateFolder, deployed: Deployed) -> LocalStack:
    """The state of what was deployed."""
    processes: dict[str, Process] = {}
    if supervisor := connect(folder):
        with suppress(SupervisorUnreachable):
            processes = supervisor.processes()
    return LocalStack(
        environment=deployed.environment,
        programs=tuple(_program_state(folder, program, processes.get(program.name)) for program in deployed.programs),
        absent=tuple(
            ProgramState(name, "not running", None, None, None, reason) for name, reason in deployed.absent.items()
        ),
        digest=installed_digest(folder),
    )


def _program_state(folder: StateFolder, program: Program, process: Process | None) -> ProgramState:
    log = f"see {folder.log(program.name)}"
    if process is None or process.pid is None:
        state, note = "not running", log if process else "`slostack up` starts it"
    elif is_ready(program):
        state, note = "ready", _hint(folder, program)
    else:
        state, note = "starting" if process.state == "STARTING" else "not ready", log
    return ProgramState(program.name, state, program.version, program.url, process.pid if process else None, note)


def _hint(folder: StateFolder, program: Program) -> str:
    if program.name == "grafana":
        return f"user admin, password in {secret_file(folder, GRAFANA_ADMIN_PASSWORD)}"
    return ""

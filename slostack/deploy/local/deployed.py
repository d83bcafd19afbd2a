"""What the last `up` put in place, written down for `status` and for the next `up`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from slostack.deploy.local.programs import Program
from slostack.deploy.local.state_folder import StateFolder
from slostack.errors import SlostackError
from slostack.files import write_atomically


@dataclass(frozen=True)
class Deployed:
    """The programs that should run in an environment, and why others can't."""

    environment: str
    programs: tuple[Program, ...]
    absent: Mapping[str, str]


def write_deployed(folder: StateFolder, deployed: Deployed) -> None:
    """Remembers what should run from now on."""
    write_atomically(folder.deployed, json.dumps(asdict(deployed), indent=2) + "\n", mode=0o600)


def read_deployed(folder: StateFolder) -> Deployed | None:
    """What should run; None while nothing should. Raises SlostackError where the file is damaged."""
    try:
        data = json.loads(folder.deployed.read_text(encoding="utf-8"))
        programs = tuple(Program(**{**program, "command": tuple(program["command"])}) for program in data["programs"])
        return Deployed(data["environment"], programs, data["absent"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SlostackError(
            f"{folder.deployed}: can't be read ({error}), expected what `slostack up` wrote; delete it and start again"
        ) from None


def forget_deployed(folder: StateFolder) -> None:
    """Nothing should run any more."""
    folder.deployed.unlink(missing_ok=True)

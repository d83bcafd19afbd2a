"""Which scenarios are switched on: a file that the command line writes and the workload reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from slostack.demo.locks import HeldError, locked
from slostack.demo.scenarios import SCENARIOS, find, of_service
from slostack.errors import SlostackError
from slostack.files import write_atomically

STATE_FILE = "scenarios.json"
_PLAYED_FILE = "played.json"
_RUNNING_LOCK = "running.lock"
_WRITING_LOCK = "scenarios.lock"

Switches = Mapping[str, Mapping[str, float]]
"""By service and scenario the Unix time since which it is switched on."""


def state_folder(root: Path) -> Path:
    """Where the demo of the stack on this machine keeps its state, in the project at `root`."""
    return root / ".slostack" / "local" / "data" / "demo"


def read_switches(folder: Path) -> Switches:
    """What is switched on; raises SlostackError where the file holds something else."""
    path = folder / STATE_FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {
            service: {find(service, name).name: float(since) for name, since in scenarios.items()}
            for service, scenarios in data.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, SlostackError) as error:
        raise SlostackError(
            f"{path}: can't be read ({error}), expected what `slostack demo break` wrote; delete it to heal everything"
        ) from None


def switch_on(folder: Path, service: str, name: str, now: float) -> bool:
    """Breaks a service; False if it already was broken that way. Raises SlostackError for unknown names."""
    find(service, name)
    with locked(folder / _WRITING_LOCK, timeout=10):
        switches = read_switches(folder)
        broken = switches.get(service, {})
        if name in broken:
            return False
        _write(folder, {**switches, service: {**broken, name: now}})
        return True


def switch_off(folder: Path, service: str, name: str | None = None) -> tuple[str, ...]:
    """Heals one scenario of a service, or all of them: those that were on. Raises SlostackError for unknown names."""
    of_service(service)
    if name is not None:
        find(service, name)
    with locked(folder / _WRITING_LOCK, timeout=10):
        switches = read_switches(folder)
        broken = switches.get(service, {})
        healed = tuple(known for known in broken if name in (None, known))
        if healed:
            _write(folder, {**switches, service: {k: since for k, since in broken.items() if k not in healed}})
        return healed


@contextmanager
def running(folder: Path, services: Iterable[str]) -> Iterator[None]:
    """Tells `played` that a workload plays services on this state; that ends however the process ends.

    Raises SlostackError where another workload does.
    """
    try:
        with locked(folder / _RUNNING_LOCK, timeout=2):
            write_atomically(folder / _PLAYED_FILE, json.dumps(list(services)))
            yield
    except HeldError:
        raise SlostackError(f"another demo already runs on {folder}, expected one at a time; stop it first") from None


def played(folder: Path) -> tuple[str, ...]:
    """The services that a workload plays on this state; none where none runs."""
    if not (folder / _RUNNING_LOCK).exists():
        return ()
    try:
        with locked(folder / _RUNNING_LOCK, timeout=0):
            return ()
    except HeldError:
        with suppress(FileNotFoundError):  # it begins just now
            return tuple(json.loads((folder / _PLAYED_FILE).read_text(encoding="utf-8")))
        return ()


def _write(folder: Path, switches: Switches) -> None:
    known = {service: dict(switches.get(service, {})) for service in SCENARIOS}
    write_atomically(folder / STATE_FILE, json.dumps(known, indent=2, sort_keys=True) + "\n")

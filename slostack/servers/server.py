"""What obtaining a server gives, and how it says what it does and why it can't."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slostack.errors import SlostackError

Report = Callable[[str], None]
"""Takes one line for the user, without its newline; may be called from another thread."""

Origin = Literal["path", "cache", "release", "module"]


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that can be run: its real version, its executables by name, its home where it needs one."""

    name: str
    version: str
    binaries: Mapping[str, Path]
    origin: Origin
    home: Path | None = None


class ServerUnavailable(SlostackError):  # noqa: N818
    """No way gave the server; the message lists every way that was tried, and what to do."""


class WayFailed(Exception):  # noqa: N818
    """One way to get a server did not work, for the reason in the message; the next one is tried."""


def operating_system() -> str:
    """This machine's system as publishers name it in their archives: linux, darwin."""
    return platform.system().lower()


def architecture() -> str:
    """This machine's processor as publishers name it in their archives: amd64, arm64, …"""
    machine = platform.machine().lower()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)

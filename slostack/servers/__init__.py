"""The servers of the stack: which versions are pinned, and how this machine gets them."""

from collections.abc import Mapping
from pathlib import Path

from slostack.errors import SlostackError
from slostack.servers.server import Report, Server, ServerUnavailable
from slostack.servers.versions import ServerVersion, pinned
from slostack.servers.ways import obtain_pinned

__all__ = ["Report", "Server", "ServerUnavailable", "ServerVersion", "obtain", "obtain_binary", "versions"]


def versions() -> Mapping[str, ServerVersion]:
    """The pinned version of every server, by the server's name."""
    return pinned().servers


def obtain(name: str, report: Report) -> Server:
    """Get a server: from PATH, the cache, its release or its Go module. Raises ServerUnavailable."""
    if name not in versions():
        raise SlostackError(f"no server {name!r}; the pinned ones are {', '.join(versions())}")
    return obtain_pinned(versions()[name], pinned().go, report)


def obtain_binary(binary: str, report: Report) -> Path:
    """Get one executable, such as promtool, by its server. Raises ServerUnavailable."""
    for name, pin in versions().items():
        if binary in pin.binaries:
            return obtain(name, report).binaries[binary]
    raise SlostackError(f"no pinned server gives {binary!r}; see slostack/servers/versions.yaml")

"""The ways to get a server, in their order, and what is said about each."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from slostack.servers.cache import cache_root, find_in_cache, only_writer, server_folder, whole_or_nothing
from slostack.servers.on_path import find_on_path
from slostack.servers.server import Origin, Report, Server, ServerUnavailable, WayFailed
from slostack.servers.versions import GoWheel, ServerVersion
from slostack.shipped import shipped

TOOLS = shipped("tools")


def obtain_pinned(pin: ServerVersion, wheel: GoWheel, report: Report, tools: Path = TOOLS) -> Server:
    """From PATH, the cache, the publisher's release or the Go module. Raises ServerUnavailable."""
    try:
        return find_on_path(pin)
    except WayFailed as failure:
        not_on_path = str(failure)
    if cached := find_in_cache(pin):
        return cached
    try:
        with only_writer(server_folder(pin).parent, str(pin), report):
            return find_in_cache(pin) or _fetch_or_build(pin, wheel, tools, not_on_path, report)
    except OSError as error:
        raise ServerUnavailable(
            f"{pin}: {not_on_path}, and the cache {cache_root()} can't be written: {error}. "
            "Free or choose another folder with SLOSTACK_CACHE."
        ) from error


def _fetch_or_build(pin: ServerVersion, wheel: GoWheel, tools: Path, not_on_path: str, report: Report) -> Server:
    from slostack.servers.go_module import build_module
    from slostack.servers.release import download_release  # imports requests, which most runs don't need

    report(f"{pin}: {not_on_path}; not in the cache; downloading its release")
    try:
        return _install(pin, "release", lambda folder: download_release(pin, folder, report), report)
    except WayFailed as failure:
        no_release = str(failure)
    if pin.module:
        report(f"{pin}: no release ({no_release}); building from its Go module, {pin.module.build_time}")
    try:
        return _install(pin, "module", lambda folder: build_module(pin, tools, wheel, folder, report), report)
    except WayFailed as failure:
        no_module = str(failure)
    advice = f"Install {' and '.join(pin.binaries)} {pin.accepts} on PATH"
    if pin.home:
        advice += f" or set {pin.home.variable} to its folder"
    raise ServerUnavailable(
        f"{pin} can't be had:\n"
        f"  PATH: {not_on_path}\n"
        f"  cache: not in {server_folder(pin)}\n"
        f"  release: {no_release}\n"
        f"  Go module: {no_module}\n"
        f"{advice}, or try again with a network."
    )


def _install(pin: ServerVersion, origin: Origin, fill: Callable[[Path], None], report: Report) -> Server:
    with whole_or_nothing(server_folder(pin)) as folder:
        fill(folder)
    server = find_in_cache(pin)
    if server is None:
        raise WayFailed(f"it does not hold what {pin.name} needs")
    report(f"{pin}: ready, from its {'Go module' if origin == 'module' else origin}")
    return replace(server, origin=origin)

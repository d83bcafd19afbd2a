"""Folders of ConfigMaps and Secrets as the kubelet lays them out and updates them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

_DATA = "..data"


def write_volume(folder: Path, files: Mapping[str, str]) -> None:
    """Puts files into a mounted folder, or replaces them all at once.

    Each file is a link through `..data`, itself a link to a folder of its own for every version, whose replacement is
    what an update is: the order of steps is that of the kubelet (pkg/volume/util/atomic_writer.go).
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / _DATA
    before = data.resolve() if data.is_symlink() else None
    version = folder / f"..{time.time_ns()}"
    version.mkdir()
    for name, text in files.items():
        (version / name).write_text(text, encoding="utf-8")
    fresh = folder / "..data_tmp"
    fresh.symlink_to(version.name)
    fresh.rename(data)
    for name in files:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"{_DATA}/{name}")
    for path in folder.iterdir():
        if path.is_symlink() and path != data and path.name not in files:
            path.unlink()
    if before:
        shutil.rmtree(before)

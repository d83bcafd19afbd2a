"""No key of an imported file is ignored unseen: another value changes what comes out, or the key is listed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml

from slostack import plain_yaml
from slostack.imports import import_files
from slostack.spec import SpecError
from slostack.spec.explain import dotted
from slostack.spec.source import KeyPath
from tests.unit.imports.reading import EXAMPLES

FILES = [
    "openslo/every-kind.yaml",
    "pyrra/getting-started.yaml",
    "pyrra/options.yaml",
    "sloth/getting-started.yaml",
    "sloth/kubernetes.yaml",
    "sloth/options.yaml",
]
SENTINEL = "sentinel-7"
WRONG: list[Any] = [[[]], "{{", -1]
FREE = ("labels", "annotations", "metadata", "options")
"""Mappings whose keys the writer of a file chooses, and what is listed as a whole."""


def documents(name: str) -> list[Any]:
    """The documents of an example as plain data."""
    return list(yaml.safe_load_all((EXAMPLES / name).read_text(encoding="utf-8")))


def leaves(data: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The paths of all single values."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from leaves(value, (*path, index))
    else:
        yield path


def mappings(data: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The paths of all mappings."""
    if isinstance(data, dict):
        yield path
        for key, value in data.items():
            yield from mappings(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from mappings(value, (*path, index))


def put(data: Any, path: KeyPath, value: Any) -> Any:
    """Nested data with another value at a path."""
    changed = copy.deepcopy(data)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def outcome(data: list[Any], folder: Path) -> tuple[str, set[tuple[int, str]]]:
    """All that an import says and writes, without the lines where keys are; and the keys that it left out, each with
    the number of its document."""
    file = folder / "a.yaml"
    text = yaml.dump_all(data, Dumper=plain_yaml.Dumper)
    file.write_text(text, encoding="utf-8")
    try:
        found = import_files([(file, "a.yaml")])
    except SpecError as error:
        return str(error), set()
    said = [f"{note.key}: {note.why}" for note in (*found.left, *found.assumed)]
    left = {(text.splitlines()[: note.line].count("---"), note.key) for note in found.left}
    return "\n".join([*found.slo_files.values(), *found.runbooks.values(), *said]), left


def is_listed(path: KeyPath, left: set[tuple[int, str]]) -> bool:
    """Whether a key, or a mapping that it is in, was left out by name."""
    return any(path[0] == number and dotted(path[1:]).startswith(key) for number, key in left)


@pytest.mark.parametrize("name", FILES)
def test_another_value_changes_what_comes_out_unless_its_key_is_listed(name: str, tmp_path: Path) -> None:
    data = documents(name)
    as_it_is, left = outcome(data, tmp_path)
    ignored = []
    for path in leaves(data):
        if not is_listed(path, left) and outcome(put(data, path, SENTINEL), tmp_path)[0] == as_it_is:
            ignored.append(dotted(path))
    assert ignored == []


@pytest.mark.parametrize("name", FILES)
def test_an_unknown_key_anywhere_is_a_mistake_or_listed(name: str, tmp_path: Path) -> None:
    data = documents(name)
    _, left = outcome(data, tmp_path)
    ignored = []
    for path in mappings(data):
        if is_listed(path, left) or path[-1] in FREE:
            continue
        said, _ = outcome(put(data, (*path, SENTINEL), 1), tmp_path)
        if f"{SENTINEL}: unknown key, expected one of " not in said and f"{SENTINEL}: " not in said:
            ignored.append(dotted(path))
    assert ignored == []


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_value_makes_no_other_key_unknown(name: str, tmp_path: Path) -> None:
    data = documents(name)
    for path, wrong in zip((*leaves(data), *mappings(data)), cycle(WRONG)):
        said = outcome(put(data, path, wrong), tmp_path)[0] if len(path) > 1 else ""
        assert "unknown key" not in said, dotted(path)

"""The burn-rate policies of a project, from the files in its policies/, or every mistake in them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from slostack.files import shown_path
from slostack.spec.explain import explain, only_bad_items
from slostack.spec.fields import NAME_PATTERN
from slostack.spec.folder import folder_files
from slostack.spec.policy import Policies, Policy, PolicyFile, shipped_policies
from slostack.spec.quantities import Duration
from slostack.spec.schema import schema_of
from slostack.spec.source import Problem, SpecError, parse_yaml, read_text

POLICY_FOLDER = "policies"


def load_policies(root: Path) -> tuple[Policies, tuple[Problem, ...]]:
    """The policies that SLOs of the project at `root` may name, and what is wrong with its own files.

    A policy whose file is wrong is there without tiers, so that nothing more is said of the SLOs that name it.
    """
    expected = f"policy files alone, as {POLICY_FOLDER}/<name>.yaml"
    files, misplaced = folder_files(root, POLICY_FOLDER, ".yaml", expected)
    problems = [*misplaced]
    known = dict(shipped_policies())
    for file in files:
        shown = shown_path(file, root)
        try:
            known[file.stem] = parse_policy(read_text(file, shown), shown)
        except SpecError as error:
            problems += error.problems
            known.setdefault(file.stem, _without_tiers(file.stem))
    return known, tuple(problems)


@lru_cache(maxsize=256)
def parse_policy(text: str, shown: str) -> Policy:
    """The policy of a file's text, named after the file; `shown` names it in errors, too. Raises SpecError."""
    name = PurePosixPath(shown).stem
    if name in shipped_policies():
        what = f"{name!r} is a policy of slostack itself, expected another name"
        raise SpecError((Problem(shown, 1, 1, what),))
    if not re.fullmatch(NAME_PATTERN, name):
        what = f"a policy named {name!r}, expected lower-case words joined by hyphens, such as fast-pages.yaml"
        raise SpecError((Problem(shown, 1, 1, what),))
    source = parse_yaml(text, shown)
    try:
        return Policy.of(name, PolicyFile.model_validate(source.data))
    except ValidationError as error:
        details = (detail for detail in error.errors() if not only_bad_items(detail))
        raise SpecError(tuple(explain(source, detail, PolicyFile) for detail in details)) from None


def _without_tiers(name: str) -> Policy:
    return Policy.model_construct(name=name, description="", period=Duration(30 * 86400), tiers=(), end=None)


def policy_file_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a policy file."""
    return schema_of(PolicyFile, "policy file")

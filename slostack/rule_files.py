"""The rule files alone, for projects of thousands of SLO files: none is kept in memory, and nothing else is made."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slostack.errors import SlostackError
from slostack.files import TEMPORARY
from slostack.parallel import in_chunks
from slostack.project import LOKI_RULE_FOLDER, RULE_FOLDER, STACK_RULES, THANOS_RULES, present_files, rule_files
from slostack.rules import render_stack_rules, render_thanos_rules
from slostack.spec import Problem, SpecError, load_policies
from slostack.spec.load import Job, load_with_jobs, repeated_jobs, slo_files


@dataclass(frozen=True)
class _Staged:
    """What became of some SLO files: mistakes, jobs, and the paths of their rule files and of those that change."""

    problems: tuple[Problem, ...]
    jobs: tuple[Job, ...]
    paths: tuple[str, ...]
    changed: tuple[str, ...]


def write_rule_files(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Writes and removes rule files as slos/ says; their paths in the project.

    Raises SpecError with all that is wrong, and then nothing has changed.
    """
    files, misplaced = slo_files(root)
    _, wrong_policies = load_policies(root)
    present = {path.relative_to(root).as_posix() for path in present_files(root, RULE_FOLDER, LOKI_RULE_FOLDER)}
    try:
        with tempfile.TemporaryDirectory(dir=root, prefix=".", suffix=TEMPORARY) as scratch:
            staging = Path(scratch)
            (staging / LOKI_RULE_FOLDER).mkdir(parents=True)
            chunks = [*in_chunks(partial(_stage, root, staging), files)]
            problems = [*misplaced, *wrong_policies, *(problem for chunk in chunks for problem in chunk.problems)]
            problems += repeated_jobs(job for chunk in chunks for job in chunk.jobs)
            if problems:
                raise SpecError(tuple(problems))
            changed = [path for chunk in chunks for path in chunk.changed]
            changed += _changed(root, staging, {STACK_RULES: render_stack_rules(), THANOS_RULES: render_thanos_rules()})
            for folder in {(root / path).parent for path in changed}:
                folder.mkdir(parents=True, exist_ok=True)
            for path in changed:
                (staging / path).replace(root / path)
        gone = present - {STACK_RULES, THANOS_RULES, *(path for chunk in chunks for path in chunk.paths)}
        for path in gone:
            (root / path).unlink(missing_ok=True)
    except OSError as error:
        raise SlostackError(f"can't write {RULE_FOLDER}/ ({error.strerror}), expected a writable folder") from None
    return tuple(sorted(changed)), tuple(sorted(gone))


def _stage(root: Path, staging: Path, files: Sequence[Path]) -> _Staged:
    """Judges SLO files and puts the rule files that change into the staging folder."""
    policies, _ = load_policies(root)
    problems: list[Problem] = []
    jobs: list[Job] = []
    paths: list[str] = []
    changed: list[str] = []
    for file in files:
        try:
            service, its_jobs = load_with_jobs(file, root, policies)
        except SpecError as error:
            problems += error.problems
            continue
        jobs += its_jobs
        rendered = rule_files(service)
        paths += rendered
        changed += _changed(root, staging, rendered)
    return _Staged(tuple(problems), tuple(jobs), tuple(paths), tuple(changed))


def _changed(root: Path, staging: Path, rendered: dict[str, str]) -> list[str]:
    """The paths of the texts that differ from the files in the project; those texts are put into the staging folder."""
    changed = [path for path, text in rendered.items() if _read(root / path) != text.encode()]
    for path in changed:
        (staging / path).write_bytes(rendered[path].encode())
    return changed


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None

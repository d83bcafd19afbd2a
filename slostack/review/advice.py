"""What to look at after an objective was changed: what it would have done, and pages that name the old one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from slostack.files import shown_path
from slostack.review.changes import Part, Review
from slostack.spec import RUNBOOK_FOLDER


def advice(review: Review) -> tuple[str, ...]:
    """A line for the backtest; none where no objective changed."""
    changed = any(True for _ in _old_objectives(review.parts))
    return ("`slostack backtest` shows which alerts the new objective would have fired",) if changed else ()


def stale_runbooks(root: Path, parts: Iterable[Part]) -> tuple[str, ...]:
    """Where runbooks of a service name, in percent, an objective that changed or its budget:
    `runbooks/api/down.md:3`."""
    return tuple(
        dict.fromkeys(place for service, old in _old_objectives(parts) for place in _naming(root, service, old))
    )


def _old_objectives(parts: Iterable[Part]) -> Iterator[tuple[str, float]]:
    for part in parts:
        for change in (change for section in part.sections for change in section.changes if part.is_service):
            for detail in change.details:
                if detail.field == "objective" and detail.before and detail.after:
                    yield part.title, float(detail.before.split()[0])


def _naming(root: Path, service: str, objective: float) -> Iterator[str]:
    """Where a service's runbooks have the objective or its budget, in percent."""
    figures = "|".join(re.escape(f"{figure:.10g}") for figure in (objective, 100 - objective))
    named = re.compile(rf"(?<![0-9.])(?:{figures})\s?%")
    for path in sorted((root / RUNBOOK_FOLDER / service).glob("*.md")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if named.search(line):
                yield f"{shown_path(path, root)}:{number}"

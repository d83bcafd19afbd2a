"""A review as JSON, for other programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from slostack.review.changes import Change, Review


def as_json(review: Review) -> str:
    """One object; what a field lacks on one side is null there."""
    document = {
        "base": review.revision,
        "notes": review.notes,
        "stacks": dict(review.touched),
        "samples_per_30s": {
            "basis": review.costs.basis,
            "parts": {title: {"before": before, "after": after} for title, before, after in review.costs.samples},
        },
        "stale_runbooks": review.stale_runbooks,
        "parts": [
            {
                "title": part.title,
                "kind": part.kind,
                "sections": [
                    {"title": section.title, "changes": list(map(_change, section.changes))}
                    for section in part.sections
                ],
            }
            for part in review.parts
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _change(change: Change) -> Mapping[str, Any]:
    return {
        "kind": change.kind,
        "group": change.group or None,
        "names": change.names,
        "details": [
            {
                "field": detail.field,
                "before": detail.before,
                "after": detail.after,
                "meaning": detail.meaning or None,
                "risk": detail.is_risk,
            }
            for detail in change.details
        ],
    }

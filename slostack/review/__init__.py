"""What an edit of SLO files changes, by name: SLOs, alerts, recording rules and dashboard panels."""

from __future__ import annotations

from slostack.review.advice import advice
from slostack.review.changes import Change, Detail, Part, Review, Section
from slostack.review.compare import review
from slostack.review.html import as_html
from slostack.review.markdown import as_markdown
from slostack.review.plain import as_json
from slostack.review.terminal import as_text

__all__ = [
    "Change",
    "Detail",
    "Part",
    "Review",
    "Section",
    "advice",
    "as_html",
    "as_json",
    "as_markdown",
    "as_text",
    "review",
]

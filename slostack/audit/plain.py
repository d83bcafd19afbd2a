"""Scorecards as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from slostack.audit.scorecard import CategoryScore, Scorecard


def as_json(cards: Iterable[Scorecard]) -> str:
    """One object: `services`, each with its score (0 to 10), its categories with their points, and its coverage."""
    return json.dumps({"services": [_card(card) for card in cards]}, indent=2, ensure_ascii=False) + "\n"


def _card(card: Scorecard) -> Mapping[str, Any]:
    return {
        "service": card.service,
        "team": card.team,
        "source": card.source,
        "score": round(card.score, 2),
        "categories": {each.category: _category(each) for each in card.categories},
        "coverage": {
            row.row: {
                "title": row.title,
                "health_check": row.health.state,
                "alert": row.alert.state,
                "panel": row.panel.state,
            }
            for row in card.coverage
        },
        "without": card.without,
        "untold": card.untold,
        "waiting": card.waiting,
        "unseen": [{"category": category, "asks": asks} for category, asks in card.unseen],
    }


def _category(category: CategoryScore) -> Mapping[str, Any]:
    attested = category.attested
    return {
        "score": round(category.score, 2),
        "attested": {"date": attested.date.isoformat(), "link": attested.link} if attested else None,
        "points": [
            {
                "asks": point.asks,
                "state": point.state,
                "worth": round(point.worth, 3),
                "lacking": point.lacking,
                "next": point.next if point.worth < 1 else None,
            }
            for point in category.points
        ],
    }

"""Known incidents beside the alerts that fired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from slostack.backtest.incidents import Incident
from slostack.backtest.model import Detection, Firing, Outcome


def detected(outcome: Outcome, incidents: Iterable[Incident]) -> Outcome:
    """The outcome with what its alerts made of incidents: each is caught by the first alert that begins within it, or
    by a page that somebody was already working on; a ticket that was open before tells nobody of it."""
    return replace(outcome, detections=tuple(detection(incident, outcome.firings) for incident in incidents))


def detection(incident: Incident, firings: Iterable[Firing]) -> Detection:
    """What firings made of one incident."""
    start, end = incident.start.timestamp(), incident.end.timestamp()
    within = [
        each
        for each in firings
        if start <= each.start < end or (each.is_page and each.start < start and (each.end is None or each.end > start))
    ]
    first = min(within, key=lambda firing: firing.start, default=None)
    page = min((each.start for each in within if each.is_page), default=None)
    return Detection(
        incident=incident,
        first=first,
        seconds=None if first is None else max(first.start - start, 0.0),
        paged_after=None if page is None else max(page - start, 0.0),
    )

"""Known incidents: every mistake in their file has a place, and which alert tells of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slostack.backtest import load_incidents
from slostack.backtest.detections import detected
from slostack.backtest.model import Firing, Outcome
from slostack.spec import SpecError
from tests.unit.backtest.example import BEFORE, at, firing, incident

A_TIME = "a time with its zone, such as 2026-11-03T10:15:00Z"
AN_INCIDENT = "a mapping with title, service, start and end"
A = "title: a, service: api, start: 2026-11-03T10:15:00Z"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("incidents: []", "i.yaml:1:12: incidents: an empty list, expected a list of at least one incident"),
        ("incidents: 3", "i.yaml:1:12: incidents: 3 (a number), expected a list of at least one incident"),
        ("{}", "i.yaml:1:1: incidents: missing, expected a list of at least one incident"),
        ("incidents: [3]", f"i.yaml:1:13: incidents[0]: 3 (a number), expected {AN_INCIDENT}"),
        (f"incidents: [{{{A}}}]", f"i.yaml:1:13: incidents[0].end: missing, expected {A_TIME}"),
        (
            f"incidents: [{{{A}, end: 2026-11-03}}]",
            f"i.yaml:1:72: incidents[0].end: 2026-11-03 (a date), expected {A_TIME}",
        ),
        (
            f"incidents:\n  - {{{A}, end: 2026-11-03T10:00:00Z}}",
            "i.yaml:2:64: incidents[0].end: 2026-11-03T10:00:00+00:00, expected a time after its start "
            "(2026-11-03T10:15:00+00:00)",
        ),
        (
            f"incidents: [{{{A}, end: 2026-11-03T11:00:00Z, Slo: x}}]",
            "i.yaml:1:99: incidents[0].Slo: unknown key, expected one of title, service, slo, start, end",
        ),
    ],
)  # fmt: skip
def test_a_mistake_has_a_place(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "i.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as error:
        load_incidents(file, "i.yaml")
    assert str(error.value).splitlines() == [problem]


def test_incidents_are_held_against_their_service_and_slo(tmp_path: Path) -> None:
    file = tmp_path / "i.yaml"
    file.write_text(f"incidents: [{{{A}, end: 2026-11-03T11:15:00+01:00, slo: b}}]".replace("10:15", "09:15"))
    (found,) = load_incidents(file, "i.yaml")
    assert (found.end - found.start).total_seconds() == 3600
    assert [found.concerns(*each) for each in (("api", "b"), ("api", "c"), ("web", "b"))] == [True, False, False]


def test_the_first_alert_that_begins_within_an_incident_tells_of_it() -> None:
    start = at(3, "10:00:00")
    late, early = firing("page-1h", start + 300, 600), firing("ticket-1d", start + 120, 60)
    (found,) = outcome(late, early).detections
    assert (found.first, found.seconds, found.paged_after) == (early, 120, 300)


def test_a_page_that_was_open_tells_and_a_ticket_that_was_open_does_not() -> None:
    start = at(3, "10:00:00")
    (found,) = outcome(firing("ticket-3d", start - 600, None)).detections
    assert found.first is None
    (found,) = outcome(firing("page-6h", start - 600, 700)).detections
    assert (found.seconds, found.paged_after) == (0, 0)


def test_an_alert_outside_an_incident_tells_nothing_of_it() -> None:
    start = at(3, "10:00:00")
    found = outcome(firing("page-5m", start - 600, 600), firing("page-5m", start + 3600, 60))
    assert (found.detections[0].first, found.caught) == (None, 0)


def test_page_tiers_that_fire_together_are_one_page() -> None:
    start = at(3, "10:00:00")
    found = outcome(
        firing("page-5m", start, 600), firing("page-1h", start + 300, 900), firing("ticket-1d", start, None),
        firing("page-1h", start + 1201, None),
    )  # fmt: skip
    assert [(page.start - start, page.end - start) for page in found.pages] == [(0, 1200), (1201, float("inf"))]
    assert found.pages_per_week == pytest.approx(0.5)


def outcome(*firings: Firing) -> Outcome:
    """The outcome with these firings, against an incident of an hour at ten."""
    return detected(replace(BEFORE, firings=firings), [incident("x", at(3, "10:00:00"), 60)])

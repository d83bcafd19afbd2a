"""Which SLOs an edit changes, and which of them go on with what was recorded."""

from __future__ import annotations

import pytest

from slostack.backtest.subjects import Subject, chosen, subjects
from slostack.errors import SlostackError
from slostack.spec import parse_service
from tests.unit.spec.files import RIGHT, edited


def of(old: str, new: str) -> tuple[Subject, ...]:
    """The subjects of the right file and an edit of it."""
    before, after = (parse_service(text, "api.yaml") for text in (RIGHT, edited(old, new)))
    return subjects({"api": before}, {"api": after})


@pytest.mark.parametrize(
    ("old", "new", "changed", "same_sli"),
    [
        ("objective: 99.9", "objective: 99.5", True, True),
        ("window: 30d", "window: month", True, True),
        ("page: critical", "page: none", True, True),
        ("job=", "task=", True, False),
        ("total: 'r{job", "total: 'r2{job", True, False),
        ("interval: 15s", "interval: 75s", True, False),  # counts look back at the pace of scrapes
        ("timeout: 10s", "timeout: 5s", True, False),
        ("description: It answers", "description: It does", False, True),
        ("team: core", "team: other", False, True),
    ],
)
def test_an_edit_changes_what_is_judged_or_alerted_on(old: str, new: str, changed: bool, same_sli: bool) -> None:
    (subject,) = of(old, new)
    assert subject.before
    assert subject.after
    assert (subject.is_changed, subject.before.sli == subject.after.sli) == (changed, same_sli)
    assert len(subject.versions) == (2 if changed else 1)


def test_a_renamed_slo_goes_on_with_what_was_recorded() -> None:
    (subject,) = of("name: availability", "name: success")
    assert subject.after
    assert (subject.slo, subject.after.slo.name) == ("success", "availability")
    assert not subject.is_changed


def test_new_and_removed_slos_have_one_side() -> None:
    service = parse_service(RIGHT, "api.yaml")
    (new,), (gone,) = subjects({}, {"api": service}), subjects({"api": service}, {})
    assert (new.before, gone.after) == (None, None)
    assert new.is_changed
    assert gone.is_changed


def test_slos_are_chosen_by_service_or_by_name() -> None:
    every = of("objective: 99.9", "objective: 99.5")
    assert chosen(every, ["api", "api/availability"]) == every
    with pytest.raises(
        SlostackError, match=r"^no SLO 'api/x', expected a service or service/slo of slos/ such as api/availability$"
    ):
        chosen(every, ["api/x"])

"""What people attest stands for what nothing shows, for a while, and never for what is looked for in vain."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from slostack.audit.scorecard import Evidence, judged
from tests.unit.audit.example import FULL, TODAY, all_there, card, category, made, without_series

MISSING, UNSEEN = Evidence("a", configured=False), Evidence("b", configured=True, seen=None)
ABSENT, MET = Evidence("c", configured=True, seen=False), Evidence("d", configured=True)


def attesting(name: str, day: str) -> str:
    return f"{FULL}attested: {{{name}: {{date: {day}, link: 'https://wiki.example/x'}}}}\n"


@pytest.mark.parametrize(
    ("day", "score"),
    [
        ("2026-11-30", 10.0),
        ("2026-09-01", 10.0),  # 90 days ago
        ("2026-08-31", 5.0),
        ("2020-01-01", 5.0),
        ("2026-12-01", 0.0),  # not yet
    ],
)
def test_a_category_without_evidence_scores_by_its_attestation(tmp_path: Path, day: str, score: float) -> None:
    of = made(tmp_path, attesting("graceful-degradation", day))
    assert category(card(of, all_there(of)), "graceful-degradation").score == score
    assert category(card(made(tmp_path), None), "graceful-degradation").score == 0


def test_an_attestation_does_not_stand_for_what_is_looked_for_in_vain(tmp_path: Path) -> None:
    of = made(tmp_path, attesting("backups", "2026-11-29"))
    whole = all_there(of)
    assert category(card(of, whole), "backups").score == 10
    found = category(card(of, without_series(whole, "backup_")), "backups")
    assert [point.state for point in found.points] == ["absent", "absent", "attested", "attested"]
    assert found.score == 5


def test_an_old_attestation_takes_nothing_from_better_evidence(tmp_path: Path) -> None:
    of = made(tmp_path, attesting("backups", "2020-01-01"))
    found = category(card(of, all_there(of), TODAY), "backups")
    assert [point.worth for point in found.points] == [1, 1, 0.5, 0.5]


@pytest.mark.parametrize(
    ("evidence", "need", "attested", "state", "worth", "lacking"),
    [
        ((), "any", 0, "missing", 0, ()),
        ((), "any", 1, "attested", 1, ()),
        ((MISSING, MET), "any", 0, "met", 1, ()),
        ((MISSING, MET), "all", 0, "partly", 0.5, ("a",)),
        ((UNSEEN, MET), "all", 0, "unseen", 0.75, ("b",)),
        ((UNSEEN, MET), "all", 1, "attested", 1, ()),
        ((UNSEEN,), "any", 0.5, "unseen", 0.5, ("b",)),
        ((MISSING, ABSENT), "any", 0, "absent", 0, ("c",)),
        ((MISSING, ABSENT), "any", 1, "absent", 0, ("c",)),
        ((ABSENT, MET, UNSEEN), "all", 1, "partly", 0.5, ("c",)),
        ((ABSENT, MISSING), "all", 0, "absent", 0, ("c", "a")),
        ((MISSING,), "all", 0.5, "attested long ago", 0.5, ()),
    ],
)
def test_a_point_is_its_best_evidence_or_all_of_it(
    evidence: tuple[Evidence, ...], need: str, attested: float, state: str, worth: float, lacking: tuple[str, ...]
) -> None:
    point = judged("asks", evidence, "all" if need == "all" else "any", "do it", attested)
    assert (point.state, point.worth, point.lacking) == (state, worth, lacking)


def test_the_day_of_the_attestation_is_the_files(tmp_path: Path) -> None:
    found = category(card(made(tmp_path, attesting("logging", "2026-10-02")), None), "logging")
    assert found.attested
    assert (found.attested.date, found.attested.link) == (date(2026, 10, 2), "https://wiki.example/x")

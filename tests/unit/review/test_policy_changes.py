"""An edit of a policy file: what it changes tier by tier, and the alerts of every SLO that it reaches."""

from __future__ import annotations

import pytest

from tests.unit.review.conftest import Repository
from tests.unit.spec.files import RIGHT

POLICY = """\
# Two tiers.
description: One page, one ticket
period: 30d
tiers:
  - {kind: page, burn: 10, long: 1h, short: 5m}
  - {kind: ticket, burn: 2, long: 1d, short: 2h}
"""
PATH = "policies/fast.yaml"


@pytest.fixture
def alerted(repository: Repository) -> Repository:
    """A repository with a policy that two services name, and one that doesn't."""
    own = RIGHT.replace("policy: google", "policy: fast")
    repository.write(PATH, POLICY)
    repository.write("slos/api.yaml", own)
    for name, text in (("jobs", own), ("web", RIGHT)):
        repository.write(f"slos/{name}.yaml", text.replace("api", name))
        repository.write(f"runbooks/{name}/burn.md", "# Burn\n")
    repository.commit()
    return repository


def titles(repository: Repository) -> list[str]:
    return [part.title for part in repository.review().parts]


def test_nothing_edited_is_nothing_changed(alerted: Repository) -> None:
    assert alerted.review().parts == ()
    alerted.edit("# Two tiers.", "# Tiers: two.", PATH)
    alerted.edit("burn: 10,", "burn: 10.0,", PATH)
    assert alerted.review().parts == ()


def test_an_edited_tier_is_told_in_words_with_the_alerts_that_it_changes(alerted: Repository) -> None:
    alerted.edit("burn: 10", "burn: 14.4", PATH)
    lines = alerted.lines()
    assert titles(alerted) == [PATH, "api", "jobs"]
    assert lines[: lines.index("api")] == [
        PATH,
        "Policy",
        "~ fast: alerts api/availability, jobs/availability",
        "Tiers",
        "~ page-1h",
        "fires while the budget burns 10 times too fast → 14.4 times too fast",
        "when an even burn has spent 1.39 % of the budget → 2 % of the budget",
    ]
    assert "~ ErrorBudgetBurn availability / page-1h: fires above 1 % errors → 1.44 % errors" in lines


def test_tiers_that_come_and_go(alerted: Repository) -> None:
    alerted.edit("long: 1d, short: 2h", "long: 3d, short: 6h, optional: true", PATH)
    alerted.edit("period: 30d", "period: 28d\nend: {burn: 1, windows: [5m], expected_failures: 10}", PATH)
    lines = alerted.lines()
    own = lines[: lines.index("api")]
    assert "for an SLO over 30d → 28d" in own
    ends = "all at once, at a burn of at most 1 over 5m if 10 failures would be expected there"
    assert own[own.index("pages end:") :][1:3] == ["each with its own windows", f"→ {ends}"]
    assert own[own.index("+ ticket-3d") :] == [
        "+ ticket-3d",
        "fires while the budget burns 2 times too fast",
        "over 3d and 6h",
        "when an even burn has spent 21.4 % of the budget",
        "left out where it can't be reached",
        "- ticket-1d",
    ]
    added = lines.index("+ ErrorBudgetBurn availability / ticket-3d")
    assert lines[added + 1 : added + 3] == ["fires above 0.214 % errors", "severity medium"]


def test_a_policy_that_is_added_and_named(repository: Repository) -> None:
    repository.write(PATH, POLICY)
    assert repository.lines()[:4] == [
        f"+ {PATH} (added)",
        "Policy",
        "+ fast",
        "description One page, one ticket",
    ]
    assert "alerts no SLO" in repository.lines()
    repository.edit("policy: google", "policy: fast")
    assert titles(repository) == [PATH, "api"]
    assert "alerts api/availability" in repository.lines()
    assert "~ availability: policy google → fast" in repository.lines()


def test_a_policy_that_is_removed_with_its_last_use(alerted: Repository) -> None:
    (alerted.root / PATH).unlink()
    for name in ("api", "jobs"):
        alerted.edit("policy: fast", "policy: google", f"slos/{name}.yaml")
    lines = alerted.lines()
    assert titles(alerted) == [PATH, "api", "jobs"]
    assert lines[0] == f"- {PATH} (removed)"
    assert "- fast: alerts api/availability, jobs/availability" not in lines
    assert {"- page-1h, ticket-1d", "~ availability: policy fast → google"} <= {*lines}


def test_a_policy_that_can_not_be_read_today_is_noted_with_the_services_that_named_it(alerted: Repository) -> None:
    alerted.write(PATH, POLICY.replace("burn: 10", "burn: 0"))
    alerted.commit()
    alerted.write(PATH, POLICY)
    found = alerted.review()
    assert [note.split(", it can't")[0].split(" of ")[0] for note in found.notes] == [
        PATH,
        "slos/api.yaml",
        "slos/jobs.yaml",
    ]
    assert "tiers[0].burn: 0 (a number), expected above 0" in found.notes[0]
    assert "'fast' (text), expected one of google, workbook" in found.notes[1]
    assert [(part.title, part.kind) for part in found.parts][:3] == [
        (PATH, "added"),
        ("api", "added"),
        ("jobs", "added"),
    ]

"""Shared runbooks are filled in for each service: its own metrics and limits, no step that it has no metric for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml
from slostack.project import staleness, write_generated
from slostack.runbooks import NOTE, filled_runbooks, is_filled
from slostack.spec import Service, SpecError, parse_service
from tests.unit.spec.files import RIGHT, project
from tests.unit.spec.switching_on import slo_file

FENCE = "```"
SHARED = f"""\
# Backups ($alerts)

{NOTE}

They cost $5 and `$HOME`. See [up](up.md#now), [traffic](traffic.md) and [the record](../templates/record.md).

## Symptoms

- `BackupFailed`: it failed.
- `BackupShrunk`, `BackupTooOld`, `BackupUnverified`: it is no good, as `df` may say.
- `BackupNeverSeen`: there is none.
- `ErrorBudgetBurn`: the budget is gone.

Ask who knows.

## Diagnosis

Ask:

1. How old, of $oldest?

   {FENCE}promql
   time() - $last_success
   {FENCE}

2. How large?

   {FENCE}promql
   $size
   {FENCE}

3. Do users notice?

   {FENCE}promql
   sum(rate($http.errors[5m]))
   {FENCE}

4. What does its log say?

   {FENCE}logql
   {{$jobs}} |= "backup"
   {FENCE}

## Verification

The last one is fresh:

{FENCE}promql
time() - $last_success < $oldest_seconds
{FENCE}

It isn't small:

{FENCE}promql
$size > 0
{FENCE}

## Escalation

- L1: $respond.
"""
UP = "# Up\n\n## Diagnosis\n\nNothing.\n"


def filled(signals: dict[str, Any], **more: Any) -> dict[str, str]:
    return filled_runbooks([shop(signals, **more)], {"shared/backups.md": SHARED, "shared/up.md": UP})


def shop(signals: dict[str, Any], **more: Any) -> Service:
    return parse_service(slo_file(signals, **more), "shop.yaml")


def test_it_has_the_service_s_metrics_and_limits_and_no_step_without_them() -> None:
    pages = filled({"backups": {"oldest": "8d", "last_success": 'done{kind="tape"}'}, "up": {}})
    assert set(pages) == {"generated/shop/backups.md", "generated/shop/up.md"}
    assert (
        pages["generated/shop/backups.md"]
        == f"""\
# Backups (BackupTooOld, BackupNeverSeen)

`slostack render` has filled in [the shared runbook](../../shared/backups.md) for shop; edit that one, or the SLO file.

They cost $5 and `$HOME`. See [up](up.md#now), [traffic](../../shared/traffic.md) and \
[the record](../../templates/record.md).

## Symptoms

- `BackupTooOld`: it is no good, as `df` may say.
- `BackupNeverSeen`: there is none.

Ask who knows.

## Diagnosis

Ask:

1. How old, of 8d?

   {FENCE}promql
   time() - done{{job="shop",kind="tape"}}
   {FENCE}

2. What does its log say?

   {FENCE}logql
   {{job="shop"}} |= "backup"
   {FENCE}

## Verification

The last one is fresh:

{FENCE}promql
time() - done{{job="shop",kind="tape"}} < 691200
{FENCE}

## Escalation

- L1: BackupTooOld, BackupNeverSeen within 30 min.
"""
    )


def test_it_tells_of_the_alerts_that_link_to_it_by_their_names_there() -> None:
    burns = [{**plain_yaml.load(RIGHT)["slos"][0], "runbook": "shared/backups.md"}]
    changed = {
        "BackupNeverSeen": {"name": "NoBackup", "severity": "low"},
        "BackupFailed": {"runbook": "shop/failed.md"},
    }
    page = filled({"backups": {"prefix": "Tape", "last_failure": "failure", "alerts": changed}}, slos=burns)
    (text,) = page.values()
    assert text.startswith("# Backups (TapeBackupTooOld, NoBackup, ErrorBudgetBurn)")
    assert "- `TapeBackupTooOld`: it is no good" in text
    assert "- `NoBackup`: there is none.\n- `ErrorBudgetBurn`: the budget is gone." in text
    assert "BackupFailed" not in text
    assert "ErrorBudgetBurn within 5 min; TapeBackupTooOld within 30 min; NoBackup the next business day." in text


def test_a_step_may_need_another_signal() -> None:
    page = filled({"backups": {"size": "size"}, "http": {"requests": "served"}})["generated/shop/backups.md"]
    assert 'sum(rate(served{job="shop",status=~"5.."}[5m]))' in page
    assert "4. What does its log say?" in page
    assert 'size{job="shop"} > 0' in page


def test_several_uses_have_a_page_each() -> None:
    uses = [{}, {"prefix": "BigUploads", "requests": "uploads"}, {"burst": 3, "alerts": {"HighErrorRate": "off"}}]
    assert set(filled_runbooks([shop({"http": uses})], {"shared/http.md": UP})) == {
        "generated/shop/http.md",
        "generated/shop/big-uploads-http.md",
        "generated/shop/http-2.md",
    }


def test_what_has_a_runbook_of_its_own_is_not_filled_in() -> None:
    assert filled({"backups": {"runbook": "shop/backups.md"}}) == {}


def test_a_link_to_a_shared_runbook_leads_to_the_one_that_is_filled_in() -> None:
    alert = {"name": "Old", "expr": "a > 1", "severity": "low", "summary": "Old", "runbook": "shared/backups.md"}
    service = shop({"backups": {"runbook": "shop/backups.md"}}, alerts=[alert])
    assert service.alerts[-1].runbook == "generated/shop/backups.md"
    with pytest.raises(SpecError) as refused:
        shop({}, alerts=[alert])
    assert str(refused.value).endswith(
        "alerts[0].runbook: runbooks/shared/backups.md, which is filled in for services with the signal backups, "
        "expected it in `signals`, or another runbook"
    )


def test_they_are_rendered_and_go_with_what_linked_to_them(tmp_path: Path) -> None:
    path = project(tmp_path, RIGHT.replace("alerts:\n", "signals: {backups: {}}\nalerts:\n"))
    (tmp_path / "runbooks/shared").mkdir()
    (tmp_path / "runbooks/shared/backups.md").write_text(SHARED, encoding="utf-8")
    write_generated(tmp_path, staleness(tmp_path))
    page, own = tmp_path / "runbooks/generated/api/backups.md", tmp_path / "runbooks/generated/api/own.md"
    assert is_filled(page.read_text(encoding="utf-8"))
    own.write_text("# Mine\n", encoding="utf-8")
    path.write_text(RIGHT, encoding="utf-8")
    stale = staleness(tmp_path)
    write_generated(tmp_path, stale)
    assert "runbooks/generated/api/backups.md" in stale.remove
    assert not page.exists()
    assert own.exists()

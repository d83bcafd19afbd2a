"""The library: every example switches all on, every text is right, and docs/signals.md says what is in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from slostack import names, plain_yaml, promtool
from slostack.rules.model import rules_yaml
from slostack.rules.service import alert_groups
from slostack.spec import Matcher, Service, parse_service
from slostack.spec.signal_library import Signal, signal_library
from slostack.spec.signal_values import KINDS
from tests.unit.signals.document import DOCUMENT, document, example
from tests.unit.spec.switching_on import slo_file, switched_on

LIBRARY = signal_library()
SIGNALS = pytest.mark.parametrize("signal", LIBRARY.values(), ids=LIBRARY)


def load(signals: dict[str, Any], **more: Any) -> Service:
    return parse_service(slo_file(signals, **more), "shop.yaml")


@SIGNALS
def test_an_example_switches_most_of_it_on(signal: Signal) -> None:
    service = switched_on(signal)
    assert {alert.name for alert in service.alerts} <= {alert.name for alert in signal.alerts}
    assert len(service.alerts) * 2 >= len(signal.alerts)
    assert len(service.panels) == len(signal.panels)
    assert all(alert.runbook == f"generated/shop/{signal.name}.md" for alert in service.alerts)


@SIGNALS
def test_its_parameters_are_of_known_types_and_its_silencers_are_alerts_of_the_library(signal: Signal) -> None:
    assert {parameter.type for parameter in signal.parameters.values()} <= KINDS.keys()
    known = {alert.name for each in LIBRARY.values() for alert in each.alerts} | {names.BURN_ALERT}
    assert {name for alert in signal.alerts for name in alert.silenced_by} <= known


def test_alerts_of_the_library_have_names_of_their_own() -> None:
    found = [alert.name for signal in LIBRARY.values() for alert in signal.alerts]
    assert len(found) == len(set(found))


def test_prometheus_understands_all_expressions_and_texts(tmp_path: Path) -> None:
    service = load({signal.name: signal.example for signal in LIBRARY.values()})
    file = tmp_path / "rules.yaml"
    file.write_text(rules_yaml(alert_groups(service), "a test"), encoding="utf-8")
    promtool.check_rules([file])


@SIGNALS
def test_the_document_shows_an_example_that_loads(signal: Signal) -> None:
    assert example(signal) in DOCUMENT.read_text(encoding="utf-8")
    assert plain_yaml.load(example(signal)) == {"signals": {signal.name: signal.example}}


def test_the_document_is_what_the_library_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run python -m tests.unit.signals.document"


def test_selectors_are_of_the_services_own_jobs_unless_they_name_one() -> None:
    jobs = {"scrape": [{"job": "shop"}, {"job": "shop-db"}]}
    (alert,) = load({"dependencies": {}}, **jobs).alerts
    assert r'dependency_up{job=~"shop|shop\\-db"}' in alert.expr
    (alert,) = load({"dependencies": {"reached": 'reached{job="x"}'}}, **jobs).alerts
    assert 'reached{job="x"}' in alert.expr
    (alert,) = load({"certificates": {}}, **jobs).alerts
    assert 'job="shop/health"' in alert.expr


@pytest.mark.parametrize(
    ("uses", "others"),
    [
        ({}, ("shop-db", "shop-jobs")),
        ({"job": "shop"}, ("shop-db", "shop-jobs")),
        ([{"job": "shop"}, {"prefix": "Jobs", "job": "shop-jobs"}], ("shop-db",)),
    ],
)
def test_the_jobs_beside_those_that_a_signal_is_of_are_watched_once(uses: Any, others: tuple[str, ...]) -> None:
    service = load({"up": uses}, scrape=[{"job": "shop"}, {"job": "shop-db"}, {"job": "shop-jobs"}])
    (watching,) = (alert for alert in service.alerts if alert.name.endswith("JobDown"))
    down, *absent = watching.expr.split(" or ")
    assert absent == [f'absent(up{{job="{job}"}})' for job in others]
    of_all = Matcher("job", "=~", "|".join(map(re.escape, others))) if others[1:] else Matcher("job", "=", others[0])
    assert down == f"max by (job) (up{{{of_all}}}) == 0"


@pytest.mark.parametrize(("interval", "waits"), [("15s", ["1m", "1m", "5m"]), ("1m", ["1m", "1m30s", "5m"])])
def test_an_alert_waits_until_what_it_reads_is_scraped_again(interval: str, waits: list[str]) -> None:
    service = load({"up": {}}, scrape=[{"job": "shop"}, {"job": "shop-db", "interval": interval}])
    assert [str(alert.for_) for alert in service.alerts] == waits
    change = {"InstanceDown": {"for": "1m"}}
    service = load({"up": {"alerts": change}}, scrape=[{"job": "shop", "interval": interval}])
    assert str(service.alerts[1].for_) == "1m"


def test_a_service_changes_what_it_wants_to() -> None:
    change = {"name": "Down", "severity": "high", "for": "3m", "summary": "Gone", "runbook": "shop/down.md"}
    service = load({"up": {"runbook": "shop/up.md", "alerts": {"ServiceDown": change}}})
    down, instance = service.alerts
    assert (down.name, down.severity, str(down.for_), down.summary, down.runbook) == tuple(change.values())
    assert (instance.runbook, instance.silenced_by) == ("shop/up.md", ("Down",))


def test_a_service_names_further_causes_of_an_alert() -> None:
    twice = [
        {"burst": 10, "alerts": {"ErrorBurst": {"silenced_by": ["LargeErrorBurst"]}}},
        {"prefix": "Large", "burst": 50},
    ]
    service = load({"up": {}, "http": twice})
    silenced_by = {alert.name: alert.silenced_by for alert in service.alerts}
    assert silenced_by["ErrorBurst"] == ("ServiceDown", "LargeErrorBurst")
    assert silenced_by["LargeErrorBurst"] == ("ServiceDown",)


@pytest.mark.parametrize(
    ("sli", "alerting", "causes"),
    [
        ({"events": {"bad": 'r{status=~"5..",job="shop"}', "total": 'r{job="shop"}'}}, {}, ["ErrorBudgetBurn it"]),
        ({"events": {"bad": 'r{job="shop",status=~"5..",route="a"}', "total": 'r{job="shop"}'}}, {}, []),
        ({"events": {"bad": 'r{job="shop",status=~"5.."}', "total": 'r{job="shop"}'}}, {"page": "none"}, []),
        ({"events": {"bad": 'r{job="shop",status=~"5.."}', "total": 'r{job="shop"}'}}, {"page": "medium"}, []),
        ({"uptime": 'up{job="shop"}'}, {}, []),
    ],
)
def test_an_slo_that_pages_for_the_same_errors_silences_their_alert(
    sli: dict[str, Any], alerting: dict[str, Any], causes: list[str]
) -> None:
    slo = {
        "name": "it",
        "description": "It works",
        "objective": 99,
        "sli": sli,
        "alerting": alerting,
        "runbook": "a.md",
    }
    service = load({"http": {"requests": "r"}}, slos=[slo])
    silenced_by = {alert.name: alert.silenced_by for alert in service.alerts}
    assert list(silenced_by["HighErrorRate"]) == causes


@pytest.mark.parametrize(
    ("severity", "causes"),
    [("critical", ("ServiceDown", "NoInstanceReady", "DatabaseDown")), ("high", ("ServiceDown", "NoInstanceReady"))],
)
def test_what_every_request_needs_silences_all_slos_if_it_is_as_severe(severity: str, causes: tuple[str, ...]) -> None:
    database = {"reachable": "pg_up", "alerts": {"DatabaseDown": {"severity": severity}}}
    (slo,) = load({"up": {}, "postgres": database, "readiness": {"ready": "ready"}}).slos
    assert slo.alerting.silenced_by == causes


@pytest.mark.parametrize("off", [False, "off"])
def test_an_alert_is_switched_off(off: Any) -> None:
    service = load({"up": {"alerts": {"ServiceDown": off}}})
    assert [(alert.name, alert.silenced_by) for alert in service.alerts] == [("InstanceDown", ())]


def test_a_signal_is_used_twice_by_a_prefix() -> None:
    service = load({"backups": [{}, {"prefix": "Storage", "oldest": "8d"}]})
    assert [alert.name for alert in service.alerts] == [
        "BackupTooOld", "BackupNeverSeen", "StorageBackupTooOld", "StorageBackupNeverSeen",
    ]  # fmt: skip
    assert "> 691200" in service.alerts[2].expr
    assert "shop (Storage)" in service.alerts[2].summary


def test_signals_come_before_written_alerts_which_may_name_them() -> None:
    written = {
        "name": "Slow", "expr": "x > 1", "severity": "low", "summary": "Slow", "runbook": "a.md",
        "silenced_by": ["ServiceDown"],
    }  # fmt: skip
    service = load({"up": {}}, alerts=[written])
    assert [alert.name for alert in service.alerts] == ["ServiceDown", "InstanceDown", "Slow"]
    assert service.alerts[2].silenced_by == ("ServiceDown",)

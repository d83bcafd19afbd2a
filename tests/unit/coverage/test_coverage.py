"""Every row that the audits ask for is answered: by an alert, a fixture, a route, a runbook and a panel, as it asks."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.unit.coverage.answers import ROOT, Answer, alerting_rules, answers, beyond, kinds, services, told_again
from tests.unit.coverage.document import DOCUMENT, cells_of, document, lines, titled
from tests.unit.coverage.rows import Audit, Graphs, Row, audits, of_every_service, severities

COLUMNS = ("row", "alert", "fixture", "route", "runbook", "panel")
ROWS = [(audit, row) for audit in audits() for rows in audit.rows.values() for row in rows]
EACH_ROW = pytest.mark.parametrize(("audit", "row"), ROWS, ids=[f"{a.service}-{r.asks[:60]}" for a, r in ROWS])
EACH_AUDIT = pytest.mark.parametrize("audit", audits(), ids=lambda audit: audit.service)


def gaps(service: str, row: Row) -> set[str]:
    """The columns of a row's lines that would be empty, and `answer` where a name of it is none of the service's."""
    found = {column for cells in lines(service, row) for column, cell in zip(COLUMNS, cells, strict=True) if not cell}
    known = {answer.slo or answer.rules[0].alert for answer in answers(service, row)}
    return found | ({"answer"} if {*row.alerts, *row.slos} - known else set())


def test_every_service_has_an_audit() -> None:
    assert {audit.service for audit in audits()} == services().keys()
    assert len(ROWS) > 130


@EACH_ROW
def test_a_row_has_an_alert_a_fixture_a_route_a_runbook_and_a_panel(audit: Audit, row: Row) -> None:
    assert gaps(audit.service, row) == set()


def test_what_is_missing_is_noticed() -> None:
    right = Row(asks="down", alerts=("ServiceDown",))
    assert gaps("learnsnap", right) == set()
    assert gaps("learnsnap", Row(asks="down")) == {*COLUMNS} - {"row"}
    assert gaps("learnsnap", Row(asks="down", alerts=("ServiceDown", "Nothing"))) == {"answer"}
    assert gaps("learnsnap", Row(asks="down", slos=("nothing",))) == {*COLUMNS, "answer"} - {"row"}
    assert gaps("learnsnap", right.model_copy(update={"runbook": "learnsnap/nothing.md"})) == {"runbook"}
    (answer,) = answers("learnsnap", right)
    (rule,) = answer.rules
    unproven = replace(answer, rules=(replace(rule, alert="Unproven"),))
    assert [column for column, cell in zip(COLUMNS, cells_of(unproven), strict=True) if not cell] == ["fixture"]
    elsewhere = {**rule.annotations, "dashboard_url": "https://grafana.invalid/d/slo-learnsnap?viewPanel=1"}
    undrawn = replace(answer, rules=(replace(rule, annotations=elsewhere),))
    assert [column for column, cell in zip(COLUMNS, cells_of(undrawn), strict=True) if not cell] == ["panel"]


@EACH_ROW
def test_it_is_built_as_the_row_asks_or_says_why_not(audit: Audit, row: Row) -> None:
    for answer in answers(audit.service, row):
        assert row.kind in (None, answer.severity)
        if row.for_ and answer.rules[0].for_ != row.for_:
            assert row.built, f"{answer.rules[0].alert} has `for: {answer.rules[0].for_}`, expected {row.for_}"


@EACH_AUDIT
def test_alerts_reach_the_channels_of_their_severity_and_are_told_again_in_time(audit: Audit) -> None:
    for answer in (
        *(a for rows in audit.rows.values() for row in rows for a in answers(audit.service, row)),
        *beyond(audit),
    ):
        severity = severities()[answer.severity]
        assert set(kinds("prod", answer.labels)) == set(severity.channels) - set(audit.without), answer.rules[0].alert
        assert kinds("dev", answer.labels) == ()
        asked = answer.row.renotify if answer.row else None
        if asked or "renotify" not in answer.labels:
            assert told_again("prod", answer.labels) == (asked or severity.renotify), answer.rules[0].alert


@EACH_ROW
def test_a_runbook_that_a_row_asks_for_is_the_alerts_or_linked_from_it(audit: Audit, row: Row) -> None:
    if row.runbook:
        assert any(row.runbook in (answer.own_runbook, *linked(answer)) for answer in answers(audit.service, row))


def linked(answer: Answer) -> list[str]:
    """The runbooks that an alert's own one links to."""
    own = ROOT / "runbooks" / answer.own_runbook
    links = re.findall(r"\]\(([^)#]+\.md)", own.read_text(encoding="utf-8"))
    return [(own.parent / link).resolve().relative_to(ROOT / "runbooks").as_posix() for link in links]


@EACH_AUDIT
def test_alerts_beyond_the_audit_are_complete_too(audit: Audit) -> None:
    assert [cells for answer in beyond(audit) if not all(cells := cells_of(answer))] == []
    asked = {alert for rows in audit.rows.values() for row in rows for alert in row.alerts}
    own = {rule.alert for rule, labels in alerting_rules(audit.service) if "slo" not in labels}
    assert {answer.rules[0].alert for answer in beyond(audit)} == own - asked


@EACH_AUDIT
def test_every_slo_is_asked_for(audit: Audit) -> None:
    asked = {slo for rows in audit.rows.values() for row in rows for slo in row.slos}
    assert asked == {slo.name for slo in services()[audit.service].slos}


@pytest.mark.parametrize(
    ("service", "graphs"), [(audit.service, graphs) for audit in audits() for graphs in audit.graphs]
)
def test_graphs_are_on_the_dashboard(service: str, graphs: Graphs) -> None:
    assert [title for title in graphs.panels if not titled(service, title)] == []


def test_what_is_elsewhere_is_there() -> None:
    found = [*of_every_service().elsewhere, *(each for audit in audits() for each in audit.elsewhere)]
    named = {path for each in found for path in each.see}
    assert {path for path in named if not (ROOT / path).is_file()} == set()


def test_the_document_is_what_is_built_and_has_no_empty_cell() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run python -m tests.unit.coverage.document"
    assert not re.search(r"\|\s*\|", DOCUMENT.read_text(encoding="utf-8").replace("|\n|", ""))

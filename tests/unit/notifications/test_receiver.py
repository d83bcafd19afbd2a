"""What the receiver takes, refuses and prints."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from slostack.errors import SlostackError
from slostack.notifications import NotificationReader
from slostack.notifications.server import MOST_BYTES, Receiver
from tests.unit.notifications.conftest import Site
from tests.unit.notifications.messages import DASHBOARD_URL, RUNBOOK_URL, alert, message


def test_a_notification_is_printed_on_one_line_and_stored(site: Site) -> None:
    assert site.post(message(alert(), alert("resolved"))).status_code == 200
    firing, resolved = NotificationReader(site.store).read()
    assert (firing.status, firing.severity, firing.subject) == ("firing", "critical", "learnsnap / availability")
    assert (firing.alert, firing.tier, firing.started, firing.ended) == (
        "ErrorBudgetBurn",
        "page-5m",
        "2026-05-04T03:00:00Z",
        "",
    )
    assert firing.description == "Over the last 5m 3 % of all events were bad. Budget left: 61 %."
    assert firing.labels["team"] == "learnsnap"
    assert (resolved.status, resolved.ended) == ("resolved", "2026-05-04T03:20:00Z")
    assert len(site.said) == 2
    assert site.said[0].endswith(
        "FIRING | critical | learnsnap / availability | "
        "ErrorBudgetBurn: the error budget burns 30.1 times too fast | "
        f"runbook {RUNBOOK_URL} | dashboard {DASHBOARD_URL}"
    )
    assert "RESOLVED | critical | learnsnap / availability | ErrorBudgetBurn: over after 20m | runbook " in site.said[1]


def test_an_alert_with_nothing_but_a_name_is_a_notification(site: Site) -> None:
    bare = {"status": "firing", "labels": {"alertname": "Watchdog"}}
    assert site.post(message(bare)).status_code == 200
    assert site.said[0].endswith("FIRING | (no severity) | (no service) | Watchdog: ")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no list `alerts`"),
        ({"alerts": 5}, "no list `alerts`"),
        (message("x"), r"alerts[0] is not an object"),  # type: ignore[arg-type]
        (message(alert("burning")), "alerts[0].status is 'burning', expected firing or resolved"),
        (message(alert(), {**alert(), "labels": None}), "alerts[1].labels is not an object of texts"),
        (message({**alert(), "labels": {}}), "alerts[0].labels has no alertname"),
        (message({**alert(), "annotations": {"summary": 5}}), "alerts[0].annotations is not an object of texts"),
        (message({**alert(), "startsAt": 5}), "alerts[0] is not an object of texts"),
    ],
)
def test_what_is_no_notification_is_refused_with_the_reason(site: Site, body: object, reason: str) -> None:
    answer = site.post(body)
    assert answer.status_code == 400
    assert reason in answer.text
    assert reason in site.said[0]
    assert site.stored() == []


def test_requests_of_no_or_absurd_length_are_refused(site: Site) -> None:
    assert b" 411 " in site.raw(b"POST /alerts HTTP/1.0\r\n\r\n").splitlines()[0]
    assert b" 411 " in site.raw(b"POST /alerts HTTP/1.0\r\nContent-Length: -1\r\n\r\n").splitlines()[0]
    huge = f"POST /alerts HTTP/1.0\r\nContent-Length: {MOST_BYTES + 1}\r\n\r\n".encode()
    assert b" 413 " in site.raw(huge).splitlines()[0]
    assert site.get("/alerts").status_code == 404
    assert requests.post(f"{site.url}/", data=b"{}", timeout=5).status_code == 404


def test_texts_cannot_steer_the_terminal_or_break_the_line(site: Site) -> None:
    evil = "red \x1b[31m and\r\na second line \ud800 \u202e"
    assert site.post(message({**alert(summary=evil), "labels": {"alertname": "A\nB", evil: evil}})).status_code == 200
    [notification] = NotificationReader(site.store).read()
    assert notification.summary == "red [31m and a second line"
    assert notification.alert == "A B"
    assert site.said[0].isprintable()


def test_many_at_once_are_all_stored_as_whole_lines(site: Site) -> None:
    messages = [message(alert(summary=f"{n} {'x' * 5000}")) for n in range(60)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(site.post, messages))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(int(summary.split()[0]) for summary in site.stored()) == list(range(60))


def test_a_store_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SlostackError, match=r"can't write in .*expected a writable folder"):
        Receiver("127.0.0.1", 0, tmp_path / "file" / "store", tmp_path)

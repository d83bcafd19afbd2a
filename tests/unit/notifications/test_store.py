"""What was stored stays, whatever happens to the process, the disk or the file."""

from __future__ import annotations

import json
import os

import pytest

from slostack.errors import SlostackError
from slostack.notifications import NotificationReader
from slostack.notifications.store import FILE
from tests.unit.notifications.conftest import Site
from tests.unit.notifications.messages import alert, message


def test_half_a_line_of_a_killed_receiver_is_not_read_and_then_removed(site: Site) -> None:
    site.post(message(alert(summary="one")))
    with (site.store / FILE).open("ab") as file:
        file.write(b'{"received": 1.0, "status": "fir' + b"x" * 100_000)
    assert site.stored() == ["one"]
    site.post(message(alert(summary="two")))
    assert site.stored() == ["one", "two"]


def test_a_store_of_nothing_but_half_a_line(site: Site) -> None:
    (site.store / FILE).write_bytes(b"x" * 200_000)
    assert site.stored() == []
    site.post(message(alert(summary="one")))
    assert site.stored() == ["one"]


def test_a_full_disk_is_answered_so_that_alertmanager_tries_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.post(message(alert(summary="one")))
    real_write = os.write

    def full(file: int, data: bytes) -> int:
        real_write(file, data[:-10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("slostack.notifications.store.os.write", full)
        answer = site.post(message(alert(summary="two"), alert(summary="three")))
    assert answer.status_code == 503
    assert "No space left on device" in answer.text
    assert "2 notifications can't be stored: No space left on device" in site.said
    assert site.stored() == ["one"]
    site.post(message(alert(summary="two")))
    assert site.stored() == ["one", "two"]


def test_a_reader_goes_on_where_it_was_and_starts_anew_with_a_new_file(site: Site) -> None:
    reader = NotificationReader(site.store)
    assert list(reader.read()) == []
    site.post(message(alert(summary="one")))
    assert [n.summary for n in reader.read()] == ["one"]
    assert list(reader.read()) == []
    site.post(message(alert(summary="two")))
    assert [n.summary for n in reader.read()] == ["two"]
    (site.store / FILE).unlink()
    site.post(message(alert(summary="new")))
    assert [n.summary for n in reader.read()] == ["new"]


def test_what_older_receivers_stored_is_read(site: Site) -> None:
    site.post(message(alert(summary="one")))
    stored = json.loads((site.store / FILE).read_text())
    for key in ("budgets_left", "query_url", "silence_url"):
        del stored[key]
    (site.store / FILE).write_text(json.dumps(stored) + "\n")
    assert site.stored() == ["one"]


@pytest.mark.parametrize("line", ["{}", "5", "nonsense", '{"received": 1}'])
def test_a_store_that_holds_something_else_is_one_clear_line(site: Site, line: str) -> None:
    (site.store / FILE).write_text(line + "\n")
    with pytest.raises(SlostackError, match=r"notifications\.jsonl: .* expected a stored notification"):
        site.stored()
    assert site.get("/").status_code == 500

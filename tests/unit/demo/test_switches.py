"""The switches: a file that several processes share."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from slostack.demo.scenarios import SCENARIOS
from slostack.demo.switches import (
    STATE_FILE,
    played,
    read_switches,
    running,
    state_folder,
    switch_off,
    switch_on,
)
from slostack.deploy.local.state_folder import StateFolder
from slostack.errors import SlostackError


def test_the_state_is_where_the_stack_on_this_machine_keeps_it(tmp_path: Path) -> None:
    assert state_folder(tmp_path) == StateFolder.of(tmp_path).data("demo")


def test_a_fresh_state_is_healthy(tmp_path: Path) -> None:
    assert read_switches(tmp_path / "none") == {}


def test_switching_on_and_off(tmp_path: Path) -> None:
    assert switch_on(tmp_path, "learnsnap", "errors", 5.0)
    assert not switch_on(tmp_path, "learnsnap", "errors", 9.0)
    assert switch_on(tmp_path, "learnsnap", "outage", 6.0)
    assert read_switches(tmp_path)["learnsnap"] == {"errors": 5.0, "outage": 6.0}
    assert switch_off(tmp_path, "learnsnap", "errors") == ("errors",)
    assert switch_off(tmp_path, "learnsnap", "errors") == ()
    assert read_switches(tmp_path)["learnsnap"] == {"outage": 6.0}
    switch_on(tmp_path, "learnsnap", "errors", 7.0)
    assert sorted(switch_off(tmp_path, "learnsnap")) == ["errors", "outage"]
    assert read_switches(tmp_path)["learnsnap"] == {}


def test_unknown_names_change_nothing(tmp_path: Path) -> None:
    with pytest.raises(SlostackError, match="no scenario 'fire'"):
        switch_on(tmp_path, "learnsnap", "fire", 5.0)
    with pytest.raises(SlostackError, match="no scenario 'fire'"):
        switch_off(tmp_path, "learnsnap", "fire")
    with pytest.raises(SlostackError, match="no demo of a service 'shop'"):
        switch_off(tmp_path, "shop")
    assert not (tmp_path / STATE_FILE).exists()


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"learnsnap": []}', '{"learnsnap": {"fire": 1}}', '{"learnsnap": {"errors": null}}', "\xff"]
)
def test_a_file_that_holds_something_else_is_named_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / STATE_FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(SlostackError, match=r"scenarios\.json: can't be read .*delete it to heal everything"):
        read_switches(tmp_path)


def _switch(folder: Path, name: str) -> None:
    switch_on(folder, "learnsnap", name, 1.0)


def test_processes_that_switch_at_once_lose_no_switch(tmp_path: Path) -> None:
    names = list(SCENARIOS["learnsnap"])
    with ProcessPoolExecutor(len(names), get_context("fork")) as pool:
        list(pool.map(partial(_switch, tmp_path), names))
    assert sorted(read_switches(tmp_path)["learnsnap"]) == sorted(names)


def test_only_one_workload_runs_on_a_state(tmp_path: Path) -> None:
    assert played(tmp_path) == ()
    with running(tmp_path, ["learnsnap", "junkos"]):
        assert played(tmp_path) == ("learnsnap", "junkos")
        with pytest.raises(SlostackError, match="another demo already runs"), running(tmp_path, ["learnsnap"]):
            pass
    assert played(tmp_path) == ()


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SlostackError, match=r"can't write .*expected a writable folder"):
        switch_on(tmp_path / "file" / "demo", "learnsnap", "errors", 1.0)

"""Every mistake is named at its place: what was found, what was expected; all of them at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slostack.errors import SlostackError
from slostack.spec import SpecError, load_services
from tests.unit.spec.files import RIGHT, Mistake, edited, mistakes, project, table

RUNBOOK = "    runbook: api/burn.md\n"
WEB = RIGHT.replace("service: api", "service: web").replace("{job: api,", "{job: web,")


def test_the_right_file_is_right(tmp_path: Path) -> None:
    assert mistakes(tmp_path, RIGHT) == []


@pytest.mark.parametrize("mistake", table(), ids=str)
def test_mistake_is_named_at_its_place(tmp_path: Path, mistake: Mistake) -> None:
    assert mistakes(tmp_path, mistake.text) == [f"slos/api.yaml:{line}" for line in mistake.said]


@pytest.mark.parametrize(
    "mistake", [each for each in table() if RUNBOOK in each.text and "service: " not in each.new], ids=str
)
def test_where_an_slo_has_its_services_runbook_no_mistake_is_said_besides(tmp_path: Path, mistake: Mistake) -> None:
    text = mistake.text.replace(RUNBOOK, "    # no runbook\n")
    project(tmp_path)
    (tmp_path / "runbooks/api/error-budget-burn.md").write_text("# Burn\n", encoding="utf-8")
    assert mistakes(tmp_path, text) == [f"slos/api.yaml:{line}" for line in mistake.said]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("service: api", f"service: {'a' * 64}", "1:10: service: 64 characters, expected at most 63"),
        (
            "window: 30d",
            f"window: {'9' * 5000}d",
            f"11:13: slos[0].window: '{'9' * 56}... (text), "
            "expected a rolling window from 1h to 90d, such as 30d, or a calendar one: week, month, quarter",
        ),
        (
            "objective: 99.9",
            f"objective: {'9' * 400}",
            f"10:16: {'9' * 57}... is too large, expected a number below 2^63",
        ),
        (
            "up == 0",
            "1 + " * 1333 + "1",
            "16:24: alerts[0].expr: an expression of 5,333 characters, expected at most 4,000",
        ),
        (
            "bad: 'e{job=\"api\"}'",
            f"bad: {'e' * 4001}",
            "12:25: slos[0].sli.events.bad: an expression of 4,001 characters, expected at most 4,000",
        ),
        (
            "runbook: api/burn.md",
            f"runbook: {'a' * 300}.md",
            f"14:14: slos[0].runbook: '{'a' * 56}... (text), "
            "expected a Markdown file below runbooks/, such as api/service-down.md",
        ),
    ],
    ids=["name", "duration", "number", "expression", "selector", "runbook"],
)
def test_overlong_values_are_refused_and_shown_short(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert mistakes(tmp_path, edited(old, new)) == [f"slos/api.yaml:{said}"]


def test_all_mistakes_of_a_file_come_at_once_in_its_order(tmp_path: Path) -> None:
    text = (
        RIGHT.replace("team: core", "team: Core")
        .replace("interval: 15s", "intervall: 15s")
        .replace("objective: 99.9", "objective: 50")
        .replace("runbook: api/burn.md\nalerts", "runbook: api/nope.md\nalerts")
        .replace("severity: critical", "severity: bad")
        .replace("timeout: 10s}\n", "timeout: 70s, port: 1}\n")
    )
    places = [line.split(": ")[:2] for line in mistakes(tmp_path, text)]
    assert places == [
        ["slos/api.yaml:3:7", "team"],
        ["slos/api.yaml:6:32", "scrape[0].intervall"],
        ["slos/api.yaml:6:57", "scrape[0].timeout"],
        ["slos/api.yaml:6:62", "scrape[0].port"],
        ["slos/api.yaml:10:16", "slos[0].objective"],
        ["slos/api.yaml:14:14", "slos[0].runbook"],
        ["slos/api.yaml:16:52", "alerts[0].severity"],
        ["slos/api.yaml:18:59", "probes[0].timeout"],
        ["slos/api.yaml:18:64", "probes[0].port"],
    ]


def test_the_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    project(tmp_path, edited("team: core", "team: 1"))
    project(tmp_path, RIGHT.replace("service: api", "service: web"), "web.yaml")
    project(tmp_path, "", "zoo.yaml")
    with pytest.raises(SpecError) as error:
        load_services(tmp_path)
    assert str(error.value).splitlines() == [
        "slos/api.yaml:3:7: team: 1 (a number), expected text in quotes",
        "slos/zoo.yaml:1:1: the file is empty, expected a YAML mapping",
    ]
    assert error.value.exit_code == 2


def test_a_file_is_named_after_its_service_so_none_is_there_twice(tmp_path: Path) -> None:
    project(tmp_path)
    project(tmp_path, RIGHT, "api.yml")
    with pytest.raises(SpecError, match=r"^slos/api\.yml:1:1: a file with the suffix '\.yml', expected SLO files"):
        load_services(tmp_path)


def test_services_come_by_name_and_hidden_files_are_left_alone(tmp_path: Path) -> None:
    project(tmp_path, WEB, "web.yaml")
    project(tmp_path, RIGHT, "api.yaml")
    project(tmp_path, "no SLO file", ".api.yaml.draft.yaml")
    assert [service.service for service in load_services(tmp_path)] == ["api", "web"]


def test_no_slo_file_at_all_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(SlostackError, match=r"^no SLO file in slos/, expected .*`slostack new` writes one$"):
        load_services(tmp_path)


def test_a_file_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    (tmp_path / "slos/folder.yaml").mkdir(parents=True)
    with pytest.raises(SpecError) as error:
        load_services(tmp_path, [tmp_path / "slos/none.yaml", tmp_path / "slos/folder.yaml"])
    assert str(error.value).splitlines() == [
        "slos/folder.yaml:1:1: can't be read (Is a directory), expected a readable file",
        "slos/none.yaml:1:1: can't be read (No such file or directory), expected a readable file",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "{job: web,",
            "{job: api,",
            "slos/web.yaml:6:11: scrape[0].job: the job 'api' is in slos/api.yaml:6:11 already",
        ),
        (
            "{job: web,",
            "{job: api/health,",
            "slos/web.yaml:6:11: scrape[0].job: the job 'api/health' is in slos/api.yaml:",
        ),
        (
            "{job: web,",
            "{job: loki,",
            "slos/web.yaml:6:11: scrape[0].job: 'loki' (text), expected another name; the stack",
        ),
    ],
)
def test_a_job_is_scraped_once(tmp_path: Path, old: str, new: str, said: str) -> None:
    project(tmp_path)
    project(tmp_path, WEB.replace(old, new), "web.yaml")
    with pytest.raises(SpecError) as error:
        load_services(tmp_path)
    assert str(error.value).startswith(said)


def test_what_would_be_ignored_in_the_folder_is_named_and_no_pipe_is_waited_for(tmp_path: Path) -> None:
    project(tmp_path)
    for name in ("README.md", ".gitkeep", "api.yaml~"):
        project(tmp_path, "fine", name)
    project(tmp_path, RIGHT, "x.YAML")
    (tmp_path / "slos/sub").mkdir()
    os.mkfifo(tmp_path / "slos/f.yaml")
    os.mkfifo(tmp_path / "slos/\udcff.yaml")
    expected = "expected SLO files alone, as slos/<service>.yaml"
    with pytest.raises(SpecError) as error:
        load_services(tmp_path)
    assert str(error.value).splitlines() == [
        f"slos/f.yaml:1:1: neither a file nor a link to one, {expected}",
        f"slos/sub:1:1: a folder, {expected}",
        f"slos/x.YAML:1:1: a file with the suffix '.YAML', {expected}",
        f"slos/\\udcff.yaml:1:1: neither a file nor a link to one, {expected}",
    ]
    with pytest.raises(SpecError, match=r"^slos/f\.yaml:1:1: a pipe or a device, expected a text file$"):
        load_services(tmp_path, [tmp_path / "slos/f.yaml"])

"""Pipelines and hooks: each is YAML of the shape that its host reads, and runs commands that there are."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from packaging.version import Version

from slostack import plain_yaml
from slostack.cli import COMMANDS, cli
from tests.requirements import need
from tests.unit.cli.test_init import init
from tests.unit.spec.test_policy_files import FAST

ROOT = Path(__file__).parents[2]
GITHUB = ("examples/ci/github-actions.yml", ".github/workflows/ci.yml")
GITLAB = "examples/ci/gitlab-ci.yml"
HOOKS = ".pre-commit-hooks.yaml"
OPENED = """
import json, os, sys
from slostack.cli import main
opened = set()
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        opened.add(os.path.relpath(arguments[0]))
sys.addaudithook(note)
try:
    main()
finally:
    print(json.dumps(sorted(path for path in opened if not path.startswith(".."))))
"""
"""Runs slostack; its last line are the project's files that it opened."""
GITLAB_KEYWORDS = {"stages", "workflow", "default", "variables"}


def read(path: str) -> Any:
    """A YAML file; `on` stays a text, as GitHub reads it."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return plain_yaml.load(re.sub("^on:", "'on':", text, flags=re.MULTILINE))


def strings(data: Any) -> Iterator[str]:
    """Every text of nested data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from strings(value)


def command_lines(path: str) -> Iterator[list[str]]:
    """The words of every call of slostack in a file, up to a redirection."""
    for text in strings(read(path)):
        for line in text.splitlines():
            if re.match(r"\s*(\S*/)?slostack ", line):
                words = shlex.split(line.partition(">")[0], comments=True)
                yield words[1:]


def check(words: list[str]) -> None:
    """Parses a call as the command line does, without running it; raises click.UsageError where it can't be."""
    name, *arguments = words
    command = cli.get_command(click.Context(cli), name) if isinstance(cli, click.Group) else None
    if command is None:
        raise click.UsageError(f"no command {name}, expected one of {', '.join(COMMANDS)}")
    command.make_context(name, arguments)


@pytest.mark.parametrize("path", [*GITHUB, GITLAB, HOOKS])
def test_every_command_and_option_exists(path: str) -> None:
    calls = [*command_lines(path)]
    assert calls
    for words in calls:
        check(words)


def test_the_examples_and_hooks_call_what_they_should() -> None:
    asked = {"validate", "render", "test", "diff"}
    for path in (GITHUB[0], GITLAB):
        assert {words[0] for words in command_lines(path)} == asked
        assert ["render", "--check"] in [*command_lines(path)]
        assert "pulumi preview --stack prod --diff" in (ROOT / path).read_text(encoding="utf-8").replace(
            'pulumi"', "pulumi"
        )
    assert [hook["id"] for hook in read(HOOKS)] == ["slostack-validate", "slostack-render"]


@pytest.mark.parametrize("call", ["valdate", "render --chek", "diff --format pdf", "gate"])
def test_a_call_that_cannot_be_is_noticed(call: str) -> None:
    with pytest.raises(click.UsageError):
        check(call.split())


@pytest.mark.parametrize("path", GITHUB)
def test_github_reads_the_workflow(path: str) -> None:
    workflow = read(path)
    assert set(workflow) <= {"name", "on", "permissions", "concurrency", "jobs"}
    assert set(workflow["on"]) - {"schedule"} == {"pull_request", "push"}
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert job["runs-on"]
        assert {job["needs"]} <= set(workflow["jobs"]) - {name} if "needs" in job else True
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step), step
            assert set(step) <= {"name", "if", "run", "uses", "with", "env"}
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1"))
            assert "${{" not in step.get("run", ""), "what others name can hold shell code: hand it over in env"


def test_a_fault_that_is_skipped_fails_the_nightly_job(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = read(GITHUB[1])["jobs"]["faults"]["steps"]
    (step,) = (each for each in steps if each.get("run", "").startswith("make test-faults"))
    monkeypatch.setenv("REQUIRE", step["env"]["REQUIRE"])
    with pytest.raises((pytest.fail.Exception, pytest.skip.Exception)) as ended:
        need("unshare", "no namespaces")
    assert ended.type is pytest.fail.Exception


def test_the_nightly_job_has_a_go_that_is_new_enough_for_every_server() -> None:
    steps = read(GITHUB[1])["jobs"]["faults"]["steps"]
    (go,) = (each["with"] for each in steps if each.get("uses", "").startswith("actions/setup-go@"))

    def asked(go_mod: Path) -> Version:
        (line,) = re.findall(r"^go (\S+)$", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
        return Version(line)

    assert asked(ROOT / go["go-version-file"]) == max(map(asked, (ROOT / "tools").glob("*/go.mod")))


def test_gitlab_reads_the_pipeline() -> None:
    pipeline = read(GITLAB)
    jobs = {name: job for name, job in pipeline.items() if name not in GITLAB_KEYWORDS}
    assert set(jobs) == {"check", "review", "preview"}
    for job in jobs.values():
        assert job["stage"] in pipeline["stages"]
        assert set(job) <= {"stage", "rules", "script", "artifacts"}
        assert all(isinstance(line, str) for line in job["script"])


def test_the_hooks_have_what_pre_commit_asks_for() -> None:
    for hook in read(HOOKS):
        assert {"id", "name", "entry", "language", "files"} <= set(hook)
        assert hook["language"] == "python"
        assert not re.compile(hook["files"]).search("src/slos/shop.yaml")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a file of every kind that people write."""
    folder = tmp_path_factory.mktemp("project") / "observability"
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert init(monkeypatch, str(folder), "--service", "shop") == 0
    own = {
        "policies/fast.yaml": FAST,
        "alert_rules/custom/own.yaml": "groups: [{name: own, rules: [{record: 'a:b:c', expr: vector(1)}]}]\n",
        "dashboards/custom/own.json": (folder / "dashboards/shop.json")
        .read_text(encoding="utf-8")
        .replace('"slo-shop"', '"own"'),
    }
    for path, text in own.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("number", [0, 1])
def test_a_hook_runs_when_any_file_changes_that_its_command_reads(shop: Path, number: int) -> None:
    hook = read(HOOKS)[number]
    words = hook["entry"].split()[1:]
    answer = subprocess.run(
        [sys.executable, "-c", OPENED, *words], cwd=shop, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    opened = json.loads(answer.stdout.splitlines()[-1])
    assert {"slos/shop.yaml", "policies/fast.yaml", "alert_rules/shop.yaml"} <= set(opened)
    assert [path for path in opened if not re.search(hook["files"], path)] == []


def test_a_runbook_that_is_gone_is_noticed() -> None:
    assert re.search(read(HOOKS)[0]["files"], "runbooks/shop/error-budget-burn.md")


def test_the_documented_hooks_are_those_that_there_are() -> None:
    page = (ROOT / "docs/teams.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(repos:.*?)```", page, re.DOTALL)
    (repository,) = plain_yaml.load(block)["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == [hook["id"] for hook in read(HOOKS)]

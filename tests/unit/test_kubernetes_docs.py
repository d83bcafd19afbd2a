"""docs/kubernetes.md tells the truth: what it shows loads, and it names every alert of the stack."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from slostack import plain_yaml
from slostack.checks import check_custom_files
from slostack.cli import COMMANDS
from slostack.deploy.kubernetes import kubernetes_topology
from slostack.deploy.operator import operator_objects
from slostack.deploy.secrets import required_secrets
from slostack.rules import AlertingRule
from slostack.rules.stack import stack_groups
from slostack.settings import Settings, load_settings
from slostack.spec import load_services
from slostack.stack import make_bundle
from slostack.teams import load_teams

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", TEXT, re.DOTALL))
PARTS = re.findall(r"```yaml\n# (\S+\.yaml), config:\n(.*?)```", TEXT, re.DOTALL)
STACKS = {re.sub(r"stacks/Pulumi\.(\w+)\.yaml", r"\1", path) for path in FILES if path.startswith("stacks/")}
COMMAND_BLOCKS = re.findall(r"\n\n```\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone with the page's files in place of the examples, each where the page says."""
    shutil.copy(ROOT / "teams.yaml", tmp_path)
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "runbooks/checkout").mkdir(parents=True)
    (tmp_path / "runbooks/checkout/error-budget-burn.md").write_text("# Burn", encoding="utf-8")
    return tmp_path


def test_every_example_is_of_a_file() -> None:
    assert TEXT.count("```yaml") == len(FILES) + len(PARTS)


@pytest.mark.parametrize("stack", sorted(STACKS))
def test_the_stacks_load(project: Path, stack: str) -> None:
    settings = load_settings(project, stack)
    assert settings.environment == stack
    assert {"first": "kubernetes", "shared": "operator", "gitops": "files"}[stack] == settings.delivery


@pytest.mark.parametrize("stack", sorted(STACKS))
def test_the_stacks_can_be_delivered(project: Path, stack: str) -> None:
    settings = load_settings(project, stack)
    bundle = make_bundle(project, settings, kubernetes_topology(settings))
    assert bundle.files
    assert operator_objects(project, bundle, settings)


@pytest.mark.parametrize("stack", sorted(STACKS))
def test_the_page_sets_the_secrets_that_each_stack_wants(project: Path, stack: str) -> None:
    wanted = {secret.key for secret in required_secrets(load_settings(project, stack), load_teams(project))}
    assert set(re.findall(rf"config set --secret (\S+) --stack {stack}\b", TEXT)) == wanted


def test_the_receiver_that_is_looked_for_is_there(project: Path) -> None:
    settings = load_settings(project, "shared")
    bundle = make_bundle(project, settings, kubernetes_topology(settings))
    (routes,) = (each for each in operator_objects(project, bundle, settings) if each["kind"] == "AlertmanagerConfig")
    prefix = f"{routes['metadata']['namespace']}/{routes['metadata']['name']}"
    named = set(re.findall(r"receiver\s+`(\S+)`", TEXT))
    assert named
    assert named <= {f"{prefix}/{receiver['name']}" for receiver in routes["spec"]["receivers"]}


@pytest.mark.parametrize(("path", "part"), PARTS)
def test_a_part_of_a_stack_fits_in(path: str, part: str) -> None:
    said = {key.removeprefix("slostack:"): value for key, value in plain_yaml.load(part).items()}
    config = {key.removeprefix("slostack:"): value for key, value in plain_yaml.load(FILES[path])["config"].items()}
    assert said.keys() <= Settings.model_validate(config | said).model_fields_set


def test_the_slo_file_and_the_rule_load(project: Path) -> None:
    services = load_services(project)
    assert [service.service for service in services] == ["checkout"]
    assert set(load_settings(project, "shared").services) == {"checkout"}
    assert check_custom_files(project, services) == 1


def test_every_command_exists() -> None:
    named = {name for block in COMMAND_BLOCKS for name in re.findall(r"^slostack ([a-z-]+)", block, re.MULTILINE)}
    assert named == {"validate", "render"}
    assert named | set(re.findall(r"`slostack ([a-z-]+)", TEXT)) <= set(COMMANDS)


def test_every_stack_that_is_used_is_shown() -> None:
    used = {name for block in COMMAND_BLOCKS for name in re.findall(r"--stack (\w+)|stack init (\w+)", block)}
    assert {a or b for a, b in used} <= STACKS


def test_the_table_names_every_alert_on_the_stack_itself() -> None:
    rules = [rule for group in stack_groups() for rule in group.rules]
    table = TEXT.split("## The stack watches itself")[1]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [
        rule.alert
        for rule in sorted(rules, key=lambda rule: isinstance(rule, AlertingRule) and rule.alert != "Watchdog")
        if isinstance(rule, AlertingRule)
    ]

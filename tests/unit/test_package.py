"""The wheel, installed where there is no checkout: `slostack init` makes a project that it can work on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import pytest

from slostack import plain_yaml

ROOT = Path(__file__).parents[2]
RUNBOOKS = ("runbooks/shared", "runbooks/slostack", "runbooks/templates")
SOURCES = ("slostack", "docs", "tools", *RUNBOOKS, "schemas", "examples/ci")
FILES = ("pyproject.toml", "setup.py", "requirements.txt", "README.md", "LICENSE", "Pulumi.yaml", "__main__.py")


@pytest.fixture(scope="module")
def slostack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in a venv of its own, with the wheel in it, and with this Python's other packages."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    for name in SOURCES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-input"]
    wheel = [*pip, "wheel", "--no-build-isolation", "--no-deps", f"--wheel-dir={folder}", str(source)]
    subprocess.run(wheel, check=True, capture_output=True)
    shutil.rmtree(source)
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (built,) = folder.glob("*.whl")
    python = venv / "bin/python"
    subprocess.run(
        [*pip, f"--python={python}", "install", "--no-deps", "--no-index", "--no-compile", str(built)], check=True
    )
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return venv / "bin/slostack"


@pytest.fixture(scope="module")
def project(slostack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project."""
    folder = tmp_path_factory.mktemp("new") / "observability"
    assert "slos/shop.yaml" in run(slostack, folder.parent, "init", "observability", "--service", "shop")
    return folder


def run(slostack: Path, folder: Path, *arguments: str) -> str:
    """What the installed command prints, run in a folder."""
    answer = call(slostack, folder, *arguments)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def call(slostack: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """How the installed command ends, run in a folder."""
    return subprocess.run(
        [slostack, *arguments], cwd=folder, capture_output=True, text=True, check=False, env=environment()
    )


def environment() -> dict[str, str]:
    """The environment, in which nothing leads Python to the checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def test_what_init_makes_is_valid_and_fresh(slostack: Path, project: Path) -> None:
    assert run(slostack, project.parent, "docs", "signals").startswith("# ")
    assert run(slostack, project.parent, "--version") == f"slostack {version('slostack')}\n"
    assert run(slostack, project, "validate") == "1 service, 1 SLO, 11 threshold alerts: valid\n"
    assert run(slostack, project, "render", "--check") == "all generated files are fresh\n"
    assert run(slostack, project, "render") == "all generated files are fresh already\n"


def test_an_edit_is_rendered_and_all_its_fixtures_pass(slostack: Path, project: Path) -> None:
    path = project / "slos/shop.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("objective: 99.9", "objective: 99.5"), encoding="utf-8")
    assert "wrote alert_rules/shop.yaml" in run(slostack, project, "render")
    fixtures = {path.stem for path in (project / "tests/rules").rglob("*.yaml")}
    assert {"page-5m", "page-1h", "page-6h", "ticket-1d", "ticket-3d", "counts", "faults", "budget"} == fixtures
    assert run(slostack, project, "test").startswith("8 rule fixtures: passed")


def test_of_a_broken_rule_the_fixtures_fail(slostack: Path, project: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(project, tmp_path / "broken")
    rules = broken / "alert_rules/shop.yaml"
    text = rules.read_text(encoding="utf-8")
    condition = 'slo:burn_rate:rate2h{service="shop",slo="availability"} > 3'
    assert condition in text
    rules.write_text(text.replace(condition, condition.replace("> 3", "> 300")), encoding="utf-8")
    for fixture in (broken / "tests/rules").rglob("*.yaml"):
        if fixture.stem not in ("counts", "ticket-1d"):
            fixture.unlink()
    answer = call(slostack, broken, "test")
    assert answer.returncode == 1
    assert answer.stdout.startswith("2 rule fixtures: 1 failed")
    assert answer.stderr.startswith("tests/rules/generated/shop/availability/ticket-1d.yaml\n")
    assert 'tier="ticket-1d"' in answer.stderr


def test_every_alert_of_the_stack_has_its_runbook(project: Path) -> None:
    rules = plain_yaml.load((project / "alert_rules/slostack.yaml").read_text(encoding="utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
    assert alerts
    for alert in alerts:
        _, _, runbook = alert["annotations"]["runbook_url"].partition(".invalid/")
        assert (project / "runbooks" / runbook).is_file(), runbook


def test_the_installed_package_has_what_servers_are_built_from(slostack: Path) -> None:
    code = "from slostack.servers.ways import TOOLS; from slostack.servers import versions; print(TOOLS); " + (
        "print(*(pin.name for pin in versions().values() if pin.module))"
    )
    answer = subprocess.run(
        [slostack.with_name("python"), "-c", code],
        cwd=slostack.parent,
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    tools, servers = answer.stdout.splitlines()
    assert Path(tools).is_relative_to(slostack.parents[1])
    assert servers
    for server in (*servers.split(), "simulate"):
        for name in ("go.mod", "go.sum"):
            assert (Path(tools) / server / name).read_bytes() == (ROOT / "tools" / server / name).read_bytes()

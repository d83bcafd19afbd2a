"""The README tells the truth: its SLO file loads, its tiers are the policy's, its commands and links exist."""

from __future__ import annotations

import re
from pathlib import Path

import promql_parser
import pytest

from slostack.cli import COMMANDS
from slostack.spec import parse_service

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_slo_file_loads_and_gives_the_tiers_of_the_table() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (slo,) = parse_service(block, "README.md", ROOT / "runbooks").slos
    rows = dict(re.findall(r"^\| ((?:page|ticket)-\w+) \| (.+?) \|", README, re.MULTILINE))
    shown = {tier.name: f"{tier.burn:g} times too fast" if tier.burn > 1 else "at its limit" for tier in slo.tiers}
    assert rows == shown


def test_every_command_exists() -> None:
    commands = set(re.findall(r"slostack ([a-z-]+)", README))
    assert commands
    assert commands <= set(COMMANDS)


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make (up|down|test|check|bench|render)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize(
    "page", sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")]), ids=lambda page: page.name
)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert "://" in link or (page.parent / link).exists(), link


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_promql_example_parses(page: Path) -> None:
    for block in re.findall(r"```promql\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        promql_parser.parse(block)

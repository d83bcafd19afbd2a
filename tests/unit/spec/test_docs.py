"""docs/slo-files.md: its examples load, its mistakes are what the loader says, and it names every key."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml
from slostack.config import Topology, config_files
from slostack.settings import parse_settings
from slostack.spec import SpecError, parse_service, slo_file_schema
from slostack.spec.signals import SignalUse
from slostack.spec.sli import KINDS
from slostack.stack import check_watched
from tests.unit.config.conftest import CONFIG, topology

__all__ = ["topology"]

DOCUMENT = (Path(__file__).parents[3] / "docs/slo-files.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = [
    block for block in re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL) if not block.startswith("#")
]
SMALLEST = EXAMPLES[0]


def top_key(example: str) -> str:
    """The first key of an example."""
    return example.partition(":")[0]


def whole_file(example: str) -> str:
    """An example as a whole SLO file: a part of one is put into the smallest."""
    key = top_key(example)
    if key == "service":
        return example
    if key == "sli":
        return SMALLEST.partition("    sli:\n")[0] + textwrap.indent(example, "    ")
    if key == "slos":
        return SMALLEST + example.removeprefix("slos:\n")
    return SMALLEST + example


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: " ".join(example.split())[:40])
def test_every_example_loads(example: str) -> None:
    assert parse_service(whole_file(example), "docs/slo-files.md").service == "shop"


def test_there_is_an_example_of_every_kind_under_a_title_of_its_own() -> None:
    keys = {"service", "notify", "links", "scrape", "slos", "sli", "error_budget_policy", "signals", "alerts"}
    keys |= {"needs", "log_counts", "panels", "probes", "attested", "coverage"}
    assert set(map(top_key, EXAMPLES)) == keys
    kinds = {parse_service(whole_file(example), "x").slos[0].sli.kind_name for example in EXAMPLES}
    assert kinds == set(KINDS)
    for kind in KINDS:
        (section,) = re.findall(rf"^#### `{kind}`: .*?(?=^#)", DOCUMENT, re.DOTALL | re.MULTILINE)
        assert f"  {kind}:" in section
        (anchor,) = re.findall(rf"^\| \[`{kind}`\]\(#(.*?)\)", DOCUMENT, re.MULTILINE)
        title = section.splitlines()[0].removeprefix("#### ").lower()
        assert anchor == re.sub(r"[^a-z0-9 _-]", "", title).replace(" ", "-")


def properties(schema: Any) -> set[str]:
    """Every key that a schema knows."""
    if isinstance(schema, list):
        return set().union(*map(properties, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", {})).union(*map(properties, schema.values()))


def keys(data: Any) -> set[str]:
    """Every key of nested data."""
    if isinstance(data, list):
        return set().union(*map(keys, data))
    return set(data).union(*map(keys, data.values())) if isinstance(data, dict) else set()


def test_every_key_is_explained_and_in_an_example() -> None:
    schema = slo_file_schema()
    of_the_library = [name for name in schema["$defs"] if name.startswith(("Signal_", "AlertsOf_", "Signals"))]
    known = properties(schema["properties"]) | set(schema["properties"])
    known |= properties([each for name, each in schema["$defs"].items() if name not in of_the_library])
    known |= SignalUse.model_fields.keys() | {"alerts"}
    assert sorted(key for key in known if f"`{key}`" not in DOCUMENT) == []
    assert sorted(known - set().union(*(keys(plain_yaml.load(example)) for example in EXAMPLES))) == []


def test_a_service_with_postgres_has_the_exporter_scraped_and_its_alerts_read_it(topology: Topology) -> None:
    section = DOCUMENT.partition("### A service with Postgres")[2]
    slo_file, stack = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)[:2]
    service = parse_service(whole_file(slo_file), "docs/slo-files.md")
    watched = plain_yaml.load(stack)["slostack:services"]
    settings = parse_settings({**CONFIG, "services": watched}, "test")
    check_watched([service], settings)
    files = config_files((service,), settings, topology)
    jobs = plain_yaml.load(files["prometheus/prometheus.yml"])["scrape_configs"]
    targets = {job["job_name"]: job.get("static_configs") for job in jobs if job["job_name"].startswith("shop")}
    assert targets == {
        "shop": [{"targets": ["shop-1.acme.example:8080", "shop-2.acme.example:8080"]}],
        "shop-postgres": [{"targets": ["postgres.acme.example:9187"]}],
    }
    (down,) = (alert for alert in service.alerts if alert.name == "DatabaseDown")
    assert 'pg_up{job=~"shop|shop\\\\-postgres"}' in str(down.expr)


def test_the_mistakes_are_those_that_the_loader_names() -> None:
    said = re.findall(r"^slos/shop\.yaml:.*$", DOCUMENT, re.MULTILINE)
    text = """\
service: shop
description: Sells things

team: Check Out
slos:
  - name: availability
    description: A request is answered
    objective: 80
    windw: 30d
    sli: {events: {bad: b, total: t}}
    runbook: shop/burn.md
"""
    with pytest.raises(SpecError) as error:
        parse_service(text, "slos/shop.yaml")
    assert str(error.value).splitlines() == said

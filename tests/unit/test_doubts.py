"""Notes on what is right by its form in an SLO file, but seldom meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack.doubts import doubts
from slostack.spec import load_services, slo_file
from tests.unit.spec.files import RIGHT, SLI, edited, project

ROOT = Path(__file__).parents[2]
OTHER = RIGHT.replace("service: api", "service: web").replace("{job: api,", "{job: web,")


def notes(root: Path, text: str) -> list[str]:
    """What is noted of slos/api.yaml with this text, beside slos/web.yaml."""
    project(root, OTHER.replace('"api"', '"web"'), "web.yaml")
    project(root, text)
    services = load_services(root)
    return [str(note) for note in doubts(root, {slo_file(root, each.service): each for each in services})]


def test_nothing_is_noted_of_right_files(tmp_path: Path) -> None:
    assert notes(tmp_path, RIGHT) == []


def test_nothing_is_noted_of_this_projects() -> None:
    services = load_services(ROOT)
    assert doubts(ROOT, {slo_file(ROOT, each.service): each for each in services}) == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "{job: api, path",
            "{job: ap, path",
            "slos/api.yaml:12:25: slos[0].sli.events.bad: no scrape job or probe is called 'api', expected ap",
        ),
        (
            "expr: up == 0",
            """expr: 'up{job=~"ap.|x-y", a="b"} == 0'""",
            None,
        ),
        (
            "expr: up == 0",
            """expr: 'up{instance="a", job=~"x.|y"} == 0'""",
            "slos/api.yaml:16:24: alerts[0].expr: no scrape job or probe is called 'x.|y', expected api",
        ),
        (
            "alerts:",
            "signals: {up: {job: shop, runbook: api/burn.md}}\nalerts:",
            "slos/api.yaml:15:21: signals.up.job: no scrape job or probe is called 'shop', expected api",
        ),
        ("alerts:", "signals: {up: {job: node-exporter, runbook: api/burn.md}}\nalerts:", None),
        ("alerts:", "needs: [rds]\nsignals: {rds: {job: api-rds, runbook: api/burn.md}}\nalerts:", None),
        (
            "total: 'r{job=\"api\"}'",
            "total: 'r{job=\"web\"}'",
            "slos/api.yaml:12:48: slos[0].sli.events.total: of web, but `bad` is of api, expected the same job",
        ),
        (
            SLI,
            "{latency: {histogram: 'd{job=\"api\"}', threshold: 300}}",
            "slos/api.yaml:12:59: slos[0].sli.latency.threshold: 300 is in seconds, "
            "expected 300ms if milliseconds are meant, 300s if not",
        ),
        (SLI, "{latency: {histogram: 'd{job=\"api\"}', threshold: 300s}}", None),
    ],
)
def test_what_is_seldom_meant_is_noted(tmp_path: Path, old: str, new: str, said: str | None) -> None:
    found = notes(tmp_path, edited(old, new))
    assert [note[: len(str(said))] for note in found[:1]] == [said] * bool(said)

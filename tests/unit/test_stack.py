"""A bundle is made of what fits together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slostack.checks import check_bundle
from slostack.config import TENANT, Topology
from slostack.errors import SlostackError
from slostack.settings import Settings, parse_settings
from slostack.stack import make_bundle
from tests.unit.config.conftest import CONFIG, settings, topology
from tests.unit.spec.files import SLI, edited, project

__all__ = ["settings", "topology"]


def test_a_watched_service_without_an_slo_file_is_refused(
    tmp_path: Path,
    settings: Settings,
    topology: Topology,
) -> None:
    project(tmp_path)
    with pytest.raises(
        SlostackError, match=r"^stacks/Pulumi\.test\.yaml: slostack:services names shop, expected services"
    ):
        make_bundle(tmp_path, settings, topology)


@pytest.mark.parametrize(
    ("probes", "said"),
    [
        ({"deep": "https://api.example"}, r"deep: no such probe, expected a probe of slos/api\.yaml: health$"),
        ({"health": "api.example:80"}, r"health: 'api\.example:80', expected a URL such as .*: it asks by HTTP$"),
    ],
)
def test_an_address_of_a_probe_that_there_is_none_of_or_that_it_cannot_ask_is_refused(
    tmp_path: Path, topology: Topology, probes: dict[str, str], said: str
) -> None:
    project(tmp_path)
    settings = parse_settings({**CONFIG, "services": {"api": {"probes": probes}}}, "test")
    with pytest.raises(SlostackError, match=rf"^stacks/Pulumi\.test\.yaml: slostack:services\.api\.probes\.{said}"):
        make_bundle(tmp_path, settings, topology)


@pytest.mark.parametrize(
    "beyond",
    [
        {"thanos": {"bucket": {"type": "s3"}}},
        {"prometheus": {"remoteWrite": {"mimir": {"url": "https://mimir.example/api/v1/push"}}}},
        {},
    ],
)
def test_groups_by_cluster_stay_apart_beyond_prometheus(
    tmp_path: Path, topology: Topology, beyond: dict[str, Any]
) -> None:
    project(tmp_path, edited("    objective: 99.9\n", "    objective: 99.9\n    group_by: [cluster]\n"))
    in_cluster = {**CONFIG, "delivery": "kubernetes", "services": {"api": {}}, **beyond}
    named, nameless = (
        parse_settings({**in_cluster, "kubernetes": {"context": "c", **cluster}}, "test")
        for cluster in ({"cluster": "eu-1"}, {})
    )
    make_bundle(tmp_path, nameless, topology)
    if not beyond:
        make_bundle(tmp_path, named, topology)
        return
    with pytest.raises(SlostackError, match=r"kubernetes\.cluster: 'eu-1' is the label .* groups 'availability'"):
        make_bundle(tmp_path, named, topology)


def test_what_loki_counts_goes_to_loki_alone(tmp_path: Path, topology: Topology) -> None:
    project(tmp_path, edited(SLI, """{logs: {bad: '{app="api"} |= "error"', total: '{app="api"}'}}"""))
    bundle = make_bundle(tmp_path, parse_settings({**CONFIG, "services": {"api": {}}}, "test"), topology)
    assert set(bundle.below(f"loki/rules/{TENANT}")) == {"api.yaml"}
    assert "count_over_time" in bundle.files[f"loki/rules/{TENANT}/api.yaml"]
    assert set(bundle.below("prometheus/rules")) == {"api.yaml", "slostack.yaml"}
    check_bundle(bundle)


def test_a_service_is_judged_where_it_is_named(tmp_path: Path, topology: Topology) -> None:
    project(tmp_path)
    of_none = make_bundle(tmp_path, parse_settings({**CONFIG, "services": {}}, "test"), topology)
    assert set(of_none.below("prometheus/rules")) == {"slostack.yaml"}
    assert set(of_none.below("grafana/dashboards")) == {"overview.json", "slostack.json"}
    check_bundle(of_none)
    elsewhere_scraped = make_bundle(tmp_path, parse_settings({**CONFIG, "services": {"api": {}}}, "test"), topology)
    assert set(elsewhere_scraped.below("prometheus/rules")) == {"api.yaml", "slostack.yaml"}


def test_dashboards_are_deployed_without_the_indentation_that_is_for_reviews(
    tmp_path: Path, topology: Topology
) -> None:
    project(tmp_path)
    custom = tmp_path / "dashboards/custom/own.json"
    custom.parent.mkdir(parents=True)
    dashboard = {"uid": "own", "title": "two  spaces\\n \u2028 and a\nbreak", "panels": []}
    custom.write_text(json.dumps(dashboard, indent=4, ensure_ascii=False), encoding="utf-8")
    api = parse_settings({**CONFIG, "services": {"api": {}}}, "test")
    files = make_bundle(tmp_path, api, topology).below("grafana/dashboards")
    assert json.loads(files["custom-own.json"]) == dashboard
    assert all("\n" not in text for text in files.values())

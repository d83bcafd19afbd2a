"""Alloy's config: whose logs are read, what is dropped, and what a line carries."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from slostack.config.alloy import alloy_files
from slostack.config.topology import Topology
from slostack.settings import parse_settings
from slostack.spec import Service
from tests.unit.config.conftest import CONFIG


def config(topology: Topology, **logs: Any) -> str:
    """config.alloy with these settings of logs."""
    return alloy_files((), parse_settings({**CONFIG, "logs": logs}, "test"), topology)["alloy/config.alloy"]


def block(text: str, name: str) -> str:
    """The lines of the block that begins with a name, at any depth."""
    found = re.search(rf"^(\t*){re.escape(name)} \{{\n.*?^\1\}}$", text, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[0]


def test_only_pods_of_its_own_node_are_read(topology: Topology) -> None:
    assert 'field = "spec.nodeName=" + sys.env("NODE_NAME")' in block(config(topology), 'discovery.kubernetes "pods"')


def test_all_namespaces_are_read_or_those_of_the_settings(topology: Topology) -> None:
    assert "namespaces" not in config(topology)
    names = block(config(topology, namespaces=["shop", "attic"]), "namespaces")
    assert 'names = ["shop", "attic"]' in names


def test_lines_have_few_labels_and_request_ids_are_none_of_them(topology: Topology) -> None:
    text = config(topology)
    assert re.findall(r'target_label\s+= "(.*)"', text) == ["namespace", "pod", "container", "app", "job"]
    labels = re.findall(r"stage\.labels \{\n\t\tvalues = (.*)\n", text)
    assert labels == ['{level = ""}', '{kind = ""}']
    assert 'values = {request_id = "", trace_id = ""}' in block(text, "stage.structured_metadata")


@pytest.mark.parametrize(
    ("pods", "sources", "regex"),
    [
        (
            {"labels": {"app.kubernetes.io/name": "web-api", "tier": "a"}, "port": 8080},
            ["label_app_kubernetes_io_name", "label_tier"],
            r"shop-eu;web-api;a",
        ),
        ({"annotated": True}, ["annotation_prometheus_io_scrape"], "shop-eu;true"),
    ],
)
def test_lines_of_a_services_pods_have_the_job_that_its_metrics_have(
    services: tuple[Service, ...], topology: Topology, pods: dict[str, Any], sources: list[str], regex: str
) -> None:
    watched = {"shop": {"pods": {"namespace": "shop-eu", **pods}}}
    text = alloy_files(services, parse_settings({**CONFIG, "services": watched}, "test"), topology)[
        "alloy/config.alloy"
    ]
    last = block(text, 'discovery.relabel "pods"').split("rule {")[-1]
    found = {key: json.loads(value) for key, value in re.findall(r"(\w+) += (.+)", last)}
    assert found.pop("source_labels") == [
        "__meta_kubernetes_namespace",
        *(f"__meta_kubernetes_pod_{source}" for source in sources),
    ]
    assert re.fullmatch(found.pop("regex"), regex)
    assert found == {"target_label": "job", "replacement": "shop"}


def test_lines_of_the_pods_of_a_job_have_that_job(services: tuple[Service, ...], topology: Topology) -> None:
    pods = {"namespace": "shop-eu", "labels": {"app": "worker"}, "port": 8080}
    watched = {"shop": {"targets": ["shop:80"], "jobs": {"shop-worker": {"pods": pods}}}}
    settings = parse_settings({**CONFIG, "services": watched}, "test")
    text = alloy_files(services, settings, topology)["alloy/config.alloy"]
    last = block(text, 'discovery.relabel "pods"').split("rule {")[-1]
    assert '"shop\\\\-eu;worker"' in last
    assert re.search(r'replacement += "shop-worker"', last)


def test_lines_are_masked_before_anything_is_read_from_them_and_sent_to_loki(topology: Topology) -> None:
    stages = re.findall(r"^\tstage\.(\w+)", config(topology), re.MULTILINE)
    assert stages[:4] == ["regex", "regex", "template", "labels"], "the level"
    assert stages[4:7] == ["regex", "template", "labels"], "the kind"
    masked = [index for index, stage in enumerate(stages) if stage == "replace"]
    assert stages[7] == "match", "each namespace's limit"
    assert masked == list(range(8, 8 + len(masked)))
    assert stages[masked[-1] + 1 :] == ["regex", "regex", "structured_metadata"]
    assert 'url = "http://loki-0:8080/loki/api/v1/push"' in block(config(topology), "endpoint")


def test_levels_that_the_settings_name_are_dropped_and_counted(topology: Topology) -> None:
    assert "action" not in config(topology)
    dropped = block(config(topology, drop=["trace", "debug"]), "stage.match")
    assert 'selector            = `{level=~"trace|debug", kind!="security"}`' in dropped
    assert 'action              = "drop"' in dropped
    assert 'drop_counter_reason = "level"' in dropped


def test_noisy_namespaces_are_sampled_but_for_errors_and_capped_by_pod(topology: Topology) -> None:
    text = config(topology, limits={"shop": {"sample": 0.25}, "attic": {"linesPerSecond": 50}})
    matches = re.findall(r"selector = `(.*)`", text)
    assert matches == [
        '{namespace="attic", kind!="security"}',
        '{namespace="shop", level!="error", kind!="security"}',
        '{kind!="security"}',
    ]
    assert "rate                = 0.25" in block(text, "stage.sampling")
    limit = block(text, "stage.limit")
    assert re.findall(r"(\w+) += (.+)", limit) == [
        ("rate", "50"),
        ("burst", "100"),
        ("drop", "true"),
        ("by_label_name", '"pod"'),
    ]


def test_every_namespace_is_capped(topology: Topology) -> None:
    text = config(topology, linesPerSecond=300)
    assert re.findall(r"selector = `(.*)`", text) == ['{kind!="security"}']
    assert re.findall(r"(\w+) += (.+)", block(text, "stage.limit")) == [
        ("rate", "300"),
        ("burst", "600"),
        ("drop", "true"),
        ("by_label_name", '"namespace"'),
    ]


@pytest.mark.parametrize("limit", [{}, {"sample": 1.0}])
def test_a_limit_that_limits_nothing_is_no_stage(topology: Topology, limit: dict[str, Any]) -> None:
    assert config(topology, limits={"shop": limit}) == config(topology)


def test_security_events_are_those_that_the_settings_name(topology: Topology) -> None:
    def expression(**logs: Any) -> str:
        (found,) = re.findall(r"`(.*\(\?P<kind>.*)`", config(topology, **logs))
        return str(found)

    line = '{"level":"warn","event":"login_failed","address":"192.0.2.1"}'
    assert re.search(expression(), line)
    assert re.search(expression(), "level=warn event=suspicious_request")
    assert not re.search(expression(), "level=warn event=login_failed_twice")
    assert not re.search(expression(), "the event of login_failed")
    assert not re.search(expression(security=["role.granted"]), line)
    assert re.search(expression(security=["role.granted"]), 'event="role.granted"')
    assert "kind = " not in config(topology, security=[])


def test_without_an_alloy_there_is_no_config(topology: Topology) -> None:
    assert alloy_files((), parse_settings(CONFIG, "test"), replace(topology, alloy=None)) == {}

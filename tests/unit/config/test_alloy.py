"""Alloy's config: whose logs are read, what is dropped, and what a line carries."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from slostack.config.alloy import alloy_files
from slostack.config.topology import Topology
from slostack.settings import parse_settings
from tests.unit.config.conftest import CONFIG


def config(topology: Topology, **logs: Any) -> str:
    """config.alloy with these settings of logs."""
    return alloy_files(parse_settings({**CONFIG, "logs": logs}, "test"), topology)["alloy/config.alloy"]


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
    assert re.findall(r'target_label\s+= "(.*)"', text) == ["namespace", "pod", "container", "app"]
    assert block(text, "stage.labels").split("\n")[1].strip() == 'values = {level = ""}'
    assert 'values = {request_id = "", trace_id = ""}' in block(text, "stage.structured_metadata")


def test_lines_are_masked_before_anything_is_read_from_them_and_sent_to_loki(topology: Topology) -> None:
    stages = re.findall(r"^\tstage\.(\w+)", config(topology), re.MULTILINE)
    assert stages[:4] == ["regex", "regex", "template", "labels"], "the level"
    masked = [index for index, stage in enumerate(stages) if stage == "replace"]
    assert masked == list(range(4, 4 + len(masked)))
    assert stages[masked[-1] + 1 :] == ["regex", "regex", "structured_metadata"]
    assert 'url = "http://loki-0:8080/loki/api/v1/push"' in block(config(topology), "endpoint")


def test_levels_that_the_settings_name_are_dropped_and_counted(topology: Topology) -> None:
    assert "stage.match" not in config(topology)
    dropped = block(config(topology, drop=["trace", "debug"]), "stage.match")
    assert 'selector            = `{level=~"trace|debug"}`' in dropped
    assert 'action              = "drop"' in dropped
    assert 'drop_counter_reason = "level"' in dropped


def test_noisy_namespaces_are_sampled_but_for_errors_and_capped_by_pod(topology: Topology) -> None:
    text = config(topology, limits={"shop": {"sample": 0.25}, "attic": {"linesPerSecond": 50}})
    matches = re.findall(r"selector = `(.*)`", text)
    assert matches == ['{namespace="attic"}', '{namespace="shop", level!="error"}']
    assert "rate                = 0.25" in block(text, "stage.sampling")
    limit = block(text, "stage.limit")
    assert re.findall(r"(\w+) += (.+)", limit) == [
        ("rate", "50"),
        ("burst", "100"),
        ("drop", "true"),
        ("by_label_name", '"pod"'),
    ]


@pytest.mark.parametrize("limit", [{}, {"sample": 1.0}])
def test_a_limit_that_limits_nothing_is_no_stage(topology: Topology, limit: dict[str, Any]) -> None:
    assert config(topology, limits={"shop": limit}) == config(topology)


def test_without_an_alloy_there_is_no_config(topology: Topology) -> None:
    assert alloy_files(parse_settings(CONFIG, "test"), replace(topology, alloy=None)) == {}

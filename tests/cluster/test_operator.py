"""A real API server with the Prometheus operator's CRDs takes every object of a stack for it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.cluster.control_plane import Cluster
from tests.cluster.crds import GROUP
from tests.cluster.manifests import manifests
from tests.components.operator_stack import operator_program

NAMESPACE = "monitoring"


@pytest.fixture(scope="module")
def monitoring(with_crds: Cluster) -> Cluster:
    """The cluster with the namespace in which the operator would run."""
    with_crds.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}])
    return with_crds


@pytest.mark.parametrize("pods", [False, True], ids=["targets", "pods"])
def test_every_object_is_accepted_as_it_is(monitoring: Cluster, pods: bool) -> None:
    objects = manifests(operator_program(NAMESPACE, pods=pods))
    monitoring.apply(objects)
    for each in objects:
        if each["apiVersion"].startswith(GROUP):
            kept = stored(monitoring, each)
            assert kept["metadata"]["labels"].items() >= each["metadata"]["labels"].items()
            assert_within(each["spec"], kept["spec"], each["kind"])


def stored(cluster: Cluster, each: dict[str, Any]) -> dict[str, Any]:
    """An object as the cluster has it."""
    plural = f"{each['kind'].lower()}s"
    path = f"/apis/{each['apiVersion']}/namespaces/{NAMESPACE}/{plural}/{each['metadata']['name']}"
    answer = cluster.ask("GET", path)
    answer.raise_for_status()
    return dict(answer.json())


def assert_within(sent: Any, kept: Any, where: str) -> None:
    """Fails where the cluster dropped something, as it does with fields that a CRD doesn't know."""
    if isinstance(sent, dict):
        for key, value in sent.items():
            assert key in kept, f"{where}.{key} was dropped"
            assert_within(value, kept[key], f"{where}.{key}")
    elif isinstance(sent, list):
        for number, (ours, theirs) in enumerate(zip(sent, kept, strict=True)):
            assert_within(ours, theirs, f"{where}[{number}]")
    else:
        assert sent == kept, where


def test_what_is_wrong_is_refused(monitoring: Cluster) -> None:
    objects = manifests(operator_program(NAMESPACE))
    for kind, path, value in (
        ("ScrapeConfig", ("spec", "scheme"), "https"),
        ("Probe", ("spec", "interval"), "often"),
        ("AlertmanagerConfig", ("spec", "receivers"), [{}]),
        ("PrometheusRule", ("spec", "groups"), [{"name": ""}]),
    ):
        wrong = copy.deepcopy(next(each for each in objects if each["kind"] == kind))
        part = wrong
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = value
        assert kind in (monitoring.refusal(wrong) or "")

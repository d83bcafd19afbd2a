"""Namespaces that are there already: the stack's own, another's, and what can't be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slostack.deploy.kubernetes import check_namespaces
from slostack.errors import SlostackError
from slostack.settings import parse_settings
from tests.components.program import Program, stack_config

Answers = Callable[[dict[str, dict[str, Any]]], None]
OURS = {"labels": {"app.kubernetes.io/part-of": "slostack"}}
OF_DEV = {**OURS, "annotations": {"slostack/environment": "dev"}}
OF_PROD = {**OURS, "annotations": {"slostack/environment": "prod"}}
NOT_FOUND = "echo 'Error from server (NotFound): namespaces not found' >&2; exit 1"
FOREIGN = "is there already and no stack's, expected a namespace of this stack's own"
ADOPT = "; or kubernetes.adopt: true, if it may be taken over"


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a kubectl of these lines on PATH, in place of any other."""

    def kubectl(lines: str) -> None:
        (tmp_path / "kubectl").write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
        (tmp_path / "kubectl").chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", "{contexts: []}")
    return kubectl


@pytest.fixture
def cluster(kubectl: Callable[[str], None]) -> Answers:
    """Has kubectl answer for namespaces, by name, with their metadata."""

    def answers(namespaces: dict[str, dict[str, Any]]) -> None:
        asked = (f"*/{name}\\ *) echo '{json.dumps({'metadata': it})}';;" for name, it in namespaces.items())
        kubectl("\n".join(['case "$* " in', *asked, f"*) {NOT_FOUND};;", "esac"]))

    return answers


def check(**kubernetes: Any) -> None:
    config = stack_config("dev")
    config["kubernetes"] |= kubernetes
    check_namespaces(parse_settings(config, "dev"))


@pytest.mark.parametrize(
    "there", [{}, {"slostack": OURS}, {"slostack": OF_DEV, "slostack-nodes": OF_DEV}, {"shop": {}, "slostac": {}}]
)
def test_no_namespace_and_its_own_are_its_own(there: dict[str, Any], cluster: Answers) -> None:
    cluster(there)
    check()


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"slostack": {}}, f"slostack {FOREIGN}"),
        ({"slostack": {"labels": {"app.kubernetes.io/part-of": "shop"}}}, ADOPT),
        ({"slostack": OF_PROD}, "slostack is there already and that of the environment prod, expected a namespace of"),
        ({"slostack": OURS, "slostack-nodes": {}}, f"slostack-nodes {FOREIGN}"),
    ],
)
def test_another_is_refused(there: dict[str, Any], expected: str, cluster: Answers) -> None:
    cluster(there)
    with pytest.raises(SlostackError) as refused:
        check()
    assert str(refused.value).startswith("stacks/Pulumi.dev.yaml: slostack:kubernetes.namespace: slostack")
    assert expected in str(refused.value)


def test_another_may_be_taken_over_where_the_settings_say_so_but_for_that_of_nodes(cluster: Answers) -> None:
    cluster({"slostack": {}})
    check(adopt=True)
    cluster({"slostack": {}, "slostack-nodes": {}})
    with pytest.raises(SlostackError, match="slostack-nodes is there already") as refused:
        check(adopt=True)
    assert ADOPT not in str(refused.value)


@pytest.mark.parametrize("lines", [None, "echo 'dial tcp: refused' >&2; exit 1"])
def test_what_the_cluster_does_not_tell_is_a_warning(
    lines: str | None, kubectl: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("pulumi.warn", told.append)
    if lines:
        kubectl(lines)
    check()
    why = "dial tcp: refused" if lines else "there is no kubectl on PATH"
    of = ("slostack", "slostack-nodes")
    assert told == [f"nothing tells whether the namespace {n} is there already and another's: {why}" for n in of]


def test_a_namespace_tells_whose_it_is(program: Program, stack: str) -> None:
    for namespace in program.of_type(":Namespace"):
        assert namespace.inputs["metadata"]["annotations"] == {"slostack/environment": stack}

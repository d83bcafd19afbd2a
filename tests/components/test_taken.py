"""Namespaces that are there already: the stack's own, another's, and what can't be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slostack.deploy.kubernetes import check_namespaces, taken
from slostack.errors import SlostackError
from slostack.settings import parse_settings
from tests.components.program import Program, stack_config

Answers = Callable[[dict[str, dict[str, Any]]], None]
OURS = {"labels": {"app.kubernetes.io/part-of": "slostack"}}
OF_DEV = {**OURS, "annotations": {"slostack/stack": "slostack/dev"}}
OF_PROD = {**OURS, "annotations": {"slostack/stack": "slostack/prod"}}
NOT_FOUND = r"""name="${5##*/}"; echo "Error from server (NotFound): namespaces \"$name\" not found" >&2; exit 1"""
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
    monkeypatch.setattr(taken, "this_stack", lambda: "slostack/dev")
    return kubectl


@pytest.fixture
def cluster(kubectl: Callable[[str], None]) -> Answers:
    """Has kubectl answer for namespaces, by name, with their metadata."""

    def answers(namespaces: dict[str, dict[str, Any]]) -> None:
        there = {name: json.dumps({"metadata": {"name": name, **it}}) for name, it in namespaces.items()}
        asked = (f"*/{name}\\ *) echo '{answer}';;" for name, answer in there.items())
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
        (
            {"slostack": OF_PROD},
            "slostack is there already and that of the stack slostack/prod, expected a namespace of",
        ),
        ({"slostack": OURS, "slostack-nodes": {}}, f"slostack-nodes {FOREIGN}"),
        ({"slostack-nodes": {}}, ADOPT),
    ],
)
def test_another_is_refused(there: dict[str, Any], expected: str, cluster: Answers) -> None:
    cluster(there)
    with pytest.raises(SlostackError) as refused:
        check()
    assert str(refused.value).startswith("stacks/Pulumi.dev.yaml: slostack:kubernetes.namespace: slostack")
    assert expected in str(refused.value)


def test_another_is_refused_also_where_nothing_tells_of_that_of_nodes(kubectl: Callable[[str], None]) -> None:
    kubectl("""case "$*" in *slostack-nodes*) exit 1;; *) echo '{"metadata": {"name": "slostack"}}';; esac""")
    with pytest.raises(SlostackError, match=FOREIGN):
        check()


def test_anothers_are_taken_over_where_the_settings_say_so(cluster: Answers) -> None:
    cluster({"slostack": {}, "slostack-nodes": OF_PROD})
    check(adopt=True)


HTML = "Error from server (NotFound): the server could not find the requested resource"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (None, "there is no kubectl on PATH"),
        ("echo 'dial tcp: refused' >&2; exit 1", "dial tcp: refused"),
        (f"echo '{HTML}' >&2; exit 1", HTML),
        ("echo hello", "kubectl answers with something else than a namespace"),
        ("echo '[]'", "kubectl answers with something else than a namespace"),
        (r"printf '\377' >&2; exit 1", "\N{REPLACEMENT CHARACTER}"),
        (f"echo 'Unable to {'talk ' * 99}' >&2; exit 1", f"Unable to {'talk ' * 56}talk ..."),
    ],
)
def test_what_the_cluster_does_not_tell_is_a_warning(
    lines: str | None, why: str, kubectl: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("pulumi.warn", told.append)
    if lines:
        kubectl(lines)
    check()
    assert told == [f"nothing tells whether the namespace slostack is there already and another's: {why}"]


def test_a_kubectl_that_is_no_program_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("pulumi.warn", told.append)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "kubectl").write_text("nothing that runs", encoding="utf-8")
    (tmp_path / "kubectl").chmod(0o755)
    check()
    assert told[0].endswith("kubectl can't be run: Exec format error")


def test_a_namespace_tells_whose_it_is(program: Program, stack: str) -> None:
    for namespace in program.of_type(":Namespace"):
        assert namespace.inputs["metadata"]["annotations"] == {"slostack/stack": f"slostack/{stack}"}

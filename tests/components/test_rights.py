"""What each server may do in the cluster: what docs/security.md says, and nothing else."""

from __future__ import annotations

import re
from typing import Any

from slostack.deploy.policies import RIGHTS
from tests.components.program import ROOT, Program, canaries, run_program, stack_config

ROLES = (":Role", ":ClusterRole")
SWITCHED_ON = ("snapshots",)
"""What no committed stack has."""
SHOP = {"namespace": "shop", "labels": {"app": "learnsnap"}, "port": 9464}


def rights(program: Program) -> dict[str, set[tuple[str, str]]]:
    """Each server's verbs and resources, wherever it has them; its token is used for nothing else."""
    found: dict[str, set[tuple[str, str]]] = {}
    for kind in ROLES:
        for role in program.of_type(kind):
            rules = role.inputs["rules"]
            found.setdefault(role.parent, set()).update(
                (verb, resource) for rule in rules for verb in rule["verbs"] for resource in rule["resources"]
            )
    return found


def documented() -> dict[str, set[tuple[str, str]]]:
    """The table of rights."""
    section = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").split("## Rights\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w-]+)` \| [^|]+ \| ([^|]+) \|", section, re.MULTILINE)
    found: dict[str, set[tuple[str, str]]] = {}
    for server, what in rows:
        found.setdefault(server, set()).update(
            (verb.strip(), resource)
            for part in what.split(";")
            for verb in part.split("`")[0].split(",")
            for resource in re.findall(r"`([^`]+)`", part)
        )
    return found


def allowed() -> dict[str, set[tuple[str, str]]]:
    """What the policy lets each server's roles give."""
    found: dict[str, set[tuple[str, str]]] = {}
    for (server, _), resources in RIGHTS.items():
        what = {(verb, name.partition(".")[0]) for name, verbs in resources.items() for verb in verbs}
        found.setdefault(server, set()).update(what)
    return found


def places(program: Program, server: str) -> dict[str, str]:
    """Where a server's roles are, by kind: the namespaces, or the cluster."""
    return {
        str(role.inputs["metadata"].get("namespace", "")): role.type.rpartition(":")[2]
        for kind in ROLES
        for role in program.of_type(kind)
        if role.parent == server
    }


def test_servers_have_the_rights_that_are_documented(program: Program) -> None:
    assert documented() == allowed()
    assert rights(program) == {server: what for server, what in allowed().items() if server not in SWITCHED_ON}


def test_only_who_has_rights_has_a_token(program: Program) -> None:
    with_token = {server for server, pod in program.pods() if pod["spec"]["automountServiceAccountToken"]}
    assert with_token == set(rights(program))


def test_each_role_is_bound_to_its_servers_account_and_to_no_other(program: Program) -> None:
    for kind in ROLES:
        roles = {each.name: each for each in program.of_type(kind)}
        bindings = {each.name: each for each in program.of_type(f"{kind}Binding")}
        assert set(roles) == set(bindings)
        for name, role in roles.items():
            binding = bindings[name].inputs
            assert binding["roleRef"]["kind"] == kind[1:]
            assert binding["roleRef"]["name"] == role.inputs["metadata"]["name"]
            assert binding["metadata"].get("namespace") == role.inputs["metadata"].get("namespace")
            (subject,) = binding["subjects"]
            account = program.one(":ServiceAccount", role.parent).inputs["metadata"]
            assert subject == {"kind": "ServiceAccount", "name": role.parent, "namespace": account["namespace"]}


def test_prometheus_finds_pods_where_they_are_watched_and_nowhere_else() -> None:
    without_nodes: dict[str, Any] = {"exporters": {"kubelets": False}}
    assert places(_run(without_nodes), "prometheus") == {"slostack": "Role", "slostack-nodes": "Role"}
    in_shop = _run({**without_nodes, "services": {"learnsnap": {"pods": SHOP}}})
    assert places(in_shop, "prometheus") == {"slostack": "Role", "slostack-nodes": "Role", "shop": "Role"}
    of_a_job = _run({**without_nodes, "services": {"learnsnap": {"jobs": {"learnsnap": {"pods": SHOP}}}}})
    assert places(of_a_job, "prometheus")["shop"] == "Role"


def test_prometheus_may_ask_kubelets_for_metrics_where_it_does() -> None:
    assert places(_run({}), "prometheus") == {"slostack": "Role", "slostack-nodes": "Role", "": "ClusterRole"}
    assert ("get", "nodes/proxy") not in rights(_run({}))["prometheus"]


def test_alloy_reads_logs_where_the_settings_say() -> None:
    assert places(_run({}), "alloy") == {"": "ClusterRole"}
    assert places(_run({"logs": {"namespaces": ["shop", "attic"]}}), "alloy") == {"shop": "Role", "attic": "Role"}


def _run(edit: dict[str, Any]) -> Program:
    return run_program("dev", stack_config("dev") | edit, canaries("dev"))

"""Who may talk to whom: nothing is allowed that the settings don't call for."""

from __future__ import annotations

from typing import Any

from slostack.deploy.kubernetes.labels import selector
from tests.components.program import Program, run_program, stack_config

INSIDE = {
    ("prometheus", "alertmanager", 9093),
    ("prometheus", "loki", 3100),
    ("prometheus", "grafana", 3000),
    ("grafana", "prometheus", 9090),
    ("grafana", "alertmanager", 9093),
    ("grafana", "loki", 3100),
    ("loki", "alertmanager", 9093),
    ("loki", "prometheus", 9090),
}
OUTSIDE = {
    "dev": {("prometheus", "outside", 8080)},
    "staging": {("prometheus", "outside", 443), ("alertmanager", "outside", 443), ("alertmanager", "outside", 587)},
    "prod": {("prometheus", "outside", 443), ("alertmanager", "outside", 443), ("alertmanager", "outside", 587)},
}


def test_everything_is_denied_first(program: Program) -> None:
    policy = program.one(":NetworkPolicy", "default-deny").inputs["spec"]
    assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_every_pod_may_look_up_names_and_that_alone(program: Program) -> None:
    policy = program.one(":NetworkPolicy", "allow-dns").inputs["spec"]
    assert policy["podSelector"] == {}
    assert policy["policyTypes"] == ["Egress"]
    (rule,) = policy["egress"]
    assert {(port["port"], port["protocol"]) for port in rule["ports"]} == {(53, "UDP"), (53, "TCP")}
    (peer,) = rule["to"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kube-system"}


def test_exactly_the_flows_that_exist_are_allowed(program: Program, stack: str) -> None:
    expected = INSIDE | OUTSIDE[stack]
    sent, received = set(), set()
    for policy in program.of_type(":NetworkPolicy"):
        server, spec = policy.inputs["metadata"]["name"], policy.inputs["spec"]
        if server in ("default-deny", "allow-dns"):
            continue
        assert spec["podSelector"]["matchLabels"] == selector(server)
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        sent |= {(server, *end) for rule in spec.get("egress", []) for end in _ends(rule["to"], rule["ports"])}
        received |= {
            (source, server, port)
            for rule in spec.get("ingress", [])
            for source, port in _ends(rule["from"], rule["ports"])
        }
    assert sent == expected
    assert received == INSIDE


def _ends(peers: list[dict[str, Any]], ports: list[dict[str, Any]]) -> set[tuple[str, int]]:
    assert all(port["protocol"] == "TCP" for port in ports)
    names = {
        "outside" if "ipBlock" in peer else peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
        for peer in peers
    }
    return {(name, int(port["port"])) for name in names for port in ports}


def test_a_webhook_opens_its_own_port_for_alertmanager() -> None:
    config = stack_config("dev") | {"receivers": {"webhook": "http://hooks.acme.example:8443/alerts"}}
    program = run_program("dev", config, {"grafanaAdminPassword": "x"})
    egress = program.one(":NetworkPolicy", "alertmanager").inputs["spec"]["egress"]
    assert set().union(*(_ends(rule["to"], rule["ports"]) for rule in egress)) == {("outside", 8443)}

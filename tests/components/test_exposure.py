"""The way in from outside the cluster: to Grafana, by TLS, and to nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.program import Program, canaries, run_program, stack_config

GATEWAY = {"kind": "gateway", "host": "grafana.dev.acme.example", "gateway": "shared", "fromNamespace": "envoy"}


def of_dev(exposure: dict[str, Any] | None) -> Program:
    config = stack_config("dev")
    if exposure:
        config["kubernetes"]["exposure"] = exposure
    return run_program("dev", config, canaries("dev"))


def test_an_ingress_leads_to_grafana_by_tls(prod: Program) -> None:
    (ingress,) = prod.of_type(":Ingress")
    backend = {"service": {"name": "grafana", "port": {"name": "http"}}}
    assert ingress.inputs["spec"] == {
        "ingressClassName": "nginx",
        "rules": [
            {
                "host": "grafana.acme.example",
                "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
            }
        ],
        "tls": [{"hosts": ["grafana.acme.example"], "secretName": "grafana-tls"}],
    }
    assert ingress.inputs["metadata"]["annotations"] == {
        "cert-manager.io/cluster-issuer": "letsencrypt",
        "pulumi.com/skipAwait": "true",
    }
    assert prod.one(":Service", "grafana").inputs["spec"]["ports"][0]["name"] == "http"


def test_a_route_leads_from_the_gateways_https_listener_to_grafana() -> None:
    (route,) = of_dev(GATEWAY).of_type(":HTTPRoute")
    assert route.type == "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
    assert route.inputs["spec"] == {
        "parentRefs": [{"name": "shared", "sectionName": "https"}],
        "hostnames": ["grafana.dev.acme.example"],
        "rules": [{"backendRefs": [{"name": "grafana", "port": 3000}]}],
    }


def test_the_gateway_may_be_in_another_namespace() -> None:
    (route,) = of_dev(GATEWAY | {"gatewayNamespace": "gateways", "listener": "tls"}).of_type(":HTTPRoute")
    assert route.inputs["spec"]["parentRefs"] == [{"name": "shared", "sectionName": "tls", "namespace": "gateways"}]


def test_the_controllers_pods_alone_are_let_in_from_outside() -> None:
    policy = of_dev(GATEWAY).one(":NetworkPolicy", "grafana").inputs["spec"]
    from_outside = [rule for rule in policy["ingress"] if "namespaceSelector" in rule["from"][0]]
    assert from_outside == [
        {
            "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "envoy"}}}],
            "ports": [{"port": 3000, "protocol": "TCP"}],
        }
    ]


@pytest.mark.parametrize(
    ("edit", "let_in"),
    [
        ({"annotations": {"cert-manager.io/issuer": "acme"}}, True),
        ({"annotations": {"kubernetes.io/tls-acme": "true"}}, True),
        ({"annotations": {"cert-manager.io/common-name": "x"}}, False),
        ({"kind": "gateway", "gateway": "shared", "annotations": {"cert-manager.io/issuer": "acme"}}, False),
    ],
)
def test_who_asks_whose_name_it_is_is_let_in_where_cert_manager_issues_the_certificate(
    edit: dict[str, Any], let_in: bool
) -> None:
    tls = {} if "gateway" in edit else {"tlsSecret": "grafana-tls"}
    ingress = {"kind": "ingress", "host": GATEWAY["host"], "fromNamespace": "envoy"}
    policies = [each.inputs["spec"] for each in of_dev(ingress | tls | edit).of_type(":NetworkPolicy")]
    solver = {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}}
    found = [spec for spec in policies if spec["podSelector"] == solver]
    rule = {
        "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "envoy"}}}],
        "ports": [{"port": 8089, "protocol": "TCP"}],
    }
    expected = {"podSelector": solver, "policyTypes": ["Ingress", "Egress"], "ingress": [rule]}
    assert found == ([expected] if let_in else [])


def test_nothing_else_is_exposed(program: Program) -> None:
    assert len(program.of_type(":Ingress")) <= 1
    assert all(each.inputs["spec"].get("type", "ClusterIP") == "ClusterIP" for each in program.of_type(":Service"))
    assert not any("externalIPs" in each.inputs["spec"] for each in program.of_type(":Service"))


def test_without_exposure_nothing_is() -> None:
    program = of_dev(None)
    assert not program.of_type(":Ingress")
    assert not program.of_type(":HTTPRoute")


def test_so_are_addresses_where_requests_come_from_no_pod() -> None:
    addresses = {"fromAddresses": ["35.191.0.0/16", "130.211.0.0/22"]}
    exposure = {key: value for key, value in GATEWAY.items() if key != "fromNamespace"} | addresses
    policy = of_dev(exposure).one(":NetworkPolicy", "grafana").inputs["spec"]
    from_outside = [rule for rule in policy["ingress"] if "ipBlock" in rule["from"][0]]
    assert from_outside == [
        {
            "from": [{"ipBlock": {"cidr": each}} for each in addresses["fromAddresses"]],
            "ports": [{"port": 3000, "protocol": "TCP"}],
        }
    ]

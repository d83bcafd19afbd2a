"""A real API server with the Gateway API's CRDs takes the route to Grafana."""

from __future__ import annotations

import copy

from tests.cluster.control_plane import Cluster
from tests.cluster.crds import gateway_crds
from tests.cluster.manifests import manifests
from tests.components.program import canaries, run_program, stack_config

NAMESPACE = "slostack-gateway"
EXPOSURE = {
    "kind": "gateway",
    "host": "grafana.dev.acme.example",
    "gateway": "shared",
    "gatewayNamespace": "gateways",
    "fromNamespace": "gateways",
}


def test_the_route_to_grafana_is_accepted(cluster: Cluster) -> None:
    for crd in gateway_crds():
        cluster.kubectl("apply", "--server-side", "-f", str(crd))
    cluster.kubectl("wait", "--for=condition=Established", "crd/httproutes.gateway.networking.k8s.io", "--timeout=60s")
    config = stack_config("dev")
    config["kubernetes"] |= {"namespace": NAMESPACE, "exposure": EXPOSURE}
    objects = manifests(run_program("dev", config, canaries("dev")))
    wanted = [each for each in objects if each["kind"] in ("Namespace", "HTTPRoute")]
    cluster.apply(wanted)
    assert cluster.differs(wanted) == ""
    (route,) = (copy.deepcopy(each) for each in wanted if each["kind"] == "HTTPRoute")
    route["spec"]["parentRefs"][0]["sectionName"] = "not a name"
    assert "sectionName" in (cluster.refusal(route) or "")
    cluster.kubectl("delete", "namespace", NAMESPACE, f"{NAMESPACE}-nodes", "--wait=false")

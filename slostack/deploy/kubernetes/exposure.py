"""How a server is reached from outside the cluster: by an Ingress or by a route of the Gateway API, always with TLS."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.networking.v1 import (
    HTTPIngressPathArgs,
    HTTPIngressRuleValueArgs,
    Ingress,
    IngressBackendArgs,
    IngressRuleArgs,
    IngressServiceBackendArgs,
    IngressSpecArgs,
    IngressTLSArgs,
    NetworkPolicy,
    ServiceBackendPortArgs,
)

from slostack.deploy.kubernetes.flows import ACME_SOLVER
from slostack.deploy.kubernetes.network import allow_flows
from slostack.deploy.kubernetes.server import DONT_WAIT, Owner
from slostack.settings import Exposure

_SOLVER = "acme-solver"


def expose(owner: Owner, exposure: Exposure) -> None:
    """Leads an outside host name to the server's Service, and lets in who asks whose name it is."""
    # Pulumi would wait for the controller to write an address into the object, which not all do.
    metadata = owner.metadata(annotations={**exposure.annotations, **DONT_WAIT})
    if exposure.kind == "ingress":
        Ingress(owner.child(), metadata=metadata, spec=_ingress(owner, exposure), opts=owner.opts)
    else:
        CustomResource(
            owner.child(),
            api_version="gateway.networking.k8s.io/v1",
            kind="HTTPRoute",
            metadata=metadata,
            spec=_route(owner, exposure),
            opts=owner.opts,
        )
    if exposure.has_certificate_issued:
        NetworkPolicy(
            owner.child(_SOLVER),
            metadata=owner.metadata(_SOLVER),
            spec=allow_flows(ACME_SOLVER, owner.args.flows),
            opts=owner.opts,
        )


def _ingress(owner: Owner, exposure: Exposure) -> IngressSpecArgs:
    port = ServiceBackendPortArgs(name="http")
    backend = IngressBackendArgs(service=IngressServiceBackendArgs(name=owner.server, port=port))
    path = HTTPIngressPathArgs(path="/", path_type="Prefix", backend=backend)
    return IngressSpecArgs(
        ingress_class_name=exposure.ingress_class,
        rules=[IngressRuleArgs(host=exposure.host, http=HTTPIngressRuleValueArgs(paths=[path]))],
        tls=[IngressTLSArgs(hosts=[exposure.host], secret_name=exposure.tls_secret)],
    )


def _route(owner: Owner, exposure: Exposure) -> dict[str, pulumi.Input[object]]:
    gateway = {"name": exposure.gateway, "sectionName": exposure.listener}
    if exposure.gateway_namespace:
        gateway["namespace"] = exposure.gateway_namespace
    return {
        "parentRefs": [gateway],
        "hostnames": [exposure.host],
        "rules": [{"backendRefs": [{"name": owner.server, "port": owner.port}]}],
    }

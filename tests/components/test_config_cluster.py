"""Wrong config of the cluster that a stack goes to."""

from __future__ import annotations

import pytest

from tests.components.wrong_config import Wrong, check_refusal


def _exposure(**keys: str) -> dict[str, str]:
    return {"host": "grafana.acme.example", "fromNamespace": "ingress"} | keys


WRONG: Wrong = {
    "no context": (
        lambda c: c["kubernetes"].pop("context"),
        "slostack:kubernetes.context: no context, expected the kubeconfig",
    ),
    "a context of another machine": (
        lambda c: c["kubernetes"].update(context="elsewhere"),
        "stacks/Pulumi.prod.yaml: slostack:kubernetes.context: 'elsewhere' is no context of the text in KUBECONFIG, "
        "expected one of ",
    ),
    "a mirror on no registry": (
        lambda c: c["kubernetes"].update(images={"mirror": "mirror/images"}),
        "slostack:kubernetes.images.mirror: 'mirror/images' (text), expected a registry's host or host:port, such as",
    ),
    "a mirror with a scheme": (
        lambda c: c["kubernetes"].update(images={"mirror": "https://mirror.acme.example"}),
        "slostack:kubernetes.images.mirror: 'https://mirror.acme.example' (text)",
    ),
    "no digest": (
        lambda c: c["kubernetes"].update(images={"digests": {"loki": "sha256:12"}}),
        "slostack:kubernetes.images.digests.loki: 'sha256:12' (text)",
    ),
    "a digest of nothing": (
        lambda c: c["kubernetes"].update(images={"digests": {"promtheus": f"sha256:{'0' * 64}"}}),
        "slostack:kubernetes.images.digests.promtheus",
    ),
    "a storage class of nothing": (
        lambda c: c["kubernetes"].update(storageClasses={"blackbox": "fast"}),
        "slostack:kubernetes.storageClasses.blackbox",
    ),
    "an Ingress without TLS": (
        lambda c: c["kubernetes"]["exposure"].pop("tlsSecret"),
        "slostack:kubernetes.exposure.tlsSecret: an Ingress without `tlsSecret`, expected the Secret with its",
    ),
    "a route to no Gateway": (
        lambda c: c["kubernetes"].update(exposure=_exposure(kind="gateway")),
        "slostack:kubernetes.exposure.gateway: no gateway, expected the name of the Gateway that the route attaches to",
    ),
    "what an Ingress has none of": (
        lambda c: c["kubernetes"]["exposure"].update(gateway="shared"),
        "slostack:kubernetes.exposure.gateway: `gateway` with kind ingress, expected it left out",
    ),
    "what a route has none of": (
        lambda c: c["kubernetes"].update(exposure=_exposure(kind="gateway", gateway="shared", tlsSecret="tls")),
        "slostack:kubernetes.exposure.tlsSecret: `tlsSecret` with kind gateway, expected it left out",
    ),
    "requests from nowhere": (
        lambda c: c["kubernetes"]["exposure"].pop("fromNamespace"),
        "slostack:kubernetes.exposure.fromNamespace: neither of `fromNamespace` and `fromAddresses`, expected where",
    ),
    "addresses with bits beyond the prefix": (
        lambda c: c["kubernetes"].update(apiServer=["192.168.10.1/28"]),
        "slostack:kubernetes.apiServer[0]: '192.168.10.1/28' (text), an address within, "
        "expected the whole: 192.168.10.0/28",
    ),
    "addresses with a mask": (
        lambda c: c["kubernetes"].update(nodes=["10.0.0.0/255.0.0.0"]),
        "slostack:kubernetes.nodes[0]: '10.0.0.0/255.0.0.0' (text), expected addresses such as 10.0.0.0/16",
    ),
    "addresses of an interface": (
        lambda c: c["kubernetes"].update(nodes=["fe80::%eth0/64"]),
        "slostack:kubernetes.nodes[0]: 'fe80::%eth0/64' (text), expected addresses such as 10.0.0.0/16",
    ),
    "IPv4 addresses within IPv6": (
        lambda c: c["kubernetes"].update(nodes=["::ffff:10.0.0.0/104"]),
        "slostack:kubernetes.nodes[0]: '::ffff:10.0.0.0/104' (text), expected IPv4 addresses as such, or IPv6 ones",
    ),
    "a host's name that ends with a hyphen": (
        lambda c: c["kubernetes"]["exposure"].update(host="grafana.acme.ex-"),
        "slostack:kubernetes.exposure.host: 'grafana.acme.ex-' (text), expected a host name such as",
    ),
    "links elsewhere": (
        lambda c: c["kubernetes"]["exposure"].update(host="metrics.acme.example"),
        "slostack:kubernetes.exposure.host: host metrics.acme.example, expected that of urls.grafana (https://grafana.acme.example)",
    ),
    "no room for another namespace beside it": (
        lambda c: c["kubernetes"].update(namespace="n" * 58),
        f"slostack:kubernetes.namespace: {'n' * 58}-nodes, the node exporter's beside it, has 64 characters, "
        "expected at most 63: a name shorter by 1",
    ),
    "a node exporter in OpenShift": (
        lambda c: c["kubernetes"].update(openshift=True),
        "slostack:kubernetes.openshift: `openshift` with a node exporter, expected exporters.nodeExporter: false",
    ),
    "no room for a namespace": (
        lambda c: c["kubernetes"].update(namespace="n" * 66),
        "slostack:kubernetes.namespace: 66 characters, expected at most 63",
    ),
    "a label of the stack's own": (
        lambda c: c["kubernetes"].update(labels={"app.kubernetes.io/name": "x"}),
        "slostack:kubernetes.labels: 'app.kubernetes.io/name' (text), expected labels that the stack doesn't set",
    ),
    "others' namespace": (
        lambda c: c["kubernetes"].update(namespace="kube-system"),
        "slostack:kubernetes.namespace: namespace kube-system, expected one of the stack's own, which it makes",
    ),
    "no addresses, which a policy takes for all": (
        lambda c: c["kubernetes"].update(apiServer=[]),
        "slostack:kubernetes.apiServer: an empty list, expected at least one",
    ),
    "addresses that there are none of": (
        lambda c: c["kubernetes"].update(nodes=["10.0.0.0/33"]),
        "slostack:kubernetes.nodes[0]: '10.0.0.0/33' (text), expected addresses such as 10.0.0.0/16",
    ),
    "verified, but not scraped": (
        lambda c: c.update(exporters={"kubelets": False, "verifyKubelets": True}),
        "slostack:exporters.verifyKubelets: `verifyKubelets` without kubelets, expected kubelets: true",
    ),
    "no port of the API": (
        lambda c: c["kubernetes"].update(apiServerPorts=[]),
        "slostack:kubernetes.apiServerPorts: an empty list, expected at least one",
    ),
    "no name of a storage class": (
        lambda c: c["kubernetes"].update(storageClass="SSD_retain"),
        "slostack:kubernetes.storageClass: 'SSD_retain' (text), expected a name of lower-case letters",
    ),
    "no name of a server's storage class": (
        lambda c: c["kubernetes"].update(storageClasses={"loki": "ssd..retain"}),
        "slostack:kubernetes.storageClasses.loki: 'ssd..retain' (text), expected a name of lower-case letters",
    ),
    "no name of a Secret": (
        lambda c: c["kubernetes"]["exposure"].update(tlsSecret="grafana.-tls"),
        "slostack:kubernetes.exposure.tlsSecret: 'grafana.-tls' (text), expected a name of lower-case letters",
    ),
    "a name of a Secret that is too long": (
        lambda c: c["kubernetes"].update(images={"pullSecrets": ["s" * 254]}),
        "slostack:kubernetes.images.pullSecrets[0]: 'ssss",
    ),
    "a label's name that is too long": (
        lambda c: c["kubernetes"].update(labels={"t" * 64: "x"}),
        f"slostack:kubernetes.labels.{'t' * 64}: ",
    ),
    "a label's prefix that is too long": (
        lambda c: c["kubernetes"].update(labels={f"{'a.' * 127}a/team": "x"}),
        "expected a label's name, such as team",
    ),
    "a label's value that is too long": (
        lambda c: c["kubernetes"].update(labels={"team": "x" * 64}),
        "slostack:kubernetes.labels.team: 'xxx",
    ),
    "no name of an annotation": (
        lambda c: c["kubernetes"]["exposure"].update(annotations={"cluster issuer": "x"}),
        "slostack:kubernetes.exposure.annotations.cluster issuer: 'cluster issuer' (text), expected an annotation's",
    ),
    "another system": (
        lambda c: c["kubernetes"].update(nodeSelector={"kubernetes.io/os": "windows"}),
        "slostack:kubernetes.nodeSelector.kubernetes.io/os: 'kubernetes.io/os' (text), expected it left out",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_cluster_is_refused(wrong: str) -> None:
    check_refusal(*WRONG[wrong])


@pytest.mark.parametrize(
    "label",
    [
        "pod-security.kubernetes.io/enforce",
        "rbac.authorization.k8s.io/aggregate-to-admin",
        "kubernetes.io/metadata.name",
        "k8s.io/x",
        "pod-template-hash",
        "controller-revision-hash",
        "acme.cert-manager.io/http01-solver",
        "azure.workload.identity/use",
    ],
)
def test_a_label_by_which_kubernetes_acts_is_refused(label: str) -> None:
    expected = f"slostack:kubernetes.labels: '{label}' (text), expected labels of your own: Kubernetes acts by those of"
    check_refusal(lambda c: c["kubernetes"].update(labels={label: "x"}), expected)

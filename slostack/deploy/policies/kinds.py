"""The objects that a stack is of, and their labels."""

from __future__ import annotations

from collections.abc import Iterator

from slostack.deploy.policies.objects import Object

KINDS = {
    "apps/v1": {"DaemonSet", "Deployment", "StatefulSet"},
    "batch/v1": {"CronJob"},
    "core/v1": {"ConfigMap", "Namespace", "PersistentVolumeClaim", "Secret", "Service", "ServiceAccount"},
    "gateway.networking.k8s.io/v1": {"HTTPRoute"},
    "monitoring.coreos.com/v1": {"Probe", "PrometheusRule"},
    "monitoring.coreos.com/v1alpha1": {"AlertmanagerConfig", "ScrapeConfig"},
    "networking.k8s.io/v1": {"Ingress", "NetworkPolicy"},
    "policy/v1": {"PodDisruptionBudget"},
    "rbac.authorization.k8s.io/v1": {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"},
}
"""By API group and version."""
_LABELS = ("instance", "part-of", "managed-by")


def known_kind(obj: Object) -> Iterator[str]:
    """Every object is of a kind that these policies know all about: no Helm release, no custom workload or route."""
    if obj.version and obj.kind not in KINDS.get(obj.version, ()):
        known = ", ".join(sorted(kind for kinds in KINDS.values() for kind in kinds))
        yield f"{obj.version} {obj.kind}, expected {known}"


def labelled(obj: Object) -> Iterator[str]:
    """Every object has Kubernetes' recommended labels, by which it is found."""
    if obj.version:
        yield from (f"no label {name}" for name in _LABELS if not obj.labels.get(f"app.kubernetes.io/{name}"))

"""The stack in a Kubernetes cluster, as Pulumi components."""

from slostack.deploy.kubernetes.deploy import deploy
from slostack.deploy.kubernetes.kubeconfig import check_context
from slostack.deploy.kubernetes.taken import check_namespaces
from slostack.deploy.kubernetes.topology import kubernetes_topology

__all__ = ["check_context", "check_namespaces", "deploy", "kubernetes_topology"]

"""What no object of a stack may be: plain functions over a resource's type and inputs.

Each tells the violations of one policy, none where there are none. policy-pack/ has Pulumi ask them at every preview.
What a server needs in spite of one is in EXCEPTIONS, and nowhere else; docs/security.md says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slostack.deploy.policies.exposure import only_grafana, only_inside
from slostack.deploy.policies.kinds import KINDS, known_kind, labelled
from slostack.deploy.policies.objects import Inputs, Object, Policy
from slostack.deploy.policies.pods import (
    host_paths_read_only,
    no_capabilities,
    no_host_namespaces,
    no_host_paths,
    no_more_privileges,
    not_root,
    pinned_image,
    read_only_root,
    requests_and_limits,
    seccomp,
    secrets_only_as_files,
    three_probes,
    whole_folders,
)
from slostack.deploy.policies.rights import RIGHTS, least_rights, no_token_unless_needed, own_account

__all__ = ["EXCEPTIONS", "KINDS", "POLICIES", "RIGHTS", "Object", "Policy", "found_by", "violations"]

POLICIES: tuple[Policy, ...] = (
    known_kind,
    labelled,
    requests_and_limits,
    three_probes,
    not_root,
    read_only_root,
    no_capabilities,
    no_more_privileges,
    seccomp,
    no_token_unless_needed,
    own_account,
    pinned_image,
    no_host_paths,
    host_paths_read_only,
    no_host_namespaces,
    whole_folders,
    secrets_only_as_files,
    only_inside,
    only_grafana,
    least_rights,
)

EXCEPTIONS: Mapping[tuple[str, str, str], str] = {
    (
        "no_host_paths",
        "DaemonSet node-exporter",
        "volume root: the node's /, seen by node-exporter at /host",
    ): "reads the node's root file system, read-only",
    ("no_token_unless_needed", "StatefulSet prometheus", "has a token"): "finds pods and nodes, and scrapes kubelets",
    ("no_token_unless_needed", "DaemonSet alloy", "has a token"): "finds pods and reads their logs",
    ("no_token_unless_needed", "Deployment kube-state-metrics", "has a token"): "lists what it exports",
    ("no_token_unless_needed", "CronJob snapshots", "has a token"): "has volumes' snapshots taken",
}
"""What may be in spite of a policy: its name, the one workload, what is found of it, word for word; and for what."""


def violations(resource_type: str, inputs: Inputs) -> Iterator[str]:
    """What every policy finds wrong with a resource, but for the exceptions: `policy: what`."""
    obj = Object(resource_type, inputs)
    for policy in POLICIES:
        yield from (f"{policy.__name__}: {what}" for what in found_by(policy, obj))


def found_by(policy: Policy, obj: Object) -> Iterator[str]:
    """What one policy finds wrong with an object, but for the exceptions."""
    for what in policy(obj):
        if (policy.__name__, f"{obj.kind} {obj.name}", what) not in EXCEPTIONS:
            yield what

"""How a server in a cluster is known to the cloud that its bucket is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slostack.deploy.kubernetes.network import OUTSIDE, Addresses, Flow
from slostack.settings import Bucket

_METADATA = {
    "s3": (("169.254.169.254/32", 80), ("169.254.170.23/32", 80)),
    "gcs": (("169.254.169.254/32", 80), ("169.254.169.252/32", 988)),
    "azure": (("169.254.169.254/32", 80),),
}
"""Where pods ask, on their node, who they are: of S3 also EKS' Pod Identity, of GCS what GKE has in its place."""


def account_annotations(bucket: Bucket | None) -> Mapping[str, str] | None:
    """What the account of a server's pods is annotated with, by which the cloud knows it."""
    return bucket.identity or None if bucket else None


def pod_labels(bucket: Bucket | None) -> Mapping[str, str]:
    """The labels of pods that Azure is to give a token."""
    return {"azure.workload.identity/use": "true"} if bucket and bucket.type == "azure" and bucket.identity else {}


def identity_flows(server: str, cloud: str, *, credentials: bool, identity: bool) -> Iterator[Flow]:
    """The way to what says who a server is, where no secret does: the cloud's own, or what is on each node."""
    if not credentials:
        yield Flow(server, OUTSIDE, 443)
        if cloud == "gcs" or not identity:
            for address, port in _METADATA[cloud]:
                yield Flow(server, Addresses((address,)), port)

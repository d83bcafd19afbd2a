"""How Loki is told of its bucket. None of it is a secret: that is in a file that the cloud's own library reads."""

from __future__ import annotations

from collections.abc import Mapping

from slostack.config.topology import Place
from slostack.settings import LogBucket

CREDENTIALS_FILE = "bucket-credentials"
_CREDENTIALS = {"s3": "AWS_SHARED_CREDENTIALS_FILE", "gcs": "GOOGLE_APPLICATION_CREDENTIALS"}


def credentials_variables(bucket: LogBucket, place: Place) -> dict[str, str]:
    """The variable that says where the credentials are; none where Loki is let in by its identity."""
    return {_CREDENTIALS[bucket.type]: f"{place.secrets}/{CREDENTIALS_FILE}"} if bucket.credentials else {}


def loki_bucket(bucket: LogBucket) -> Mapping[str, object]:
    """What Loki's config says of a bucket, below its type."""
    match bucket.type:
        case "s3":
            scheme = "https" if bucket.tls else "http"
            own = {"endpoint": f"{scheme}://{bucket.host}", "s3forcepathstyle": True} if bucket.host else {}
            return {"bucketnames": bucket.name, "region": bucket.region, **own}
        case "gcs":
            return {"bucket_name": bucket.name}
        case "azure":
            way = "use_federated_token" if bucket.identity else "use_managed_identity"
            return {"account_name": bucket.account, "container_name": bucket.name, way: True}

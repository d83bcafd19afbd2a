"""A stack with Thanos on this machine, whose bucket is a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slostack import plain_yaml
from slostack.deploy.secrets import THANOS_BUCKET
from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine
from tests.components.program import Program, canaries, run_program, stack_config

_BUCKET = "/bucket"
OPENS_BUCKET = plain_yaml.dump({"type": "FILESYSTEM", "config": {"directory": _BUCKET}})


def thanos_program(stack: str, namespace: str, cluster: str = "eu-1", **query: Any) -> Program:
    """What a committed stack registers for a namespace of its own, with Thanos and backfills; `query` are settings of
    its query."""
    config = stack_config(stack) | {"thanos": {"bucket": {"type": "s3"}, "query": query}}
    backfill = {"image": "registry.acme.example/slostack:1.0.0"}
    config["kubernetes"] |= {"namespace": namespace, "cluster": cluster, "backfill": backfill}
    return run_program(stack, config, canaries(stack, config))


def thanos_machine(folder: Path, bucket: Path, cluster: str = "eu-1", **query: Any) -> Machine:
    """This machine in place of a cluster with Thanos: but for what opens the bucket, the objects are as rendered."""
    objects = manifests(thanos_program("prod", "slostack", cluster, **query))
    for each in objects:
        if each["kind"] == "Secret" and THANOS_BUCKET.file in each["stringData"]:
            each["stringData"][THANOS_BUCKET.file] = OPENS_BUCKET
    return Machine(objects, folder, shared={_BUCKET: bucket})

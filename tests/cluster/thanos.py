"""A stack with Thanos on this machine, whose bucket is a folder."""

from __future__ import annotations

from pathlib import Path

from slostack import plain_yaml
from slostack.deploy.secrets import THANOS_BUCKET
from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine
from tests.components.program import Program, canaries, run_program, stack_config

_BUCKET = "/bucket"
_OPENS_IT = plain_yaml.dump({"type": "FILESYSTEM", "config": {"directory": _BUCKET}})


def thanos_program(stack: str, namespace: str) -> Program:
    """What a committed stack registers for a namespace of its own, with Thanos."""
    config = stack_config(stack) | {"thanos": {"bucket": {"type": "s3"}}}
    config["kubernetes"] |= {"namespace": namespace, "cluster": "eu-1"}
    return run_program(stack, config, canaries(stack, config))


def thanos_machine(folder: Path, bucket: Path) -> Machine:
    """This machine in place of a cluster with Thanos: but for what opens the bucket, the objects are as rendered."""
    objects = manifests(thanos_program("prod", "slostack"))
    for each in objects:
        if each["kind"] == "Secret" and THANOS_BUCKET.file in each["stringData"]:
            each["stringData"][THANOS_BUCKET.file] = _OPENS_IT
    return Machine(objects, folder, shared={_BUCKET: bucket})

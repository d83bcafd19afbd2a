"""What the program registers, as the manifests that the API server gets."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from tests.components.program import Program, canaries, run_program, stack_config

_SECRET_VALUE = "4dabf18193072939515e22adb298388d"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


def stack_program(stack: str, namespace: str) -> Program:
    """What a committed stack registers for a namespace of its own, so that all fit into one cluster."""
    config = stack_config(stack)
    config["kubernetes"]["namespace"] = namespace
    return run_program(stack, config, canaries(stack))


def manifests(program: Program) -> list[dict[str, Any]]:
    """Every object of a program, in its order, with the values of secrets."""
    return [_plain(each.inputs) for each in program.resources if each.type.startswith("kubernetes:")]


def workloads(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and pod template of each object that makes pods."""
    for each in objects:
        if each["kind"] in WORKLOADS:
            yield each["metadata"]["name"], each["spec"]["template"]


def pod(namespace: str, template: dict[str, Any]) -> dict[str, Any]:
    """A pod of a template, as a StatefulSet would make it: with a volume for each claim, here an empty one."""
    spec = template["spec"]
    have = {volume["name"] for volume in spec["volumes"]}
    mounted = {mount["name"] for container in spec["containers"] for mount in container["volumeMounts"]}
    volumes = [*spec["volumes"], *({"name": name, "emptyDir": {}} for name in sorted(mounted - have))]
    metadata = {**template["metadata"], "name": "pod", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, "volumes": volumes}}


def data_of(secret_or_map: dict[str, Any]) -> dict[str, str]:
    """The files of a ConfigMap's or Secret's manifest."""
    encoded = secret_or_map.get("data", {}) if secret_or_map["kind"] == "Secret" else {}
    plain = secret_or_map.get("data", {}) if secret_or_map["kind"] == "ConfigMap" else secret_or_map["stringData"]
    return {**plain, **{key: base64.b64decode(value).decode() for key, value in encoded.items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return _plain(value["value"]) if _SECRET_VALUE in value else {k: _plain(v) for k, v in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value

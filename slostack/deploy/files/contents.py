"""What is written for one environment: every object, every file of the servers, and what is left to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slostack.bundle import Bundle
from slostack.config.document import yaml_text
from slostack.deploy.operator.manifest import Manifest
from slostack.deploy.operator.secrets import secret_name
from slostack.deploy.secrets import Secret, cluster_secrets
from slostack.settings import Settings
from slostack.teams import Teams

OBJECTS, SERVERS = "objects", "servers"
_README = """\
# {environment}

Written by `pulumi up`, from the SLO files; edit those instead.

- `{objects}/`: for a cluster that runs the Prometheus operator. `kubectl apply --server-side -k .` applies them all to
  the namespace {namespace}, which is there already.
- `{servers}/`: the files that the servers of `delivery: kubernetes` read, with their addresses and folders there.

## Secrets

{secrets}"""


def contents(bundle: Bundle, objects: Sequence[Manifest], settings: Settings, teams: Teams) -> dict[str, str]:
    """The text of each file by its path below the environment's folder. None holds a secret."""
    manifests = {f"{OBJECTS}/{_file(each)}": yaml_text(each) for each in objects}
    kustomization: dict[str, Any] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(manifests),
    }
    readme = _README.format(
        environment=settings.environment,
        objects=OBJECTS,
        servers=SERVERS,
        namespace=settings.kubernetes.namespace,
        secrets=_secrets(settings, teams),
    )
    return {
        "README.md": readme,
        "kustomization.yaml": yaml_text(kustomization),
        **manifests,
        **{f"{SERVERS}/{path}": text for path, text in bundle.files.items()},
    }


def _file(each: Manifest) -> str:
    return f"{each['kind'].lower()}-{each['metadata']['name']}.yaml"


def _secrets(settings: Settings, teams: Teams) -> str:
    secrets = cluster_secrets(settings, teams)
    if not secrets:
        return "None is needed.\n"
    rows = "".join(f"| {secret_name(each.server)} | {each.file} | {_value(each)} |\n" for each in secrets)
    return (
        f"None is written here. The objects read these in the namespace {settings.kubernetes.namespace}; make them by "
        f"what you have for secrets (sealed, external):\n\n| Secret | key | value |\n| --- | --- | --- |\n{rows}"
    )


def _value(secret: Secret) -> str:
    return f"what `slostack docs environments` says of `{secret.key}`"

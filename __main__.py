"""What `pulumi up` runs: a stack's config becomes settings, they become a bundle, and the bundle is deployed."""

from pathlib import Path

import pulumi

from slostack.deploy.config import read_config
from slostack.deploy.kubernetes import deploy, kubernetes_topology
from slostack.deploy.outputs import outputs
from slostack.errors import SlostackError
from slostack.stack import make_bundle

ROOT = Path(__file__).resolve().parent


def main() -> None:
    settings, secrets = read_config(pulumi.Config(), pulumi.get_stack())
    bundle = make_bundle(ROOT, settings, kubernetes_topology(settings))
    told = outputs(settings, bundle)
    deploy(bundle, settings, secrets)
    for name, value in told.items():
        pulumi.export(name, value)


try:
    main()
except SlostackError as error:
    raise pulumi.RunError(str(error)) from None

"""What `pulumi up` runs: a stack's config becomes settings, they become a bundle, and the bundle is deployed."""

import signal
from pathlib import Path

import pulumi

from slostack.checks import check_bundle
from slostack.deploy.config import read_config
from slostack.deploy.outputs import outputs
from slostack.errors import SlostackError
from slostack.servers import versions
from slostack.stack import make_bundle

ROOT = Path(__file__).resolve().parent


def main() -> None:
    settings, secrets = read_config(pulumi.Config(), pulumi.get_stack())
    if settings.delivery == "local":
        from slostack.deploy.local.pulumi_resource import LocalStackResource, complete_topology

        bundle = make_bundle(ROOT, settings, complete_topology(ROOT, settings))
        exported = outputs(settings, bundle)
        exported["versions"] = LocalStackResource("local", ROOT, settings, bundle).versions
    else:
        from slostack.deploy.kubernetes import deploy, kubernetes_topology

        bundle = make_bundle(ROOT, settings, kubernetes_topology(settings))
        check_bundle(bundle)
        exported = outputs(settings, bundle)
        exported["versions"] = {name: pin.version for name, pin in versions().items()}
        deploy(bundle, settings, secrets)
    for name, value in exported.items():
        pulumi.export(name, value)


signal.signal(signal.SIGINT, signal.SIG_DFL)  # Pulumi's way to end the program once a resource failed: no traceback
try:
    main()
except SlostackError as error:
    raise pulumi.RunError(str(error)) from None

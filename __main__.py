"""What `pulumi up` runs: a stack's config becomes settings, they become a bundle, and the bundle is delivered."""

import signal
from pathlib import Path

import pulumi

from slostack.deploy.config import read_config
from slostack.deploy.deliveries import deliver
from slostack.errors import SlostackError

ROOT = Path(__file__).resolve().parent


def main() -> None:
    settings, secrets = read_config(pulumi.Config(), pulumi.get_stack(), ROOT)
    for name, value in deliver(ROOT, settings, secrets).items():
        pulumi.export(name, value)


signal.signal(signal.SIGINT, signal.SIG_DFL)  # Pulumi's way to end the program once a resource failed: no traceback
try:
    main()
except SlostackError as error:
    raise pulumi.RunError(str(error)) from None

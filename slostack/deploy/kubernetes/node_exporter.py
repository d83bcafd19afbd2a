"""The node exporter: what each node has of processor, memory, disks and file systems.

It sees the node's root file system, read-only, where the node's /proc and /sys are as well. It shares no namespace
with the node, so it knows nothing of the node's network, and says nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import HostPathVolumeSourceArgs, VolumeArgs, VolumeMountArgs

from slostack.deploy.kubernetes.everywhere import daemon_set
from slostack.deploy.kubernetes.mounts import Mounted
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import Owner, ServerArgs, network_policy, service_account

_HOST = "/host"
_COLLECTORS = (
    "cpu",
    "diskstats",
    "edac",
    "filefd",
    "filesystem",
    "hwmon",
    "loadavg",
    "mdadm",
    "meminfo",
    "nvme",
    "pressure",
    "schedstat",
    "stat",
    "thermal_zone",
    "time",
    "timex",
    "vmstat",
)
"""Those that tell of the node; the others would tell of the pod: its network, its host name."""
_OTHERS = "^/(dev|proc|run|sys|var/lib/(containers|containerd|docker|kubelet))($|/)"
"""The mounts that are no disks of the node, or those of its pods."""
_USER = 65534


@dataclass(frozen=True)
class NodeExporterArgs:
    """The node exporter's arguments."""

    server: ServerArgs


class NodeExporter(pulumi.ComponentResource):
    """The node exporter on every node."""

    def __init__(self, name: str, args: NodeExporterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:NodeExporter", name, None, opts)
        owner = Owner(self, "node-exporter", name, args.server)
        process = Process(
            arguments=(
                f"--web.listen-address={args.server.place.listen}",
                f"--path.rootfs={_HOST}",
                f"--path.procfs={_HOST}/proc",
                f"--path.sysfs={_HOST}/sys",
                f"--path.udev.data={_HOST}/run/udev/data",
                "--collector.disable-defaults",
                *(f"--collector.{collector}" for collector in _COLLECTORS),
                f"--collector.filesystem.mount-points-exclude={_OTHERS}",
            ),
            ready="/",
            alive="/",
            user=_USER,
            start=60,
            stop=30,
        )
        daemon_set(owner, process, [_root()])
        network_policy(owner)
        service_account(owner)
        self.register_outputs({})


def _root() -> Mounted:
    """The node's root file system, of which nothing can be written, nor of what is mounted below it."""
    mount = VolumeMountArgs(name="root", mount_path=_HOST, read_only=True, recursive_read_only="IfPossible")
    return Mounted(mount, VolumeArgs(name="root", host_path=HostPathVolumeSourceArgs(path="/", type="Directory")))

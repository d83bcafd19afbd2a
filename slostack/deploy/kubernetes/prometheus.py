"""Prometheus: reads its files again by itself, so that no edit of rules or targets restarts it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from slostack.config import REMOTE_WRITE_FLAG
from slostack.deploy.kubernetes.availability import disruption_budget
from slostack.deploy.kubernetes.mounts import mounts
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import Owner, ServerArgs, network_policy, pod_names, service_account, shared
from slostack.deploy.kubernetes.stateful import stateful_set
from slostack.deploy.kubernetes.topology import POD_NAME

_USER = 65534


@dataclass(frozen=True)
class PrometheusArgs:
    """Prometheus' arguments; `external_url` is its own in links."""

    server: ServerArgs
    external_url: str


class Prometheus(pulumi.ComponentResource):
    """Prometheus: replicas that each scrape and judge everything, with config, rules, volumes and Services."""

    def __init__(self, name: str, args: PrometheusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:Prometheus", name, None, opts)
        owner = Owner(self, "prometheus", name, args.server)
        place = args.server.place
        process = Process(
            arguments=(
                f"--config.file={place.config}/prometheus.yml",
                "--config.auto-reload",
                f"--storage.tsdb.path={place.data}",
                REMOTE_WRITE_FLAG,
                f"--web.listen-address={place.listen}",
                f"--web.external-url={args.external_url}",
                "--web.route-prefix=/",
            ),
            ready="/-/ready",
            alive="/-/healthy",
            user=_USER,
            start=900,  # the write-ahead log is read first
            stop=300,
            pod_fields={POD_NAME: "metadata.name"},  # its replica label
        )
        stateful_set(owner, process, mounts(owner))
        pod_names(owner)
        shared(owner)
        disruption_budget(owner)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": place.addresses[0]})

"""Prometheus: reads its files again by itself, so that no edit of rules or targets restarts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes.rbac.v1 import PolicyRuleArgs

from slostack.config import EXEMPLARS_FLAG, FOR_STATE_FLAG, REMOTE_WRITE_FLAG
from slostack.deploy.kubernetes.availability import disruption_budget
from slostack.deploy.kubernetes.mounts import mounts
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import (
    Owner,
    ServerArgs,
    may,
    may_in,
    network_policy,
    pod_names,
    secrets_checksum,
    service_account,
    shared,
)
from slostack.deploy.kubernetes.stateful import stateful_set
from slostack.deploy.kubernetes.thanos_sidecar import SidecarArgs, begins_notes, delays_compaction, sidecar
from slostack.deploy.kubernetes.topology import POD_NAME
from slostack.deploy.secrets import THANOS_BUCKET

_USER = 65534
_SCRAPES_KUBELETS = (
    PolicyRuleArgs(api_groups=[""], resources=["nodes"], verbs=["list", "watch"]),
    PolicyRuleArgs(api_groups=[""], resources=["nodes/metrics"], verbs=["get"]),
)


@dataclass(frozen=True)
class PrometheusArgs:
    """Prometheus' arguments; `external_url` is its own in links, `discovers` the namespaces whose pods it finds: their
    names, each with the same name as it is known once the namespace exists; `kubelets` says whether it finds nodes and
    scrapes their kubelets; `thanos` is how its blocks get into a bucket, where they do."""

    server: ServerArgs
    external_url: str
    discovers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    kubelets: bool = False
    thanos: SidecarArgs | None = None


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
                "--config.auto-reload-interval=15s",
                f"--storage.tsdb.path={place.data}",
                *([delays_compaction(place.data)] if args.thanos else []),
                REMOTE_WRITE_FLAG,
                EXEMPLARS_FLAG,
                FOR_STATE_FLAG,
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
            token=bool(args.discovers) or args.kubelets,
        )
        finds_pods = PolicyRuleArgs(api_groups=[""], resources=["pods"], verbs=["list", "watch"])
        for name_of_namespace, namespace in args.discovers.items():
            may_in(owner, name_of_namespace, namespace, [finds_pods])
        if args.kubelets:
            may(owner, _SCRAPES_KUBELETS)
        beside = [sidecar(owner, args.thanos)] if args.thanos else []
        first = [begins_notes(owner)] if args.thanos else []
        read_once = secrets_checksum(owner, {THANOS_BUCKET.file: args.thanos.bucket}) if args.thanos else None
        stateful_set(owner, process, mounts(owner), secrets=read_once, beside=beside, first=first)
        pod_names(owner)
        shared(owner)
        disruption_budget(owner)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": place.addresses[0]})

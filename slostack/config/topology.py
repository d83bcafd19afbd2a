"""Where a deployer puts each server: what the servers' configs need to know about each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slostack.settings import Pods


@dataclass(frozen=True)
class Place:
    """One server's place. `listen` is the host:port it binds to (`:9090` is every interface), `addresses` the
    host:port at which others reach each replica, `shared` the one that leads to any of them, where that is another;
    `config`, `data` and `secrets` are folders as the server sees them.
    """

    listen: str
    addresses: tuple[str, ...]
    config: str
    data: str
    secrets: str
    shared: str | None = None

    @property
    def address(self) -> str:
        """The host:port that leads to any of the replicas."""
        return self.shared or self.addresses[0]


@dataclass(frozen=True)
class ThanosPlaces:
    """Thanos' places; `sidecars` are the host:port at which the sidecar of each Prometheus answers, `series` those at
    which sidecars and stores are asked for series, by gRPC, those together of which each has the same."""

    query: Place
    store: Place
    compactor: Place
    sidecars: tuple[str, ...]
    series: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Ring:
    """How replicas that share their work find each other: `listen` is the port at which each gossips, `peers` are the
    host:port of all; `name` and `address` are what each calls itself, and where others reach it, as its config says it.
    """

    listen: int
    peers: tuple[str, ...]
    name: str
    address: str


@dataclass(frozen=True)
class Topology:
    """The places of one stack's servers; what is None does not run there.

    `loki_grpc` is the host:port at which Loki listens for itself and its replicas, `loki_ring` how these find each
    other, `notifications` the host:port of the receiver that shows notifications on this machine. `replica` is what
    tells one Prometheus from another, as its config says it.
    `discovered` are the servers whose pods Prometheus finds by the cluster's API, in place of their addresses;
    `account` is the folder of the service account, with its token, by which it may scrape the cluster's kubelets.
    `exporters` are those of what services need, by their names.
    """

    prometheus: Place
    alertmanager: Place
    loki: Place
    loki_grpc: str
    grafana: Place | None = None
    notifications: str | None = None
    alloy: Place | None = None
    blackbox: Place | None = None
    replica: str | None = None
    loki_ring: Ring | None = None
    discovered: Mapping[str, Pods] = field(default_factory=dict)
    account: str | None = None
    thanos: ThanosPlaces | None = None
    exporters: Mapping[str, Place] = field(default_factory=dict)

    @property
    def metrics(self) -> Place:
        """The place of what answers for all metrics: Thanos' query, or Prometheus where there is none."""
        return self.thanos.query if self.thanos else self.prometheus


def split(address: str) -> tuple[str, int]:
    """Host and port of a host:port; the host is empty for every interface."""
    host, _, port = address.rpartition(":")
    return host, int(port)

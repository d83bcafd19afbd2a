"""An exporter of what a service needs: one pod that may go there, with one secret, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import pulumi

from slostack.config.exporters import CA_FILE, CLOUDWATCH_SECONDS, CONFIG_FILE, SECRET_FILES, Exporter
from slostack.config.topology import Place
from slostack.deploy.kubernetes.files import checksum
from slostack.deploy.kubernetes.mounts import mounts
from slostack.deploy.kubernetes.pod import Process
from slostack.deploy.kubernetes.server import (
    Owner,
    ServerArgs,
    network_policy,
    secrets_checksum,
    service,
    service_account,
)
from slostack.deploy.kubernetes.stateless import deployment
from slostack.settings import NeededJson, NeededPostgres, NeededRds, NeededRedis

_NOBODY, _USER_OF_REDIS = 65534, 59000


@dataclass(frozen=True)
class ExporterArgs:
    """An exporter's arguments."""

    server: ServerArgs
    exporter: Exporter


class NeedExporter(pulumi.ComponentResource):
    """An exporter with its secret, its config and its Service."""

    def __init__(self, name: str, args: ExporterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slostack:kubernetes:NeedExporter", name, None, opts)
        owner = Owner(self, args.exporter.server, name, args.server)
        secrets = secrets_checksum(owner, args.server.secrets) if args.server.secrets else None
        process = _process(args.exporter, args.server.place)
        deployment(owner, process, mounts(owner), checksum(args.server.folders), secrets=secrets, share=False)
        service(owner)
        network_policy(owner)
        service_account(owner)
        self.register_outputs({"address": args.server.place.address})


def redis_address(redis: NeededRedis) -> str:
    """The URL of a Redis, by which its exporter looks for the password."""
    return f"{'rediss' if redis.tls else 'redis'}://{redis.host}"


def redis_account(redis: NeededRedis) -> str:
    """The same with who logs in, as its exporter's file of passwords has it."""
    scheme, _, host = redis_address(redis).partition("://")
    return f"{scheme}://{redis.user}@{host}" if redis.user else redis_address(redis)


def _process(exporter: Exporter, place: Place) -> Process:
    arguments: tuple[str, ...] = (f"--web.listen-address={place.listen}",)
    environment: dict[str, str] = {}
    ready, user = "/", _NOBODY
    secret = f"{place.secrets}/{SECRET_FILES[exporter.need]}"
    match exporter.facts:
        case NeededPostgres() as postgres:
            environment = {
                "DATA_SOURCE_URI": _data_source(postgres, place),
                "DATA_SOURCE_USER": postgres.user,
                "DATA_SOURCE_PASS_FILE": secret,
            }
        case NeededRedis() as redis:
            ready, user = "/health", _USER_OF_REDIS
            arguments += (f"--redis.addr={redis_address(redis)}",)
            arguments += (f"--redis.user={redis.user}",) if redis.user else ()
            arguments += (f"--redis.password-file={secret}",) if redis.password else ()
            arguments += (f"--tls-ca-cert-file={place.config}/{CA_FILE}",) if redis.ca else ()
        case NeededRds() as rds:
            ready = "/healthz"
            environment = {"AWS_SHARED_CREDENTIALS_FILE": secret} if rds.credentials else {}
            arguments = (
                f"--listen-address={place.listen}",
                f"--config.file={place.config}/{CONFIG_FILE}",
                f"--scraping-interval={CLOUDWATCH_SECONDS}",
            )
        case NeededJson():
            arguments += (f"--config.file={place.config}/{CONFIG_FILE}",)
            ready = "/metrics"
    return Process(arguments=arguments, ready=ready, alive=ready, user=user, start=60, stop=30, environment=environment)


def _data_source(postgres: NeededPostgres, place: Place) -> str:
    options = {"sslmode": postgres.ssl_mode, "connect_timeout": "5"}
    if postgres.ca:
        options["sslrootcert"] = f"{place.config}/{CA_FILE}"
    return f"{postgres.host}/{postgres.database}?{urlencode(options, safe='/')}"

"""The stack on this machine."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from slostack.settings.part import OnceEach, Port, SettingsPart, mismatch

LOOPBACK = "127.0.0.1"
DemoService = Literal["learnsnap", "postfacta", "stolen-tee", "junkos"]
DEMO_SERVICES: tuple[DemoService, ...] = get_args(DemoService)
"""The services that the demo workload can play."""


class Ports(SettingsPart):
    """The loopback ports of the stack on this machine."""

    prometheus: Port = 9090
    alertmanager: Port = 9093
    loki: Port = 3100
    grafana: Port = 3000
    loki_grpc: Port = Field(9096, alias="lokiGrpc")
    notifications: Port = 9095
    demo: Port = 9464

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        first: dict[int, str] = {}
        for name, field in type(self).model_fields.items():
            key, port = field.alias or name, getattr(self, name)
            if port in first:
                raise mismatch(f"port {port} for both {first[port]} and {key}", "a port of its own for each")
            first[port] = key
        return self


class LocalSettings(SettingsPart):
    """The stack on this machine: its ports, what the demo workload plays (true is all that it can, false nothing), and
    whether a month of history is made up for it before its first start, so that long windows are full."""

    ports: Ports = Field(default_factory=Ports)
    demo: Annotated[tuple[DemoService, ...], OnceEach] = Field(DEMO_SERVICES, strict=False)
    history: bool = True

    @field_validator("demo", mode="before")
    @classmethod
    def _all_or_none(cls, value: object) -> object:
        return (DEMO_SERVICES if value else ()) if isinstance(value, bool) else value

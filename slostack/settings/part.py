"""What every part of the settings is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from slostack.spec.quantities import mismatch

Port = Annotated[int, Field(ge=1, le=65535)]
Size = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(Mi|Gi|Ti)$")]
Cpu = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*m?$")]
HostPort = Annotated[str, StringConstraints(pattern=r"^(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):[1-9][0-9]{0,4}$")]
HostName = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$", max_length=253)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
ObjectName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253)]
Namespace = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$", max_length=63)]
Pem = Annotated[str, StringConstraints(pattern=r"^-----BEGIN CERTIFICATE-----\n")]
LabelKey = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$")
]
LabelValue = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$", max_length=63)]

__all__ = [
    "Cpu",
    "HostName",
    "HostPort",
    "LabelKey",
    "LabelValue",
    "Namespace",
    "ObjectName",
    "Pem",
    "Port",
    "SettingsPart",
    "Size",
    "Url",
    "mismatch",
]


class SettingsPart(BaseModel):
    """Frozen, and strict about what it takes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

"""What a deployer gets: every file of the stack as text, by path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

GRAFANA_URL = "https://grafana.invalid"
RUNBOOK_URL = "https://runbooks.invalid"
"""Stand in for an environment's own URLs in what is committed; replaced when a bundle is made for a stack."""
NAMESPACE = "namespace.invalid"
"""Stands in for the namespace of an environment's stack."""


@dataclass(frozen=True)
class Bundle:
    """The files of a stack by their path below the deployer's folder, such as `prometheus/rules/api.yaml`.

    Holds no secret: servers read those from files that only the deployer writes.
    """

    files: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", MappingProxyType(dict(sorted(self.files.items()))))

    def below(self, folder: str) -> dict[str, str]:
        """The files below a folder, by their path from there."""
        prefix = folder.rstrip("/") + "/"
        return {path.removeprefix(prefix): text for path, text in self.files.items() if path.startswith(prefix)}

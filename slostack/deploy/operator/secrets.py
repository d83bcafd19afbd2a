"""The Secrets that the objects refer to: one per server that reads them, a key per file."""

from __future__ import annotations

from slostack.deploy.kubernetes.labels import STACK


def secret_name(server: str) -> str:
    """The name of the Secret with what one server reads."""
    return f"{STACK}-{server}"


def selector(server: str, file: str) -> dict[str, str]:
    """What refers to the key that stands for a file of the server's."""
    return {"name": secret_name(server), "key": file.rpartition("/")[2]}

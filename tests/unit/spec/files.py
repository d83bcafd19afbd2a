"""A right SLO file, small edits of it, and what the loader says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from slostack.spec import SpecError, load_service

RIGHT = """\
service: api
description: An API
team: core
links: {docs: https://docs.example}
scrape:
  - {job: api, path: /metrics, interval: 15s, timeout: 10s}
slos:
  - name: availability
    description: It answers
    objective: 99.9
    window: 30d
    sli: {events: {bad: 'e{job="api"}', total: 'r{job="api"}'}}
    alerting: {policy: google, page: critical, ticket: medium}
    runbook: api/burn.md
alerts:
  - {name: Down, expr: up == 0, for: 1m, severity: critical, summary: Down, description: It is, runbook: api/burn.md}
probes:
  - {name: health, path: /health, interval: 60s, timeout: 10s}
"""
SLI = """{events: {bad: 'e{job="api"}', total: 'r{job="api"}'}}"""


def edited(old: str, new: str) -> str:
    """The right file with the first place of `old` replaced."""
    assert old in RIGHT, f"{old!r} is not in the right file"
    return RIGHT.replace(old, new, 1)


def project(root: Path, text: str | bytes = RIGHT, name: str = "api.yaml") -> Path:
    """A project at `root` with one SLO file and its runbook; returns the SLO file's path."""
    runbook = root / "runbooks/api/burn.md"
    runbook.parent.mkdir(parents=True, exist_ok=True)
    runbook.write_text("# Burn\n", encoding="utf-8")
    path = root / "slos" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def mistakes(root: Path, text: str | bytes) -> list[str]:
    """What loading slos/api.yaml with this text says, line by line; nothing where it loads."""
    try:
        load_service(project(root, text), root)
    except SpecError as error:
        return str(error).splitlines()
    return []


@dataclass(frozen=True)
class Mistake:
    """One edit of the right file and what loading then says, each line without the file's name."""

    old: str
    new: str
    said: tuple[str, ...]

    @property
    def text(self) -> str:
        """The file with the mistake in it."""
        return edited(self.old, self.new)

    def __str__(self) -> str:
        return self.new.replace("\n", " ")[:60] or f"no {self.old}"


def table() -> list[Mistake]:
    """The mistakes of the tables in mistakes/."""
    return [
        _mistake(block)
        for file in sorted((Path(__file__).parent / "mistakes").glob("*.txt"))
        for block in file.read_text(encoding="utf-8").split("\n\n")[1:]
    ]


def _mistake(block: str) -> Mistake:
    lines = block.splitlines()
    old, new = ("\n".join(line[2:] for line in lines if line.startswith(sign)) for sign in "-+")
    return Mistake(old, new, tuple(line for line in lines if line[0] not in "-+"))

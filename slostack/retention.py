"""Whether each environment's Prometheus keeps its data for as long as every SLO's window reaches back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from slostack.files import shown_path
from slostack.settings import PROJECT, Settings
from slostack.spec import Calendar, Problem, Service, Slo, SpecError
from slostack.spec.source import parse_yaml, read_text


def check_retention(root: Path, services: Mapping[Path, Service], stacks: Collection[Settings]) -> None:
    """Compares the windows of services, by SLO file, with the retention of stacks; raises SpecError with each
    window that is longer."""
    problems = [
        problem
        for path, service in services.items()
        if any(_too_long(slo, stacks) for slo in service.slos)
        for problem in _problems(path, root, service, stacks)
    ]
    if problems:
        raise SpecError(tuple(problems))


def _too_long(slo: Slo, stacks: Iterable[Settings]) -> bool:
    return any(slo.reach > settings.prometheus.retention for settings in stacks)


def _problems(path: Path, root: Path, service: Service, stacks: Iterable[Settings]) -> Iterator[Problem]:
    shown = shown_path(path, root)
    source = parse_yaml(read_text(path, shown), shown)
    for index, slo in enumerate(service.slos):
        for settings in stacks:
            if not _too_long(slo, [settings]):
                continue
            longest = f", up to {slo.reach}" if isinstance(slo.window, Calendar) else ""
            kept = settings.prometheus.retention
            what = (
                f"slos[{index}].window: {slo.window}{longest}, expected at most the {kept} for which Prometheus keeps "
                f"its data, or more in {settings.file} ({PROJECT}:prometheus: retention)"
            )
            yield source.problem(("slos", index, "window"), what)

"""Whether a stack says where everything is that its services need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slostack.errors import SlostackError
from slostack.settings import Settings
from slostack.spec import SLO_FOLDER, Service

_EXPECTED = {
    "postgres": "the host of a database, and who may look at it",
    "redis": "the host of a Redis",
    "rds": "the instance and its region",
    "json": "the url of an endpoint",
}


def check_needs(services: Iterable[Service], settings: Settings) -> None:
    """Compares what services need with where a stack of our own servers says it is; raises SlostackError with each
    need that is missing in the stack, or that no SLO file has."""
    if settings.delivery == "kubernetes" and (lines := list(_wrong(services, settings))):
        raise SlostackError("\n".join(lines))


def _wrong(services: Iterable[Service], settings: Settings) -> Iterator[str]:
    for service in services:
        given = settings.services[service.service].needs.all
        key = f"{settings.file}: slostack:services.{service.service}.needs"
        file = f"{SLO_FOLDER}/{service.service}.yaml"
        for need in service.needs:
            if need not in given:
                yield f"{key}.{need}: missing, as {file} needs {need}, expected {_EXPECTED[need]}"
        for unneeded in (each for each in given if each not in service.needs):
            expected = f"`needs: [{unneeded}]` there, or it left out here"
            yield f"{key}.{unneeded}: {file} doesn't need {unneeded}, expected {expected}"

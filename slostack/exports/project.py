"""The rules of a whole project, as one environment's objects."""

from __future__ import annotations

from pathlib import Path

from slostack.errors import SlostackError
from slostack.exports.prometheusrule import Metadata, custom_objects, service_objects, stack_objects
from slostack.files import shown_path
from slostack.project import RULE_FOLDER, custom_texts
from slostack.settings import Settings
from slostack.spec import Service
from slostack.stack import of_environment


def project_objects(
    root: Path, services: tuple[Service, ...], settings: Settings, metadata: Metadata
) -> dict[str, str]:
    """The PrometheusRule objects of all services, of the stack and of the team's own files, by name.

    Raises SlostackError where two files become objects of the same name.
    """
    objects: dict[str, str] = {}
    for service in services:
        objects |= service_objects(service, metadata)
    objects |= stack_objects(metadata)
    for path, text in custom_texts(root, RULE_FOLDER).items():
        file = shown_path(path, root)
        own = custom_objects(file, text, metadata)
        if both := objects.keys() & own.keys():
            raise SlostackError(f"{file}: another file becomes {min(both)} too, expected a name of its own")
        objects |= own
    return {name: of_environment(text, settings) for name, text in objects.items()}

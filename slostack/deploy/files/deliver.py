"""Writes a stack into the project's own folder, by Pulumi."""

from __future__ import annotations

from pathlib import Path

import pulumi

from slostack.bundle import Bundle
from slostack.deploy.files.contents import contents
from slostack.deploy.files.write import write_files
from slostack.deploy.operator import operator_objects
from slostack.settings import Settings
from slostack.teams import teams_of


def deliver_files(root: Path, bundle: Bundle, settings: Settings) -> str:
    """Writes the objects and the bundle, but in a preview; the folder's path from the project's root."""
    folder = f"{settings.files.folder}/{settings.environment}"
    objects = operator_objects(root, bundle, settings)
    texts = contents(bundle, objects, settings, teams_of(root, settings.watched))
    if not pulumi.runtime.is_dry_run():
        write_files(root / folder, texts)
    return folder

"""A bundle is made of what fits together."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack.config import Topology
from slostack.errors import SlostackError
from slostack.settings import Settings
from slostack.stack import make_bundle
from tests.unit.config.conftest import settings, topology
from tests.unit.spec.files import project

__all__ = ["settings", "topology"]


def test_a_watched_service_without_an_slo_file_is_refused(
    tmp_path: Path,
    settings: Settings,
    topology: Topology,
) -> None:
    project(tmp_path)
    with pytest.raises(
        SlostackError, match=r"^stacks/Pulumi\.test\.yaml: slostack:services names shop, expected services"
    ):
        make_bundle(tmp_path, settings, topology)

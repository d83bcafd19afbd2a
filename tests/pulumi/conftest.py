from __future__ import annotations

from pathlib import Path

import pytest

from slostack.servers import obtain
from tests.pulumi.engine import Engine, make_engine


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """The real engine over a copy of the project, with the servers at hand whose tools check the bundle."""
    engine = make_engine(tmp_path)
    for server in ("prometheus", "alertmanager", "loki"):
        obtain(server, print)
    return engine

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pulumi.engine import Engine, make_engine


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """The real engine over a copy of the project."""
    return make_engine(tmp_path)

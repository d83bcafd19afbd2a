"""Real stacks on this machine, each in a project copy of its own; none leaves a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.project import Project, make_project


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A running stack with everything in it, the demo and its history included; `up` has ended well."""
    project = make_project(tmp_path_factory.mktemp("stack") / "project")
    try:
        project.run("up")
        yield project
    finally:
        project.end()


@pytest.fixture(scope="package")
def small_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A running stack without the demo, for tests that change its settings and change them back."""
    project = make_project(tmp_path_factory.mktemp("small") / "project", demo=False)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PULUMI_CONFIG_PASSPHRASE", "hush")
            project.run("up")
        yield project
    finally:
        project.end()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project whose stack is not up yet, without the demo, for tests that begin or end it."""
    project = make_project(tmp_path / "project", demo=False)
    try:
        yield project
    finally:
        project.end()


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Project]:
    """A running stack with the demo, for one test that breaks it."""
    project = make_project(tmp_path / "project")
    try:
        project.run("up")
        yield project
    finally:
        project.end()

"""Puts into the wheel what of the project's own folders slostack needs wherever it is installed."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = (
    "__main__.py",
    "Pulumi.yaml",
    "docs",
    "examples/ci",
    "runbooks/shared",
    "runbooks/slostack",
    "runbooks/templates",
    "schemas",
    "tools",
)
"""Found by slostack/shipped.py: here, or in the installed package."""


class BuildWithShippedFiles(build_py):
    """Builds the package, with a folder of these files in it."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / "slostack" / "shipped_files"
        for name in SHIPPED:
            source = Path(__file__).parent / name
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.png"))
            else:
                shutil.copy(source, target / name)


setup(cmdclass={"build_py": BuildWithShippedFiles})

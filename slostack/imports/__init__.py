"""Reads SLOs that were written for OpenSLO, sloth or pyrra, as SLO files of this project."""

from slostack.imports.fields import Note
from slostack.imports.read import Import, import_files

__all__ = ["Import", "Note", "import_files"]

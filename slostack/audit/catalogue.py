"""What an audit asks for, as data: the categories with their points, and the rows of the coverage."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter

from slostack.spec import Selector
from slostack.spec.fields import Text
from slostack.spec.part import Part
from slostack.spec.readiness import Category, CoverageRow
from slostack.spec.source import parse_yaml

_FOLDER = Path(__file__).parent


class AskedPoint(Part):
    """A point of a category: which check gives its evidence, and what to do where there is none."""

    asks: Text
    check: str | None = None
    """A key of CHECKS in slostack/audit/checks.py; without one people alone can attest it."""
    of: tuple[str, ...] = Field((), strict=False)
    need: Literal["any", "all"] = "any"
    part: CoverageRow | None = None
    """The part of a service whose point it is: one that hasn't the part isn't asked."""
    next: Text
    no_data: Text | None = None
    """What to do where it is configured and nothing of it is there, if that is something else."""


class AskedCategory(Part):
    """A category of readiness."""

    title: Text
    points: tuple[AskedPoint, ...] = Field(strict=False, min_length=1)


class AskedRow(Part):
    """A part that is to be watched, how it is found, and what to do where something lacks."""

    title: Text
    always: bool = False
    """Whether every service has it; of the others those alone that something tells of."""
    next: Text
    series: tuple[Selector, ...] = Field((), strict=False)
    signals: tuple[str, ...] = Field((), strict=False)
    alerts: tuple[str, ...] = Field((), strict=False)
    """The alerts of the library that tell how it is, such as `http/HighErrorRate`."""
    kinds: tuple[str, ...] = Field((), strict=False)
    """The kinds of SLI that do."""


@lru_cache(maxsize=1)
def categories() -> dict[Category, AskedCategory]:
    """The categories, in their order."""
    found: dict[Category, AskedCategory] = TypeAdapter(dict[Category, AskedCategory]).validate_python(
        _data("categories.yaml")
    )
    return found


@lru_cache(maxsize=1)
def coverage_rows() -> dict[CoverageRow, AskedRow]:
    """The rows of the coverage, in their order."""
    found: dict[CoverageRow, AskedRow] = TypeAdapter(dict[CoverageRow, AskedRow]).validate_python(
        _data("coverage.yaml")
    )
    return found


def _data(name: str) -> object:
    return parse_yaml((_FOLDER / name).read_text(encoding="utf-8"), name).data

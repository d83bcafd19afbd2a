"""A report as one HTML page that needs nothing else."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from slostack.report import words
from slostack.report.model import Report

_PAGES = Environment(
    loader=PackageLoader("slostack.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def as_html(report: Report) -> str:
    """The page, light or dark as its reader's system is."""
    return _PAGES.get_template("report.html.j2").render(report=report, words=words)

"""A report as Markdown."""

from __future__ import annotations

from slostack.markdown import table, text
from slostack.report import words
from slostack.report.model import Report


def as_markdown(report: Report) -> str:
    """Every service under a title of its own."""
    lines = [f"# {text(words.title(report))}", "", text(words.source(report)), ""]
    if silent := words.silent(report):
        lines += [f"> Note: {text(silent)}", ""]
    for service in report.services:
        lines += [f"## {text(service.service)} (team {text(service.team)})", ""]
        lines += [f"{text(words.summary(report, service))}.", ""]
        for each in words.tables(report, service):
            lines += table(each.head, each.rows)
    return "\n".join(lines)

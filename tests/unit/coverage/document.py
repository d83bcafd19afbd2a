"""docs/coverage.md, from coverage/, the services and fixtures: `python -m tests.unit.coverage.document` writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from slostack import names
from tests.rules.expectations import Expectation
from tests.unit.coverage.answers import (
    ENVIRONMENTS,
    ROOT,
    Answer,
    alerting_rules,
    answers,
    beyond,
    kinds,
    panels,
    receiver,
    told,
)
from tests.unit.coverage.rows import Audit, Elsewhere, Row, audits, of_every_service, severities

DOCUMENT = ROOT / "docs/coverage.md"
HEAD = """\
# Coverage

What the reliability audits of the services ask for, row by row, and what answers each row: the alert, the fixture \
that proves when it fires and when it doesn't, who hears of it, the runbook and the panel. \
The rows are in [coverage/](../coverage); all else is read from what is built. \
`python -m tests.unit.coverage.document` writes this page, and a test fails where it is stale, or a cell would be empty.

"""
COLUMNS = ("asked for", "alert", "fires, silent just before", "reaches, in prod", "runbook", "panel")
BEYOND = "Beyond the audit"

Cells = tuple[str, str, str, str, str, str]


def document() -> str:
    """The whole text."""
    of_all = f"\n## Every service\n{_elsewhere(of_every_service().elsewhere)}"
    return HEAD + _severities() + of_all + "".join(map(_section, audits()))


def _severities() -> str:
    head = "| severity | called | respond within | by | told again |\n|---|---|---|---|---|\n"
    lines = (
        f"| {name} | {each.called} | {each.respond} | {', '.join(each.channels)} | every {each.renotify} |\n"
        for name, each in severities().items()
    )
    return head + "".join(lines)


def _section(audit: Audit) -> str:
    parts = [f"\n## {audit.service}\n\nIt exposes {_metrics(audit)}.\n"]
    for title, rows in audit.rows.items():
        parts.append(f"\n### {title}\n\n{_table(cells for row in rows for cells in lines(audit.service, row))}")
    if more := tuple(beyond(audit)):
        parts.append(f"\n### {BEYOND}\n\n{_table(map(cells_of, more), COLUMNS[1:])}")
    if audit.graphs:
        parts.append("\n### Graphs\n\n| asked for | panel |\n|---|---|\n")
        for graphs in audit.graphs:
            shown = "<br>".join(found for title in graphs.panels for found in titled(audit.service, title))
            parts.append(f"| {graphs.asks} | {shown} |\n")
    if audit.elsewhere:
        parts.append(f"\n### Elsewhere\n{_elsewhere(audit.elsewhere)}")
    parts.append(f"\n### Receivers\n\n{_receivers(audit.service)}")
    return "".join(parts)


def _elsewhere(found: Iterable[Elsewhere]) -> str:
    """What neither an alert nor a graph answers."""
    lines = (f"| {each.asks} | {'<br>'.join(_link(path, path) for path in each.see)} |\n" for each in found)
    return "\n| asked for | see |\n|---|---|\n" + "".join(lines)


def _metrics(audit: Audit) -> str:
    """The metrics of a service, each with its labels."""
    told = (f"{name}{{{','.join(labels)}}}" if labels else name for name, labels in audit.metrics.items())
    return ", ".join(f"`{metric}`" for metric in told)


def _table(lines: Iterable[Cells], columns: Sequence[str] = COLUMNS) -> str:
    """The last columns of some lines."""
    head = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n"
    return head + "".join(f"| {' | '.join(cells[-len(columns) :])} |\n" for cells in lines)


def lines(service: str, row: Row) -> list[Cells]:
    """A line for each alert that answers a row, the cells of which are empty where something is missing."""
    found = [cells_of(answer) for answer in answers(service, row)]
    return found or [(row.asks, "", "", "", "", "")]


def cells_of(answer: Answer) -> Cells:
    """The line of an alert."""
    return (
        _asked(answer.row) if answer.row else BEYOND,
        _alert(answer),
        "<br>".join(_fixture(pair) for pair in answer.proofs) if len(answer.proofs) == len(answer.rules) else "",
        _reached(answer),
        _link(answer.runbook, f"runbooks/{answer.runbook}"),
        answer.panel or "",
    )


def titled(service: str, title: str) -> list[str]:
    """The titles of a service's panels that begin so."""
    return [found for found in dict.fromkeys(panels(service).values()) if found.startswith(title)]


def _asked(row: Row) -> str:
    more = [row.asks]
    if row.for_:
        more.append(f"for {row.for_}")
    if row.severity:
        more.append(row.severity)
    return ", ".join(more) + (f"<br>Built: {row.built}." if row.built else "")


def _alert(answer: Answer) -> str:
    rule = answer.rules[0]
    if answer.slo:
        tiers = ", ".join(each.labels[names.TIER] for each in answer.rules)
        return f"`{rule.alert}` of {answer.slo}: {tiers}, {answer.severity}"
    return ", ".join([f"`{rule.alert}`", *([f"for {rule.for_}"] if rule.for_ else []), answer.severity])


def _fixture(pair: tuple[Expectation, Expectation]) -> str:
    fires, silent = pair
    tier = f"{fires.alert.tier}: " if fires.alert.tier else ""
    where = fires.fixture.relative_to(ROOT).as_posix()
    return _link(f"{tier}{_time(fires.at)}, {_time(silent.at)}", where)


def _reached(answer: Answer) -> str:
    found = ", ".join(kinds("prod", answer.labels))
    return f"{receiver('prod', answer.labels)}: {found}" if found else ""


def _receivers(service: str) -> str:
    """Where each receiver of a service's alerts sends in every environment."""
    labels = {receiver("prod", each): each for _, each in alerting_rules(service)}
    head = f"| receiver | {' | '.join(ENVIRONMENTS)} |\n|{'---|' * (len(ENVIRONMENTS) + 1)}\n"
    rows = (
        f"| {name} | {' | '.join(told(environment, of) for environment in ENVIRONMENTS)} |\n"
        for name, of in sorted(labels.items())
    )
    return head + "".join(rows)


def _link(text: str, path: str) -> str:
    """A link to a file of the project; nothing where there is none."""
    return f"[{text}](../{path})" if Path(ROOT / path).is_file() else ""


def _time(seconds: int) -> str:
    """A time of a fixture: 9d12h, 5m30s."""
    parts: Iterator[tuple[int, str]] = iter(
        ((seconds // 86400, "d"), (seconds % 86400 // 3600, "h"), (seconds % 3600 // 60, "m"), (seconds % 60, "s"))
    )
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")

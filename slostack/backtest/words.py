"""The figures of a backtest in words, for every format."""

from __future__ import annotations

from datetime import UTC, datetime

from slostack.approximately import duration
from slostack.backtest.model import Backtest, Case, Detection, Firing, Outcome

NO = "-"
Row = tuple[str, ...]


def moment(at: float) -> str:
    """A time in UTC, to the second: `2026-11-03 10:15:00`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def day(at: float) -> str:
    """A time in UTC, to the minute."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def lasted(firing: Firing, end: float) -> str:
    """How long it fired."""
    return duration(firing.end - firing.start) if firing.end is not None else f"{duration(end - firing.start)}, still"


def name(firing: Firing) -> str:
    """Its tier (or alert) and label set."""
    return " ".join((firing.name, *(f"{label}={value}" for label, value in firing.labels)))


def share(value: float | None) -> str:
    """A share of the budget."""
    return NO if value is None else f"{value:.1%}"


def promise(outcome: Outcome) -> str:
    """Its objective, window and policy."""
    return f"{outcome.objective:.12g} % / {outcome.window}, {outcome.policy}"


def figures(outcome: Outcome | None) -> dict[str, str]:
    """What one version did, by what it is called."""
    if outcome is None:
        return {}
    week = outcome.pages_per_week
    found = {
        "objective": promise(outcome),
        "judged": duration(outcome.judged),
        "pages": f"{len(outcome.pages)}" + (f" ({week:.{0 if week >= 10 else 1}f} a week)" if week is not None else ""),
        "firings": _by_tier(outcome),
        "budget spent": share(outcome.spent)
        + (f" (at most {share(outcome.most_spent)})" if outcome.spent is not None else ""),
    }
    if outcome.detections:
        found["incidents caught"] = f"{outcome.caught} of {len(outcome.detections)}"
    return found


def detection(found: Detection | None) -> str:
    """How an incident was caught."""
    if found is None:
        return NO
    if found.first is None or found.seconds is None:
        return "missed"
    paged = (
        ""
        if found.first.is_page
        else "no page"
        if found.paged_after is None
        else f"page after {duration(found.paged_after)}"
    )
    return f"{found.first.name} after {duration(found.seconds)}" + (f" ({paged})" if paged else "")


def sides(case: Case) -> tuple[tuple[str, Outcome], ...]:
    """The versions to be told of, with their titles: one where the edit changes nothing."""
    if case.same:
        return (("as it is", case.after),) if case.after else ()
    both = (("before", case.before), ("after", case.after))
    return tuple((title, outcome) for title, outcome in both if outcome)


def incidents(case: Case) -> tuple[Row, ...]:
    """How each known incident was caught, a column per side, below their heads; nothing where none is known."""
    told = sides(case)
    found = zip(*(outcome.detections for _, outcome in told), strict=True)
    rows = tuple(
        (each[0].incident.title, moment(each[0].incident.start.timestamp()), *map(detection, each)) for each in found
    )
    return (("incident", "began (UTC)", *(title for title, _ in told)), *rows) if rows else ()


def firings(case: Case, end: float) -> tuple[Row, ...]:
    """What fired when and how long, below their heads; nothing where nothing did."""
    rows = tuple(
        (title, moment(firing.start), lasted(firing, end), name(firing), firing.severity)
        for title, outcome in sides(case)
        for firing in outcome.firings
    )
    return (("", "fired (UTC)", "for", "alert", "severity"), *rows) if rows else ()


def headline(backtest: Backtest) -> str:
    """What was replayed."""
    span = f"{day(backtest.start)} to {day(backtest.end)} UTC"
    return f"{span}, from {backtest.source}, against {backtest.revision}"


def nothing(backtest: Backtest) -> str:
    """Why nothing was replayed."""
    return f"no SLO is changed against {backtest.revision}; name some with --slo, or ask for --all"


def _by_tier(outcome: Outcome) -> str:
    """How often each tier fired, in the order of the first time."""
    counts: dict[str, int] = {}
    for firing in outcome.firings:
        counts[firing.name] = counts.get(firing.name, 0) + 1
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"

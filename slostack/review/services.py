"""What changed in a service itself, by the fields that people edit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from slostack.dashboards.house import ref_id
from slostack.dashboards.service import FURTHER_GRAPHS
from slostack.review.changes import Change, Detail, Kind, difference, pairs
from slostack.review.promql import changed_promql, one_line
from slostack.review.slos import FOR_GATE, shown
from slostack.spec.alert import LogCount
from slostack.spec.needs import JsonMetric
from slostack.spec.panel import Panel
from slostack.spec.scrape import Probe
from slostack.spec.service import Service
from slostack.spec.signal_alerts import Expanded, expanded
from slostack.spec.signal_library import signal_names


def service_changes(old: Service | None, new: Service | None) -> Iterator[Change]:
    """What changed in the service itself: its texts, team, channels, links, scrape jobs and probes, what it needs
    elsewhere, what is attested and covered, and edits of signals that change no alert and no graph."""
    if old and new:
        details = (
            *difference("description", old.description, new.description),
            *difference("team", old.team, new.team, "who receives its alerts"),
            *difference("notify", _channels(old), _channels(new)),
            *difference("needs elsewhere", ", ".join(old.needs) or "nothing", ", ".join(new.needs) or "nothing"),
            *difference("error_budget_policy", str(old.error_budget_policy), str(new.error_budget_policy), FOR_GATE),
        )
        if details:
            yield Change("changed", new.service, details)
    yield from _named("link", _links(old), _links(new))
    yield from _named("scrape job", _scrapes(old), _scrapes(new))
    yield from _named("probe", _probes(old), _probes(new))
    yield from _named("metric", _json_metrics(old), _json_metrics(new))
    yield from _named("attested", _attestations(old), _attestations(new))
    yield from _named("covered", _coverage(old), _coverage(new))
    if old and new:
        yield from _unseen_signals(old, new)


def panel_changes(old: Service | None, new: Service | None) -> Iterator[Change]:
    """What changed in the texts of graphs that the file, or a signal in it, asks for."""
    before, after = ({panel.title: panel for panel in side.panels} if side else {} for side in (old, new))
    for title, was, now in pairs(before, after):
        if was and now:
            details = (
                *difference("description", was.description, now.description),
                *difference("legends", _legends(was), _legends(now)),
            )
            if details:
                yield Change("changed", title, details, FURTHER_GRAPHS)


def with_queries(changes: Iterable[Change], new: Service | None) -> Iterator[Change]:
    """Changes of a service's panels; of an added graph that its file, or a signal in it, asks for, with what it
    shows."""
    graphs = {panel.title: panel for panel in new.panels} if new else {}
    for change in changes:
        graph = graphs.get(change.name) if change.group == FURTHER_GRAPHS else None
        yield replace(change, details=_shown_by(graph)) if graph and change.kind == "added" else change


def _shown_by(panel: Panel) -> tuple[Detail, ...]:
    queries = (Detail(f"query {ref_id(nth)}", after=one_line(line.expr)) for nth, line in enumerate(panel.lines))
    return (*difference("description", None, panel.description), Detail("unit", after=panel.unit), *queries)


def _legends(panel: Panel) -> str:
    return ", ".join(line.legend for line in panel.lines)


def log_count_changes(old: Service | None, new: Service | None) -> Iterator[Change]:
    """What changed in the counts of log lines, by their names."""
    before, after = ({count.name: count for count in side.log_counts} if side else {} for side in (old, new))
    for name, was, now in pairs(before, after):
        if not now:
            yield Change("removed", name)
        elif details := tuple(_count_details(was, now)):
            yield Change("changed" if was else "added", name, details)


def _count_details(old: LogCount | None, new: LogCount) -> Iterator[Detail]:
    for field, was, now in pairs(_count(old), _count(new)):
        yield from changed_promql(field, was, now)


def _count(count: LogCount | None) -> dict[str, str]:
    if not count:
        return {}
    by = {"by": ", ".join(count.by)} if count.by else {}
    return {"query": count.query, **by, "window": str(count.window), "at_least": str(count.at_least)}


def _named(what: str, old: dict[str, str], new: dict[str, str]) -> Iterator[Change]:
    for name, was, now in pairs(old, new):
        if was != now:
            kind: Kind = "added" if was is None else "removed" if now is None else "changed"
            yield Change(kind, f"{what} {name}", (Detail("", was, now),) if now else ())


def _links(service: Service | None) -> dict[str, str]:
    return dict(service.links) if service else {}


def _scrapes(service: Service | None) -> dict[str, str]:
    jobs = service.scrape if service else ()
    return {job.job: f"{job.path} every {job.interval}, timeout {job.timeout}" for job in jobs}


def _probes(service: Service | None) -> dict[str, str]:
    probes = service.probes if service else ()
    return {probe.name: ", ".join(_of_probe(probe)) for probe in probes}


def _of_probe(probe: Probe) -> Iterator[str]:
    yield f"{probe.path or probe.kind} every {probe.interval}, timeout {probe.timeout}"
    if probe.status:
        yield f"status {' or '.join(map(str, probe.status))}"
    if probe.body_limit:
        yield f"body of at most {probe.body_limit.written}"
    if probe.body_has:
        yield f"with {probe.body_has}"
    if probe.body_lacks:
        yield f"without {probe.body_lacks}"


def _json_metrics(service: Service | None) -> dict[str, str]:
    metrics = service.json_metrics if service else ()
    return {metric.name: ", ".join(_of_json_metric(metric)) for metric in metrics}


def _of_json_metric(metric: JsonMetric) -> Iterator[str]:
    yield f"{metric.type} of {metric.path}"
    yield from (f"{label}: {value}" for label, value in metric.labels.items())
    if metric.help:
        yield metric.help


def _channels(service: Service) -> str:
    off = ", ".join(sorted(service.notify.off))
    return f"not by {off}" if off else "by all channels of the team"


def _attestations(service: Service | None) -> dict[str, str]:
    attested = service.attested if service else {}
    return {category: f"on {each.date}, {each.link}" for category, each in attested.items()}


def _coverage(service: Service | None) -> dict[str, str]:
    rows = service.coverage if service else {}
    return {
        row: part if isinstance(part, str) else ": ".join(filter(None, [part.name, ", ".join(map(str, part.series))]))
        for row, part in rows.items()
    }


def _unseen_signals(old: Service, new: Service) -> Iterator[Change]:
    """The signals whose alerts and graphs are as they were, though what the file says of them isn't."""
    for name in signal_names():
        before, after = _written(old, name), _written(new, name)
        if before != after and _made(old, name) == _made(new, name):
            details = (detail for key, was, now in pairs(before, after) for detail in difference(key, was, now))
            yield Change("changed", f"signal {name}", (*details, _UNSEEN))


_UNSEEN = Detail("no alert and no graph", meaning="follows from it")


def _written(service: Service, signal: str) -> dict[str, str]:
    """The keys of every use of a signal, as they are written in the file."""
    uses = service.signals.uses_of(signal) or ()
    return {
        f"{key} of {use.prefix}" if use.prefix else key: shown(value)
        for use in (uses if isinstance(uses, tuple) else (uses,))
        for key, value in use.model_dump(mode="json", by_alias=True, exclude_none=True).items()
    }


def _made(service: Service, signal: str) -> list[tuple[object, ...]]:
    """The alerts of each use of a signal, what silences them, and its graphs."""
    uses = (use for use in expanded(service) if isinstance(use, Expanded) and use.signal == signal)
    return [(use.alerts, use.silencers, use.panels) for use in uses]

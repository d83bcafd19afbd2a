"""What is configured of a service's monitoring: what its alerts, SLOs and panels read, and what is beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slostack import names
from slostack.dashboards import render_service_dashboard
from slostack.dashboards.variables import whole
from slostack.files import shown_path
from slostack.project import RULE_FOLDER, custom_texts
from slostack.review.figures import without_variables
from slostack.review.rule_groups import read_rules
from slostack.rules import RecordingRule
from slostack.rules.service import slo_groups
from slostack.spec import RUNBOOK_FOLDER, Matcher, Selector, Service, Sli, Slo
from slostack.spec.signal_alerts import Expanded, expanded
from slostack.spec.syntax import parse_promql, vector_selectors
from slostack.teams import Team, load_teams

_RECORDED = "slo:"
_DRAWN = ("timeseries", "stat", "table", "gauge", "barchart")
_SECTION = re.compile(r"^## +(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class ReadAlert:
    """A threshold alert: its name, how the library calls it (`http/HighErrorRate`; empty for one of the service's own),
    and the series that it reads."""

    name: str
    known_as: str
    selectors: tuple[Selector, ...]


@dataclass(frozen=True)
class ReadSlo:
    """An SLO with the kind of its SLI (slices of a quantile are of latency, those of a ratio of events), the raw series
    that it reads, and whether anything alerts on it."""

    name: str
    kind: str
    selectors: tuple[Selector, ...]
    alerts: bool
    pages: bool


@dataclass(frozen=True)
class ReadPanel:
    """A graph or table of the service's dashboard: its queries, the raw series that they read, and the SLOs."""

    title: str
    queries: tuple[str, ...]
    selectors: tuple[Selector, ...]
    slos: frozenset[str]


@dataclass(frozen=True)
class Configured:
    """All that an audit looks at of a service. `signals` are the series that each signal reads; `runbooks` the sections
    of each runbook by its path; `own_alerts` whether a rule in alert_rules/custom/ that names it has a runbook."""

    service: Service
    alerts: tuple[ReadAlert, ...]
    slos: tuple[ReadSlo, ...]
    panels: tuple[ReadPanel, ...]
    signals: Mapping[str, tuple[Selector, ...]]
    team: Team | None
    runbooks: Mapping[str, frozenset[str]]
    own_alerts: Mapping[str, bool]

    @property
    def probed(self) -> tuple[Selector, ...]:
        """What its probes tell, in their order."""
        jobs = [names.probe_job(self.service.service, probe.name) for probe in self.service.probes]
        return tuple(Selector("probe_success", (Matcher("job", "=", job),)) for job in jobs)

    @property
    def counted(self) -> Mapping[str, Selector]:
        """What its log counts record, by their names."""
        of_service = Matcher(names.SERVICE, "=", self.service.service)
        counts = [count.name for count in self.service.log_counts]
        return {name: Selector(names.LOG_LINES, (of_service, Matcher(names.COUNT, "=", name))) for name in counts}


def configured(root: Path, service: Service) -> Configured:
    """What the project at `root` has of a service; raises SpecError where its teams or its own rules are wrong."""
    uses = [use for use in expanded(service) if isinstance(use, Expanded)]
    known = {alert.name: f"{use.signal}/{name}" for use in uses for name, alert in use.alerts.items()}
    signals: dict[str, tuple[Selector, ...]] = {}
    for use in uses:
        read = [read for alert in use.alerts.values() for read in selectors(alert.expr)]
        read += [read for panel in use.panels for line in panel.lines for read in selectors(line.expr)]
        signals[use.signal] = (*signals.get(use.signal, ()), *(each for each in read if each.metric != "up"))
    return Configured(
        service=service,
        alerts=tuple(
            ReadAlert(alert.name, known.get(alert.name, ""), selectors(alert.expr)) for alert in service.alerts
        ),
        slos=tuple(_slo(service, slo) for slo in service.slos),
        panels=tuple(_panels(service)),
        signals=signals,
        team=load_teams(root).get(service.team),
        runbooks={path: _sections(root / RUNBOOK_FOLDER / path) for path in _runbooks(service)},
        own_alerts=dict(_own_alerts(root, service.service)),
    )


def selectors(expr: str) -> tuple[Selector, ...]:
    """Every plain selector that an expression reads, without its offset or range."""
    found = map(Selector.of, vector_selectors(parse_promql(expr)))
    return tuple(dict.fromkeys(selector for selector in found if selector))


def _slo(service: Service, slo: Slo) -> ReadSlo:
    rules = [rule for group in slo_groups(service, slo) for rule in group.rules if isinstance(rule, RecordingRule)]
    read = [each for rule in rules for each in selectors(rule.expr) if not each.metric.startswith(_RECORDED)]
    return ReadSlo(slo.name, _kind(slo.sli), tuple(dict.fromkeys(read)), bool(slo.tiers), bool(slo.pages))


def _kind(sli: Sli) -> str:
    if sli.slices and sli.slices.source:
        return "latency" if sli.slices.quantile else "events"
    return sli.kind_name


def _panels(service: Service) -> Iterator[ReadPanel]:
    dashboard: dict[str, Any] = json.loads(render_service_dashboard(service))
    for panel in dashboard["panels"]:
        queries = tuple(without_variables(whole(target["expr"])) for target in panel.get("targets", ()))
        if panel["type"] not in _DRAWN or not queries:
            continue
        read = [each for query in queries for each in selectors(query)]
        if any(each.metric == "ALERTS" for each in read):
            continue  # it is empty while nothing fires
        slos = {
            m.value for each in read if each.metric.startswith(_RECORDED) for m in each.matchers if m.label == names.SLO
        }
        raw = tuple(each for each in read if not each.metric.startswith(_RECORDED))
        yield ReadPanel(panel["title"], queries, raw, frozenset(slos))


def _runbooks(service: Service) -> dict[str, None]:
    return dict.fromkeys([*(slo.runbook for slo in service.slos), *(alert.runbook for alert in service.alerts)])


def _sections(path: Path) -> frozenset[str]:
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return frozenset(title.lower() for title in _SECTION.findall(text))


def _own_alerts(root: Path, service: str) -> Iterator[tuple[str, bool]]:
    for path, text in custom_texts(root, RULE_FOLDER).items():
        for group in read_rules(text, shown_path(path, root)):
            for rule in group.rules:
                if rule.alert and {**group.labels, **rule.labels}.get(names.SERVICE) == service:
                    yield rule.alert, bool(rule.annotations.get("runbook_url"))

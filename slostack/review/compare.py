"""The review of a working tree against a git revision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from slostack import names
from slostack.dashboards import render_overview_dashboard, render_service_dashboard, render_shared_dashboards
from slostack.review import git
from slostack.review.advice import stale_runbooks
from slostack.review.changes import Change, Json, Kind, Part, Review, pairs, part
from slostack.review.cost import Intervals, costs
from slostack.review.environments import compared_stacks, new_stacks, old_stacks
from slostack.review.panels import compared, dashboard_changes, read_dashboard, variable_changes
from slostack.review.policies import policy_parts
from slostack.review.rule_groups import RuleGroup, Rules, keyed, service_rules
from slostack.review.rules import alert_changes, group_changes, recording_changes, recording_names
from slostack.review.services import log_count_changes, panel_changes, service_changes, with_queries
from slostack.review.slo_alerts import burn_alert_changes, other_alert_changes
from slostack.review.slos import renamed_slos, slo_changes, with_names
from slostack.review.trees import Tree, revision_tree, working_tree
from slostack.spec import Service

if TYPE_CHECKING:
    from slostack.backtest.prometheus import Prometheus

ALERTS, RECORDINGS, PANELS = "Alerts", "Recording rules", "Dashboard panels"
VARIABLES = "Dashboard variables"


def review(root: Path, base: str | None = None, prometheus: Prometheus | None = None) -> Review:
    """What the project's files at `root` change against a git revision, or else the merge base with main.

    Series are counted by a Prometheus where one is given, to tell what rules cost.

    Raises SpecError where an SLO file is wrong, SlostackError where git can't help.
    """
    new = working_tree(root)
    if base is None:
        commit, branch = git.merge_base(root)
        shown = f"the merge base with {branch} ({commit})"
    else:
        commit = git.commit(root, base)
        shown = commit if base.startswith(commit) else f"{base} ({commit})"
    old, notes = revision_tree(root, commit, new)
    parts = tuple(changed_parts(old, new))
    stacks, more_notes = old_stacks(root, commit)
    environments = compared_stacks(stacks, new_stacks(root), parts, old, new)
    cost = costs(parts, (_scrape_intervals(old), _scrape_intervals(new)), prometheus)
    stale = stale_runbooks(root, parts)
    return Review(shown, (*parts, *environments.parts), (*notes, *more_notes), environments.touched, cost, stale)


def changed_parts(old: Tree, new: Tree) -> Iterator[Part]:
    """The changes of each policy and service, of what all share, and of each hand-written file; both sides are rendered
    alike."""
    yield from policy_parts(old.policies, new.policies, _services(old), _services(new))
    for name, was, now in pairs(old.services, new.services):
        if was != now:
            yield from service_part(name, was, now)
    yield from dashboard_part("overview dashboard", _overview(old), _overview(new), generated=True)
    for name, shared, shared_now in pairs(_shared(old), _shared(new)):
        if shared is None or shared_now is None:
            yield from part(f"{name} dashboard", _kind(shared, shared_now), {})
        else:
            yield from dashboard_part(f"{name} dashboard", shared, shared_now, generated=True)
    for path, groups, groups_now in pairs(old.rules, new.rules):
        yield from rule_file_part(path, groups, groups_now)
    for path, dashboard, dashboard_now in pairs(old.dashboards, new.dashboards):
        yield from dashboard_part(path, dashboard, dashboard_now)


def service_part(name: str, old: Service | None, new: Service | None) -> tuple[Part, ...]:
    """The changes of one service: its fields, its SLOs, and the rules and panels that follow from them.

    What a renamed SLO is otherwise called by in rules and panels follows from that, and isn't named again.
    """
    renamed = renamed_slos(old, new)
    old = with_names(old, renamed) if old else None
    before, after = (service_rules(side) if side else () for side in (old, new))
    boards = (_dashboard(old), _dashboard(new))
    dashboards = compared(*boards, generated=True)
    found = part(
        name,
        _kind(old, new),
        {
            "Service": service_changes(old, new),
            "SLOs": slo_changes(old, new, renamed),
            "Log counts": log_count_changes(old, new),
            ALERTS: (
                *burn_alert_changes(old, new),
                *other_alert_changes(old, new),
                *alert_changes(_threshold_alerts(before), _threshold_alerts(after)),
            ),
            RECORDINGS: recording_names(keyed(before, alerts=False), keyed(after, alerts=False)),
            VARIABLES: variable_changes(*boards) if all(boards) else (),
            PANELS: (*with_queries(dashboards.changes, new), *panel_changes(old, new)),
        },
        dashboards,
    )
    return tuple(replace(one, before=before, after=after, is_service=True) for one in found)


def _kind(old: object, new: object) -> Kind:
    return "changed" if old is not None and new is not None else "removed" if new is None else "added"


def _dashboard(service: Service | None) -> Json | None:
    return read_dashboard(render_service_dashboard(service), service.service) if service else None


def _overview(tree: Tree) -> Json | None:
    services = _services(tree)
    return read_dashboard(render_overview_dashboard(services), "overview") if services else None


def _shared(tree: Tree) -> dict[str, Json]:
    return {name: read_dashboard(text, name) for name, text in render_shared_dashboards(_services(tree)).items()}


def _scrape_intervals(tree: Tree) -> Intervals:
    return {
        name: min(scrape.interval for scrape in service.scrape)
        for name, service in tree.services.items()
        if service.scrape
    }


def _services(tree: Tree) -> tuple[Service, ...]:
    return tuple(tree.services.values())


def _threshold_alerts(groups: Iterable[RuleGroup]) -> Rules:
    """The alerts that belong to no SLO."""
    alerts = keyed(tuple(groups), alerts=True)
    return {key: rule for key, rule in alerts.items() if key.name not in names.SLO_ALERTS}


def rule_file_part(path: str, old: tuple[RuleGroup, ...] | None, new: tuple[RuleGroup, ...] | None) -> tuple[Part, ...]:
    """The changes of one rule file, with every setting."""
    before, after = old or (), new or ()
    sections: Mapping[str, Iterable[Change]] = {
        "Groups": group_changes(before, after),
        ALERTS: alert_changes(keyed(before, alerts=True), keyed(after, alerts=True)),
        RECORDINGS: recording_changes(keyed(before, alerts=False), keyed(after, alerts=False)),
    }
    return tuple(replace(one, before=before, after=after) for one in part(path, _kind(old, new), sections))


def dashboard_part(path: str, old: Json | None, new: Json | None, *, generated: bool = False) -> tuple[Part, ...]:
    """The changes of one dashboard; with every setting where it is hand-written."""
    dashboards = compared(old, new, generated=generated)
    settings = dashboard_changes(old, new) if old and new and not generated else ()
    kind = "changed" if generated else _kind(old, new)
    variables = variable_changes(old, new) if old and new else ()
    sections = {"Dashboard": settings, VARIABLES: variables, PANELS: dashboards.changes}
    return part(path, kind, sections, dashboards)

"""Checks of rendered and hand-written files by the servers' own tools, before anything is deployed."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

from slostack import names, promtool
from slostack.bundle import Bundle
from slostack.files import shown_path
from slostack.project import DASHBOARD_FOLDER, RULE_FOLDER, custom_paths
from slostack.spec import Problem, Service, Severity, SpecError
from slostack.spec.source import KeyPath, Source, describe, parse_yaml, read_text

_GENERATED_SERIES = "slo:"
_SEVERITIES = get_args(Severity)
_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")


def check_custom_files(root: Path, services: Iterable[Service]) -> int:
    """Checks a team's own rules and dashboards; how many there are. Raises SpecError with all that is wrong."""
    rules, misplaced_rules = custom_paths(root, RULE_FOLDER)
    dashboards, misplaced_dashboards = custom_paths(root, DASHBOARD_FOLDER)
    problems = [*misplaced_rules, *misplaced_dashboards]
    for file in rules:
        problems += _rule_problems(file, shown_path(file, root))
    own = ("overview", "probes", "clusters", "slostack", "slostack-thanos")
    generated = [*own, *(service.service for service in services)]
    taken = {names.dashboard_uid(name): f"{DASHBOARD_FOLDER}/{name}.json" for name in generated}
    for file in dashboards:
        shown = shown_path(file, root)
        try:
            uid = _uid(read_text(file, shown), shown)
        except SpecError as error:
            problems += error.problems
            continue
        if uid in taken:
            what = f"uid {uid!r} is that of {taken[uid]}, expected one of its own"
            problems.append(Problem(shown, 1, 1, what))
        taken.setdefault(uid, shown)
    if problems:
        raise SpecError(tuple(problems))
    return len(rules) + len(dashboards)


def check_bundle(bundle: Bundle) -> None:
    """Checks a bundle's rules and server configs by promtool, amtool and loki; raises CheckFailed as they say."""
    with tempfile.TemporaryDirectory(prefix="slostack-check-") as scratch:
        folder = Path(scratch)
        for path, text in bundle.files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        try:
            promtool.check_config_syntax(folder / "prometheus" / "prometheus.yml")
            promtool.check_rules([folder / "prometheus" / "rules" / path for path in bundle.below("prometheus/rules")])
            promtool.check_alertmanager_config(folder / "alertmanager" / "alertmanager.yml")
            promtool.verify_loki_config(folder / "loki" / "loki.yaml")
            if loki_rules := [folder / "loki" / "rules" / path for path in bundle.below("loki/rules")]:
                promtool.verify_loki_rules(loki_rules)
        except promtool.CheckFailed as error:
            raise promtool.CheckFailed(str(error).replace(f"{folder}/", "")) from None


def _rule_problems(file: Path, shown: str) -> tuple[Problem, ...]:
    """What promtool refuses in a rule file, or else what would get in the way of the generated rules and the routes."""
    try:
        source = parse_yaml(read_text(file, shown), shown)
    except SpecError as error:
        return error.problems
    refused = tuple(_refused(source, mistake) for mistake in promtool.rule_mistakes([file]))
    return refused or tuple(_unfit(source))


def _refused(source: Source, mistake: promtool.RuleMistake) -> Problem:
    what = f"{mistake.name}: {mistake.reason}" if mistake.name else mistake.reason
    message = f"{what}, expected rules that Prometheus understands"
    groups = source.data.get("groups")
    for index, group in enumerate(groups if mistake.field and isinstance(groups, list) else ()):
        if group.get("name") == mistake.group:
            kind, name = mistake.field
            return source.problem(("groups", index, "rules", mistake.rule - 1, f"{kind}s", name), message)
    return Problem(source.file, mistake.line, mistake.column, message)


def _unfit(source: Source) -> Iterator[Problem]:
    for number, group in enumerate(source.data.get("groups") or ()):
        for index, rule in enumerate(group.get("rules") or ()):
            path: KeyPath = ("groups", number, "rules", index)
            record = str(rule.get("record", ""))
            if record.startswith(_GENERATED_SERIES):
                what = f"record {record!r}, expected another prefix; {_GENERATED_SERIES} is the generator's"
                yield source.problem((*path, "record"), what)
            labels = {**(group.get("labels") or {}), **(rule.get("labels") or {})}
            severity = labels.get(names.SEVERITY)
            if "alert" in rule and severity not in _SEVERITIES:
                found = "no severity" if severity is None else f"severity {describe(severity)}"
                what = f"{rule['alert']}: {found}, expected one of {', '.join(_SEVERITIES)}, by which alerts are routed"
                yield source.problem((*path, "labels", names.SEVERITY), what)


def _uid(text: str, shown: str) -> str:
    """A dashboard's uid; raises SpecError where the text is no dashboard, or its uid is none."""
    line, column, found = 1, 1, None
    dashboard = None
    try:
        dashboard = json.loads(text)
    except json.JSONDecodeError as error:
        line, column, found = error.lineno, error.colno, f"not JSON ({error.msg})"
    except (RecursionError, ValueError) as error:
        found = f"not JSON that can be read ({error})"
    if found or not isinstance(dashboard, dict):
        what = f"{found or 'not a JSON object'}, expected a dashboard as Grafana exports it (JSON)"
        raise SpecError((Problem(shown, line, column, what),))
    uid = dashboard.get("uid")
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        found = "no uid" if uid in (None, "") else f"uid {describe(uid)}"
        what = f"{found}, expected a fixed one of 1 to 40 letters, digits, - and _, so that links find it"
        raise SpecError((Problem(shown, 1, 1, what),))
    return uid

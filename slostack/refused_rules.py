"""What Prometheus and Loki refuse of the rules that are rendered from SLO files, said of the SLO files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from slostack import names, plain_yaml
from slostack.files import shown_path
from slostack.promtool import CheckFailed, RuleMistake, logql_mistake, rule_mistakes, verify_loki_rules
from slostack.spec import Policies, Problem, SpecError, load_policies
from slostack.spec.explain import dotted
from slostack.spec.load import signal_place
from slostack.spec.source import Source, describe, parse_yaml, read_text


def check_rendered_rules(root: Path, rules: Mapping[Path, str]) -> None:
    """Asks promtool about rendered rules, by the SLO file that they are of; raises SpecError with what it refuses."""
    if not rules:
        return
    with tempfile.TemporaryDirectory(prefix="slostack-rules-") as scratch:
        origins = {Path(scratch) / f"{number}.yaml": slo_file for number, slo_file in enumerate(rules)}
        for file, slo_file in origins.items():
            file.write_text(rules[slo_file], encoding="utf-8")
        mistakes = rule_mistakes(list(origins))
    sources = {file: _source(origins[file], root) for file in {mistake.file for mistake in mistakes}}
    if mistakes:
        policies, _ = load_policies(root)
        raise SpecError(
            tuple(dict.fromkeys(_problem(sources[mistake.file], mistake, policies) for mistake in mistakes))
        )


def check_log_rules(root: Path, rules: Mapping[Path, str]) -> None:
    """Asks lokitool about rendered Loki rules, by the SLO file that they are of; raises SpecError with what it refuses.

    It stops at the first mistake of all, so it is asked again about each query where there is one.
    """
    if not rules:
        return
    with tempfile.TemporaryDirectory(prefix="slostack-rules-") as scratch:
        origins = {Path(scratch) / f"{number}.yaml": slo_file for number, slo_file in enumerate(rules)}
        for file, slo_file in origins.items():
            file.write_text(rules[slo_file], encoding="utf-8")
        try:
            verify_loki_rules(list(origins))
        except CheckFailed as error:
            problems = [
                problem for path, text in rules.items() for problem in _query_problems(_source(path, root), text)
            ]
            if not problems:
                raise error from None
            raise SpecError(tuple(problems)) from None


def _query_problems(source: Source, rules: str) -> Iterator[Problem]:
    for group in plain_yaml.load(rules)["groups"]:
        index = _named(source.data["slos"], group["name"].rpartition("/")[2])
        for rule in group["rules"]:
            if rule.get("record") == names.LOG_LINES:
                yield from _count_problems(source, rule)
                continue
            key = {names.LOG_EVENTS: "total", names.LOG_BAD_EVENTS: "bad"}.get(rule.get("record"))
            if index is None or key is None:
                continue
            path = ("slos", index, "sli", "logs", key)
            query = source.data["slos"][index]["sli"]["logs"][key]
            if reason := logql_mistake(query) or logql_mistake(rule["expr"]):
                what = f"{describe(query)} ({reason}), expected LogQL that Loki understands"
                yield source.problem(path, f"slos[{index}].sli.logs.{key}: {what}")


def _count_problems(source: Source, rule: Mapping[str, Any]) -> Iterator[Problem]:
    index = _named(source.data["log_counts"], rule["labels"][names.COUNT])
    if index is not None and (reason := logql_mistake(rule["expr"])):
        query = source.data["log_counts"][index]["query"]
        what = f"{describe(query)} ({reason}), expected LogQL that Loki understands"
        yield source.problem(("log_counts", index, "query"), f"log_counts[{index}].query: {what}")


def _source(slo_file: Path, root: Path) -> Source:
    shown = shown_path(slo_file, root)
    return parse_yaml(read_text(slo_file, shown), shown)


def _problem(source: Source, mistake: RuleMistake, policies: Policies) -> Problem:
    """The mistake at the field that it comes from, or at the file's beginning where that can't be told."""
    match mistake.group.split("/"):
        case ["alerts", _]:
            index = _named(source.data.get("alerts"), mistake.name)
            field = _alert_field(source, index, mistake)
            if index is not None and field:
                value = describe(source.data["alerts"][index][field])
                kind = "PromQL" if field == "expr" else "a template"
                what = f"{value} ({mistake.reason}), expected {kind} that Prometheus understands"
                return source.problem(("alerts", index, field), f"alerts[{index}].{field}: {what}")
            if path := signal_place(source, mistake.name, policies):
                what = f"{dotted(path)}: its {mistake.name}: {mistake.reason}, expected what Prometheus understands"
                return source.problem(path, what)
        case ["slo" | "tier", _, name]:
            index = _named(source.data.get("slos"), name)
            if index is not None:
                what = f"slos[{index}].sli: {mistake.reason}, expected an SLI that Prometheus understands"
                return source.problem(("slos", index, "sli"), what)
    return Problem(source.file, 1, 1, f"its rules: {mistake.reason}, expected ones that Prometheus understands")


def _named(items: Any, name: str) -> int | None:
    return next((index for index, item in enumerate(items or ()) if item["name"] == name), None)


def _alert_field(source: Source, index: int | None, mistake: RuleMistake) -> str | None:
    """The alert's field that promtool's complaint is about; a description that is left out is the summary."""
    if index is None:
        return None
    alert = source.data["alerts"][index]
    field = mistake.field[1] if mistake.field else "expr" if "expression" in mistake.reason else ""
    return field if field in alert else "summary" if field == "description" else None

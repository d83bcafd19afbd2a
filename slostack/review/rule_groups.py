"""Rule files as data: their groups, and what tells their rules from each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from slostack import names, plain_yaml
from slostack.errors import SlostackError
from slostack.rules import render_log_rules, render_rules
from slostack.spec.service import Service
from slostack.spec.source import describe


class _Part(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)


class Rule(_Part):
    """A recording or alerting rule as a rule file holds it."""

    record: str | None = None
    alert: str | None = None
    expr: str
    for_: str | None = Field(None, alias="for")
    keep_firing_for: str | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}

    @property
    def name(self) -> str:
        """The alert's or the recorded metric's name."""
        return self.alert or self.record or ""


class RuleGroup(_Part):
    """A group of rules as a rule file holds it."""

    name: str
    interval: str | None = None
    labels: dict[str, str] = {}
    rules: tuple[Rule, ...] = ()


class _RuleFile(_Part):
    groups: tuple[RuleGroup, ...]


@dataclass(frozen=True)
class RuleKey:
    """What tells a rule from the others: its group and name, the tier of a burn-rate alert or the name of a count of
    log lines, and else its position."""

    group: str
    name: str
    variant: str
    nth: int

    @property
    def full_name(self) -> str:
        """The rule's name with its tier, or with that of the count."""
        return f"{self.name} {self.variant}" if self.variant else self.name


Rules = Mapping[RuleKey, Rule]


def read_rules(text: str, path: str) -> tuple[RuleGroup, ...]:
    """The groups of a rule file's text; raises SlostackError where it is none."""
    try:
        return _RuleFile.model_validate(plain_yaml.load(text)).groups
    except (yaml.YAMLError, UnicodeError) as error:
        reason = " ".join(str(error).split())
        raise SlostackError(f"{path}: not YAML ({reason}), expected a Prometheus rule file") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        what = f"{path}: {where}: {describe(first['input'])} ({first['msg']}), expected a Prometheus rule file"
        raise SlostackError(what) from None


def service_rules(service: Service) -> tuple[RuleGroup, ...]:
    """What is generated for a service: the groups of Prometheus, then those of Loki."""
    texts = (render_rules(service), render_log_rules(service))
    return tuple(group for text in texts if text for group in read_rules(text, service.service))


def keyed(groups: tuple[RuleGroup, ...], *, alerts: bool) -> dict[RuleKey, Rule]:
    """All alerts, or all recording rules, of some groups by what tells them apart."""
    seen: Counter[tuple[str, str, str]] = Counter()
    found = {}
    for group in groups:
        for rule in group.rules:
            if bool(rule.alert) == alerts:
                label = names.COUNT if rule.record == names.LOG_LINES else names.TIER
                key = (group.name, rule.name, rule.labels.get(label, ""))
                found[RuleKey(*key, seen[key])] = rule
                seen[key] += 1
    return found

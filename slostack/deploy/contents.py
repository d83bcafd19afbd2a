"""What a bundle holds, rule by rule, small enough to be kept in a stack's outputs; and what a deployment changes of it.

What was deployed last is what Pulumi's state says of the stack, not what is in git.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import yaml

from slostack import plain_yaml
from slostack.bundle import Bundle
from slostack.errors import SlostackError
from slostack.rules.model import GENERATED

Contents = Mapping[str, Mapping[str, str]]
"""By kind, checksums of names to checksums of what is under the name."""

KINDS = {"record": "recording rules", "alert": "alerts", "dashboard": "dashboards"}
OUTPUT = "contents"
"""The stack's output that keeps them."""
_RULE_FOLDERS = ("prometheus/rules", "loki/rules")
_DASHBOARDS = "grafana/dashboards"
_HEADS = re.compile("^(?:- name: (?P<group>.*)|  - (?P<kind>record|alert): (?P<name>.*))$", re.MULTILINE)
"""Where a group or a rule begins in a generated file, whose texts are all indented further."""


def contents(bundle: Bundle) -> Contents:
    """Every recording rule, alert and dashboard; raises SlostackError where a hand-written rule file is none."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    for folder in _RULE_FOLDERS:
        for path, text in bundle.below(folder).items():
            seen: Counter[tuple[str, str, str]] = Counter()
            for kind, group, name, rule in _rules(path, text):
                seen[kind, group, name] += 1
                key = f"{folder}/{path} {group} {name} {seen[kind, group, name]}"
                found[kind][_checksum(key, 12)] = _checksum(rule, 8)
    for path, text in bundle.below(_DASHBOARDS).items():
        found["dashboard"][_checksum(path, 12)] = _checksum(text, 8)
    return found


def encoded(found: Contents) -> str:
    """Contents as the text of an output."""
    return json.dumps(found, separators=(",", ":"), sort_keys=True)


def change(before: str | None, now: Contents) -> str:
    """In one line what a deployment changes of what the last one left, as `encoded`; None is that there was none."""
    try:
        old = json.loads(before) if before else None
        if old is None:
            return f"nothing was deployed yet: {', '.join(f'{len(now[kind])} {KINDS[kind]}' for kind in KINDS)}"
        said = [f"{KINDS[kind]} {counts}" for kind in KINDS if (counts := _counts(old.get(kind, {}), now[kind]))]
    except (ValueError, AttributeError, TypeError):
        return "what was deployed last can't be read, so nothing is compared"
    return f"compared with the last deployment: {'; '.join(said) or 'no rule, alert or dashboard changes'}"


def _counts(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    counts = {
        "added": len(now.keys() - before.keys()),
        "changed": sum(before[key] != now[key] for key in before.keys() & now.keys()),
        "removed": len(before.keys() - now.keys()),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _rules(path: str, text: str) -> Iterator[tuple[str, str, str, str]]:
    """Kind, group, name and text of each rule, the text with what holds for its group. Generated files can be many:
    they are not parsed."""
    if text.startswith(GENERATED):
        heads = [*_HEADS.finditer(text)]
        ends = [*(head.start() for head in heads), len(text)]
        group, settings = "", ""
        for head, (start, end) in zip(heads, pairwise(ends), strict=True):
            if head["kind"] is None:
                group, settings = head["group"], text[start:end]
            else:
                yield head["kind"], group, head["name"], settings + text[start:end]
        return
    try:
        for group in plain_yaml.load(text)["groups"]:
            settings = _plain({key: value for key, value in group.items() if key != "rules"})
            for rule in group["rules"]:
                kind = "alert" if "alert" in rule else "record"
                yield kind, str(group.get("name")), str(rule.get(kind)), settings + _plain(rule)
    except (yaml.YAMLError, LookupError, TypeError, AttributeError):
        raise SlostackError(f"{path}: not a rule file, expected YAML with groups of rules") from None


def _plain(data: Any) -> str:
    return json.dumps(data, sort_keys=True, default=str)


def _checksum(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]

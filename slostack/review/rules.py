"""What changed in rule files: alerts and recording rules by their group and name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from slostack import names
from slostack.approximately import counted
from slostack.bundle import RUNBOOK_URL
from slostack.review.changes import Change, Detail, difference, pairs
from slostack.review.promql import changed_promql, one_line
from slostack.review.rule_groups import Rule, RuleGroup, Rules
from slostack.spec.quantities import Duration


def group_changes(old: tuple[RuleGroup, ...], new: tuple[RuleGroup, ...]) -> Iterator[Change]:
    """What changed in the groups themselves: how often they are evaluated, and the labels of all their rules."""
    for name, was, now in pairs({group.name: group for group in old}, {group.name: group for group in new}):
        if was and now:
            details = (
                *difference("interval", _duration(was.interval), _duration(now.interval)),
                *_labels(was.labels, now.labels),
            )
            if details:
                yield Change("changed", name, details)


def alert_changes(old: Rules, new: Rules) -> Iterator[Change]:
    """What changed in alerts: expression, durations, severity, other labels and texts."""
    for key, was, now in pairs(old, new):
        if was is None and now is not None:
            yield Change("added", key.full_name, (*_summary(now), *_no_runbook(now)), key.group)
        elif now is None:
            yield Change("removed", key.full_name, (), key.group)
        elif was and now and (details := (*_rule_details(was, now), *_texts(was, now))):
            yield Change("changed", key.full_name, details, key.group)


_ENDS = Detail(
    "history ends",
    meaning="what reads the series goes empty: change that first, or record it under both names for a while",
    is_risk=True,
)


def recording_changes(old: Rules, new: Rules) -> Iterator[Change]:
    """What changed in recording rules, with their expressions before and after."""
    for key, was, now in pairs(old, new):
        if was is None and now is not None:
            yield Change("added", key.full_name, (Detail("expr", after=one_line(now.expr)),), key.group)
        elif now is None:
            yield Change("removed", key.full_name, (_ENDS,), key.group)
        elif was and now and (details := (*_rule_details(was, now), *_anew(was, now))):
            yield Change("changed", key.full_name, details, key.group)


def _anew(old: Rule, new: Rule) -> tuple[Detail, ...]:
    """What other labels make of a recorded series: another one."""
    what = "other labels make it another series, whose history starts now"
    return (Detail("history ends", meaning=what, is_risk=True),) if old.labels != new.labels else ()


def recording_names(old: Rules, new: Rules) -> Iterator[Change]:
    """What changed in generated recording rules, by name; a group that came or went as a whole by its own name, but
    each count of log lines in one.

    Expressions and labels follow from fields that are named elsewhere; the series that only holds these as labels is
    left out.
    """
    before, after = (Counter(key.group for key in side if key.name != names.LOG_LINES) for side in (old, new))
    whole = {group: (was, now) for group, was, now in pairs(before, after) if not was or not now}
    for group, (was, now) in whole.items():
        yield Change("removed" if was else "added", group, (Detail(counted(was or now or 0, "rule")),))
    for change in recording_changes(old, new):
        if change.group in whole:
            continue
        if change.kind != "changed":
            yield Change(change.kind, change.name, (), change.group)
        elif change.name != names.INFO:
            yield Change("changed", change.name, tuple(Detail(detail.field) for detail in change.details), change.group)


def _rule_details(old: Rule, new: Rule) -> tuple[Detail, ...]:
    return (
        *changed_promql("expr", old.expr, new.expr),
        *difference("for", _duration(old.for_), _duration(new.for_)),
        *difference("keep firing for", _duration(old.keep_firing_for), _duration(new.keep_firing_for)),
        *_labels(old.labels, new.labels),
    )


def _labels(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Detail]:
    for label, was, now in pairs(old, new):
        yield from difference(label if label == names.SEVERITY else f"label {label}", was, now)


def _texts(old: Rule, new: Rule) -> Iterator[Detail]:
    """Changed annotations; a description that only repeats the summary is not named again."""
    for name, was, now in pairs(old.annotations, new.annotations):
        repeats = (
            name == "description" and was == old.annotations.get("summary") and now == new.annotations.get("summary")
        )
        if not repeats:
            yield from difference(*_text(name, was, now), is_risk=name == "runbook_url" and now is None)


def _text(name: str, *texts: str | None) -> tuple[str, str | None, str | None]:
    before, after = (text and one_line(text).removeprefix(f"{RUNBOOK_URL}/") for text in texts)
    return "runbook" if name == "runbook_url" else name, before, after


_SHOWN = ("summary", "runbook_url")
"""The annotations that are shown of an added alert."""


def _summary(rule: Rule) -> tuple[Detail, ...]:
    return (
        *difference("severity", None, rule.labels.get(names.SEVERITY)),
        *difference("for", None, _duration(rule.for_)),
        *difference("keep firing for", None, _duration(rule.keep_firing_for)),
        Detail("expr", after=one_line(rule.expr)),
        *(detail for name in _SHOWN for detail in difference(*_text(name, None, rule.annotations.get(name)))),
    )


def _no_runbook(rule: Rule) -> tuple[Detail, ...]:
    return () if "runbook_url" in rule.annotations else (Detail("no runbook", is_risk=True),)


def _duration(text: str | None) -> str | None:
    """A duration as Prometheus writes it, so that 60m and 1h are the same."""
    try:
        return text and str(Duration.parse(text))
    except ValueError:
        return text

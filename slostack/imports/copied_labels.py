"""SLIs grouped by labels that the generator sets itself, such as `service`: each is judged by a copy of it."""

from __future__ import annotations

from slostack.imports.indicator import Indicator
from slostack.names import RESERVED_LABELS
from slostack.spec.quantities import WINDOW_PLACEHOLDER, Selector

NOT_COPIED = frozenset({"le", "quantile"})
"""Labels by which histograms and summaries are put together."""
_WHOLE = f"[{WINDOW_PLACEHOLDER}]"


def are_needed(group_by: tuple[str, ...]) -> bool:
    """Whether an SLO is grouped by a label that its rules set otherwise."""
    return any(map(_is_copied, group_by))


def of_counters(part: Selector, total: Selector, group_by: tuple[str, ...], *, is_good: bool) -> Indicator:
    """The SLI of counters of bad or good events and of all of them."""
    counted, every = (_by("sum", f"increase({counter}{_WHOLE})", group_by) for counter in (part, total))
    bad = f"{every} - ({counted} or 0 * {every})" if is_good else counted
    return _indicator({"bad": bad, "total": every}, group_by, "asked for by queries, which count by `increase`")


def of_native_histogram(histogram: Selector, threshold: float, group_by: tuple[str, ...]) -> Indicator:
    """The SLI of latencies up to a threshold in seconds."""
    grown = f"increase({histogram}{_WHOLE})"
    slow = f"histogram_count({grown}) * (1 - histogram_fraction(-Inf, {threshold:.12g}, {grown})) >= 0"
    counts = {"bad": _by("sum", slow, group_by), "total": _by("sum", f"histogram_count({grown})", group_by)}
    return _indicator(counts, group_by, "asked for by queries, which count by `increase`")


def of_gauge(gauge: Selector, group_by: tuple[str, ...]) -> Indicator:
    """The SLI of the time at which gauges are 1."""
    up = _by("avg", f"avg_over_time({gauge}{_WHOLE})", group_by)
    return _indicator({"error_ratio": f"1 - {up}"}, group_by, "asked for by a query")


def _by(operator: str, expr: str, group_by: tuple[str, ...]) -> str:
    for label in filter(_is_copied, group_by):
        expr = f'label_replace({expr}, "{_copy(label)}", "$1", "{label}", "(.*)")'
    return f"{operator} by ({', '.join(map(_copy, group_by))}) ({expr})"


def _indicator(queries: dict[str, str], group_by: tuple[str, ...], how: str) -> Indicator:
    copied = ", ".join(f"{label} as {_copy(label)}" for label in group_by if _is_copied(label))
    note = f"grouped by {copied}, as the generator sets a label of that name itself; {how}"
    return Indicator({"queries": queries}, tuple(map(_copy, group_by)), (note,))


def _is_copied(label: str) -> bool:
    return label in RESERVED_LABELS - NOT_COPIED


def _copy(label: str) -> str:
    """Prometheus' own name for a label of the source that meets another one."""
    return f"exported_{label}" if _is_copied(label) else label

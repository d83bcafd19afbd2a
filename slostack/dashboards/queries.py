"""The PromQL of an SLO's state. `where` holds matchers, such as `service="api"`, or nothing for all services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from slostack import names
from slostack.spec import Duration, Matcher, Service, Severity

BURN_WINDOW = Duration(3600)
"""The window whose burn rate stands for "now" in tables."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The worst first."""
URGENT: tuple[Severity, ...] = ("critical", "high")
"""Those that someone is to act on at once."""
NOT_OF_TEAM = Matcher(names.TEAM, "!~", f"${names.TEAM}")
OF_OTHER_TEAMS = f"{names.INFO}{{{NOT_OF_TEAM}}}"
"""The SLOs that the variable of teams leaves out."""
_SLO = f"{names.SERVICE}, {names.SLO}"
_SLO_IN_PLACE = f"{_SLO}, {', '.join(names.PLACES)}"
_ALERT = f"alertname, {names.SERVICE}, {names.SLO}, {names.TIER}"


def matchers(**values: str) -> str:
    """Matchers of labels with exactly these values: `service="api",slo="latency"`."""
    return ",".join(str(Matcher(label, "=", value)) for label, value in values.items())


def recorded(metric: str, where: str, worst: Literal["max", "min"] = "max") -> str:
    """A recorded series by service and SLO alone, of a grouped SLO the worst; without any label that Prometheus or a
    federation adds. Of all services those of the chosen teams, which `slo:info` alone knows."""
    found = f"{worst} by ({_SLO}) ({metric}{{{where}}})"
    return found if where else f"({found} unless on ({_SLO}) {OF_OTHER_TEAMS})"


def budget_left(where: str) -> str:
    """The share of the error budget that is left; below 0 it is overspent."""
    return recorded(names.BUDGET_REMAINING, where, "min")


def burn_rate(window: Duration, where: str) -> str:
    """How many times faster than evenly over the SLO's window the budget is spent."""
    return recorded(names.burn_rate(window), where)


def slo_window(where: str) -> str:
    """1 per SLO, with its window as a label."""
    return f"max by ({_SLO}, {names.WINDOW}) ({names.INFO}{{{where}}})"


def seconds_left(where: str) -> str:
    """Seconds until the budget is spent at the present burn rate; nothing where nothing burns."""
    return recorded(names.EXHAUSTION, where, "min")


def covered(service: Service) -> str:
    """The share of each SLO's rolling window that its counts cover, 0 to 1: in the cluster in which they cover the
    least, those of the label set that has been there for the longest. Nothing of SLOs with calendar windows."""
    by_window: dict[Duration, list[str]] = {}
    for slo in service.slos:
        if isinstance(slo.window, Duration):
            by_window.setdefault(slo.window, []).append(slo.name)
    of_windows = []
    for window, slos in sorted(by_window.items()):
        of_these = "" if len(slos) == len(service.slos) else str(Matcher(names.SLO, "=~", "|".join(slos)))
        counts = f"{names.EVENTS}{{{_joined(matchers(service=service.service), of_these)}}}"
        share = f"count_over_time({counts}[{window}]) / {window.seconds // names.TIER_INTERVAL.seconds}"
        of_windows.append(f"clamp_max(min by ({_SLO}) (max by ({_SLO_IN_PLACE}) ({share})), 1)")
    return "\nor\n".join(of_windows)


def firing_series(where: str, *severities: Severity) -> str:
    """What Prometheus says of firing alerts, of some severities or of all: 1 for each."""
    operator = "=" if len(severities) == 1 else "=~"
    chosen = str(Matcher(names.SEVERITY, operator, "|".join(severities))) if severities else ""
    return f"ALERTS{{{_joined(matchers(alertstate='firing'), where, chosen)}}}"


def firing(where: str) -> str:
    """The firing alerts, each with its severity's rank as value: 1 is the worst."""
    return "\nor\n".join(
        f"{rank} * max by ({_ALERT}) ({firing_series(where, severity)})"
        for rank, severity in enumerate(SEVERITIES, start=1)
    )


def firing_count(where: str) -> str:
    """How many series of each alert fire."""
    return f"count by ({_ALERT}) ({firing_series(where, *SEVERITIES)})"


def firing_seconds(where: str) -> str:
    """For how long the conditions of the firing alerts have held."""
    since = f"ALERTS_FOR_STATE{{{where}}} and ignoring (alertstate) {firing_series(where, *SEVERITIES)}"
    return f"time() - min by ({_ALERT}) ({since})"


def firing_of_severity(severity: Severity) -> str:
    """How many alerts of a severity fire in all services; 0 where none does."""
    return f"sum({firing_series('', severity)}) or vector(0)"


def by_labels(labels: Sequence[str]) -> str:
    """The legend that tells lines apart by labels."""
    return " ".join(f"{{{{{label}}}}}" for label in labels)


def _joined(*some_matchers: str) -> str:
    return ",".join(filter(None, some_matchers))

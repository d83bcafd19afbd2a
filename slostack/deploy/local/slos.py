"""How the SLOs do and which alerts fire, as the running Prometheus and Alertmanager say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import requests

from slostack import names
from slostack.deploy.local.loopback import ask
from slostack.errors import SlostackError
from slostack.spec import Duration, Severity
from slostack.spec.windows import parse_window

SEVERITIES: tuple[str, ...] = get_args(Severity)
BURN_WINDOW = Duration(3600)
"""The window whose burn rate stands for "now"."""


@dataclass(frozen=True)
class SloState:
    """One SLO now: its objective in percent, the share of its budget that is left (below 0: overspent), how many times
    faster than evenly it burns, and in how many seconds it is spent at that rate. None is not known, or never. While
    nothing answers it is `down`, and burns as fast as can be. It is not `counted` until its events are for the first
    time since Prometheus read its rules, at most a tier's interval later.
    """

    service: str
    slo: str
    objective: float
    window: str
    budget_left: float | None
    burn_rate: float | None
    seconds_left: float | None
    down: bool
    counted: bool


@dataclass(frozen=True)
class FiringAlert:
    """An alert that fires; it is `quiet` by a silence, or inhibited by what fires too, such as a more urgent tier of
    its SLO, else by nothing ("")."""

    name: str
    service: str
    slo: str
    severity: str
    tier: str
    since: str
    summary: str
    quiet: Literal["silenced", "inhibited", ""]


def slo_states(prometheus: str) -> tuple[tuple[SloState, ...], int]:
    """Every SLO by service and name, and of how many others the rules were not evaluated yet; raises SlostackError
    where Prometheus doesn't answer."""
    groups = _json(f"{prometheus}/api/v1/rules", {"type": "record"})["data"]["groups"]
    counted = {group["name"]: _evaluated(group) for group in groups if group["name"].startswith(names.TIER_GROUP)}
    windows = {_key(sample): sample["metric"][names.WINDOW] for sample in _query(prometheus, names.INFO)}
    objectives = _by_slo(_query(prometheus, names.OBJECTIVE))
    budgets = _by_slo(_query(prometheus, _worst("min", names.BUDGET_REMAINING)))
    burns = _by_slo(_query(prometheus, _worst("max", names.burn_rate(BURN_WINDOW))))
    down = {key for key, up in _by_slo(_query(prometheus, names.UP)).items() if up == 0}
    states = tuple(
        _slo_state(
            key,
            window,
            objectives[key],
            budgets.get(key),
            _of_an_outage(objectives[key]) if key in down else burns.get(key),
            key in down,
            counted.get(names.TIER_GROUP + "/".join(key), True),
        )
        for key, window in sorted(windows.items())
        if key in objectives
    )
    loaded = {group["name"] for group in groups if group["name"].startswith(names.SLO_GROUP)}
    return states, max(len(loaded) - len(states), 0)


def _evaluated(group: dict[str, Any]) -> bool:
    """Whether it was evaluated since Prometheus read its rules; before that it is said to have been in the year 1."""
    return datetime.fromisoformat(group["lastEvaluation"]).year > datetime.min.year


def firing_alerts(alertmanager: str) -> tuple[FiringAlert, ...]:
    """What fires by Alertmanager, the most severe first; raises SlostackError where it doesn't answer."""
    return tuple(
        FiringAlert(
            name=alert["labels"].get("alertname", ""),
            service=alert["labels"].get(names.SERVICE, ""),
            slo=alert["labels"].get(names.SLO, ""),
            severity=alert["labels"].get(names.SEVERITY, ""),
            tier=alert["labels"].get(names.TIER, ""),
            since=alert["startsAt"],
            summary=alert["annotations"].get("summary", ""),
            quiet=_quiet(alert["status"]),
        )
        for alert in sorted(_json(f"{alertmanager}/api/v2/alerts", {}), key=_urgency)
        if alert["labels"].get("alertname") != names.WATCHDOG
    )


def _quiet(status: dict[str, Any]) -> Literal["silenced", "inhibited", ""]:
    return "silenced" if status["silencedBy"] else "inhibited" if status["inhibitedBy"] else ""


def _urgency(alert: dict[str, Any]) -> tuple[int, str]:
    severity = alert["labels"].get(names.SEVERITY)
    rank = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
    return rank, str(alert["startsAt"])


def _slo_state(
    key: tuple[str, str],
    window: str,
    objective: float,
    budget_left: float | None,
    burn_rate: float | None,
    down: bool,
    counted: bool,
) -> SloState:
    seconds_left = None
    if budget_left is not None and burn_rate:
        seconds_left = max(budget_left, 0) * parse_window(window).seconds / burn_rate
    return SloState(*key, round(objective * 100, 9), window, budget_left, burn_rate, seconds_left, down, counted)


def _of_an_outage(objective: float) -> float:
    """The burn rate of an outage."""
    return 1 / (1 - objective)


def _worst(aggregation: str, series: str) -> str:
    """A series by SLO: of a grouped one, the worst label set's."""
    return f"{aggregation} by ({names.SERVICE}, {names.SLO}) ({series})"


def _by_slo(samples: list[dict[str, Any]]) -> dict[tuple[str, str], float]:
    values = {_key(sample): float(sample["value"][1]) for sample in samples}
    return {key: value for key, value in values.items() if math.isfinite(value)}


def _key(sample: dict[str, Any]) -> tuple[str, str]:
    return sample["metric"].get(names.SERVICE, ""), sample["metric"].get(names.SLO, "")


def _query(prometheus: str, expression: str) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = _json(f"{prometheus}/api/v1/query", {"query": expression})["data"]["result"]
    return result


def _json(url: str, parameters: dict[str, str]) -> Any:
    try:
        answer = ask(url, parameters=parameters)
        answer.raise_for_status()
        return answer.json()
    except requests.RequestException as error:
        raise SlostackError(f"{url} doesn't answer as expected ({error}); see `slostack status`") from None

"""The failure scenarios of the demo's services, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slostack import names
from slostack.demo.conditions import MEGABYTE, Conditions, Failure, combine
from slostack.errors import SlostackError


@dataclass(frozen=True)
class Scenario:
    """A way for a service to fail, and the alerts that it is sure to raise: a name, or `ErrorBudgetBurn <slo>`, which
    is a page."""

    name: str
    description: str
    alerts: tuple[str, ...]
    effect: Conditions


def _burn(slo: str) -> str:
    return f"{names.BURN_ALERT} {slo}"


_LEARNSNAP = (
    Scenario(
        "outage",
        "nothing answers any more, /metrics included",
        ("ServiceDown",),
        Conditions(answers=False),
    ),
    Scenario(
        "errors",
        "10 % of all requests are answered with a 500",
        (_burn("availability"), "HighErrorRate"),
        Conditions(failures=(Failure("500", "InternalError", 0.10),)),
    ),
    Scenario(
        "database-exhausted",
        "19 of 20 database connections are taken; 6 % of all requests give up waiting for one",
        ("DatabaseConnectionExhausted", _burn("availability"), "HighErrorRate"),
        Conditions(database_connections=19, failures=(Failure("503", "ConnectionPoolTimeout", 0.06),)),
    ),
    Scenario(
        "ai-rate-limited",
        "Gemini limits the rate: its breaker is open, OpenAI and Claude take over, 18 % of generations fail",
        ("AIProviderDegraded",),
        Conditions(open_breakers=("gemini",), failed_generations=0.165, generation_slowdown=1.3),
    ),
    Scenario(
        "memory-leak",
        "long generations leak until the process stays just below its limit of 900 MB",
        ("HighMemoryUsage",),
        Conditions(memory=880 * MEGABYTE),
    ),
    Scenario(
        "payment-replay",
        "Paylink sends webhooks again and again: some complete a payment twice, most run into a duplicate key (500)",
        (_burn("availability"), "HighErrorRate"),
        Conditions(webhook_replays=3.0),
    ),
    Scenario(
        "session-lost",
        "it crashes every two minutes: counters start anew, all users are logged out, a quarter of requests get a 503",
        (_burn("availability"), "HighErrorRate"),
        Conditions(seconds_between_crashes=120.0),
    ),
    Scenario(
        "quiz-timeout",
        "generations take minutes; what exceeds three minutes is given up and dead-lettered",
        (_burn("quiz-latency-p99"), "DeadLetteredJobs", "SlowQuizGeneration"),
        Conditions(generation_slowdown=12.0),
    ),
    Scenario(
        "payment-stuck",
        "70 % of the payments that were begun are never completed: their webhook doesn't arrive",
        (_burn("payment-success"),),
        Conditions(stuck_payments=0.70),
    ),
    Scenario(
        "dependency-down",
        "Paylink can't be reached, no payment is completed",
        ("DependencyDown", _burn("payment-success")),
        Conditions(dependencies_down=("paylink",), stuck_payments=1.0),
    ),
    Scenario(
        "backup-late",
        "no backup has succeeded for over an hour",
        ("RecoveryPointTooOld",),
        Conditions(backups_fail=True),
    ),
)

SCENARIOS: Mapping[str, Mapping[str, Scenario]] = {"learnsnap": {scenario.name: scenario for scenario in _LEARNSNAP}}
"""Every scenario by service and name."""


def find(service: str, name: str) -> Scenario:
    """The scenario of a service; raises SlostackError that names the known ones."""
    scenarios = of_service(service)
    if name not in scenarios:
        raise SlostackError(f"no scenario {name!r} for {service}, expected one of {', '.join(scenarios)}")
    return scenarios[name]


def of_service(service: str) -> Mapping[str, Scenario]:
    """The scenarios of a service by name; raises SlostackError that names the known services."""
    if service not in SCENARIOS:
        raise SlostackError(f"no demo of a service {service!r}, expected one of {', '.join(SCENARIOS)}")
    return SCENARIOS[service]


def conditions_under(service: str, broken: Iterable[str]) -> Conditions:
    """What a service's workload does while the named scenarios are switched on."""
    scenarios = of_service(service)
    return combine(scenarios[name].effect for name in sorted(broken))

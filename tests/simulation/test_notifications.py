"""The model of Alertmanager sends what Alertmanager would."""

from __future__ import annotations

import pytest

from slostack.config import Place, Topology
from slostack.config.alertmanager import alertmanager_config
from slostack.settings import parse_settings
from slostack.simulation import Result, Transition
from slostack.simulation.notifications import Notification, notifications
from slostack.simulation.result import State

CONFIG = {
    "route": {
        "receiver": "medium",
        "group_by": ["service", "alertname"],
        "group_wait": "1m",
        "group_interval": "5m",
        "repeat_interval": "2h",
        "routes": [
            {
                "matchers": ['severity="critical"'],
                "receiver": "critical",
                "group_wait": "10s",
                "group_interval": "1m",
                "repeat_interval": "30m",
            }
        ],
    },
    "inhibit_rules": [
        {"source_matchers": ['tier="fast"'], "target_matchers": ['tier=~"slow|slower"'], "equal": ["service"]}
    ],
}


def change(at: float, tier: str, state: State, severity: str = "critical", until: float | None = None) -> Transition:
    labels = {"alertname": "Burn", "service": "api", "severity": severity, "tier": tier}
    return Transition(at, labels, state, until)


def sent(*transitions: Transition) -> list[tuple[float, set[str], set[str]]]:
    """Of each message when it was sent, and the tiers that it tells of."""
    return [
        (message.at, {labels["tier"] for labels in message.firing}, {labels["tier"] for labels in message.resolved})
        for message in messages(*transitions)
    ]


def messages(*transitions: Transition) -> tuple[Notification, ...]:
    return notifications(Result(transitions, {}), CONFIG)


def test_a_message_waits_for_its_group_and_a_recovery_for_the_interval() -> None:
    assert sent(change(100, "slow", "firing"), change(150, "slow", "inactive")) == [
        (110, {"slow"}, set()),
        (170, set(), {"slow"}),
    ]


def test_severities_have_their_own_pace() -> None:
    assert sent(change(100, "slow", "firing", "medium"), change(150, "slow", "inactive", "medium")) == []
    assert sent(change(100, "slow", "firing", "medium"), change(190, "slow", "inactive", "medium")) == [
        (160, {"slow"}, set()),
        (460, set(), {"slow"}),
    ]


def test_another_alert_of_the_group_is_told_with_the_first() -> None:
    assert sent(
        change(100, "slow", "firing"),
        change(150, "slower", "firing"),
        change(400, "slow", "inactive"),
        change(400, "slower", "inactive"),
    ) == [(110, {"slow"}, set()), (170, {"slow", "slower"}, set()), (410, set(), {"slow", "slower"})]


def test_an_inhibited_alert_is_told_when_the_other_one_ends() -> None:
    assert sent(
        change(100, "fast", "firing"),
        change(150, "slow", "firing"),
        change(400, "fast", "inactive"),
        change(500, "slow", "inactive"),
    ) == [(110, {"fast"}, set()), (410, {"slow"}, {"fast"}), (530, set(), {"slow"})]
    assert sent(
        change(100, "fast", "firing"),
        change(150, "slow", "firing"),
        change(400, "fast", "inactive"),
        change(400, "slow", "inactive"),
    ) == [(110, {"fast"}, set()), (410, set(), {"fast", "slow"})]


def test_an_alert_that_comes_back_between_two_flushes_is_nothing_new() -> None:
    """Each recovery that a flush sees is told."""
    flapping = [change(100, "slow", "firing"), change(112, "slow", "inactive"), change(142, "slow", "firing")]
    assert sent(*flapping, change(300, "slow", "inactive")) == [(110, {"slow"}, set()), (350, set(), {"slow"})]


def test_a_page_is_repeated_while_it_fires() -> None:
    repeated = messages(change(0, "slow", "firing"), change(4000, "slow", "inactive"))
    assert [(each.at, each.is_repeated) for each in repeated] == [
        (10, False), (1870, True), (3730, True), (4030, False),
    ]  # fmt: skip


def test_by_what_is_rendered_a_page_is_repeated_every_half_hour() -> None:
    place = Place("", ("",), "", "", "")
    settings = parse_settings({"environment": "local", "delivery": "local"}, "local")
    rendered = alertmanager_config((), settings, Topology(place, place, place, ""))
    page = Result((change(0, "slow", "firing"), change(4000, "slow", "inactive")), {})
    assert [each.at for each in notifications(page, rendered)] == [10, 1810, 3610, 4030]


@pytest.mark.parametrize(("again_at", "messages_sent"), [(300, 2), (500, 4)])
def test_a_restart_of_prometheus_is_not_told_unless_it_lasts(again_at: float, messages_sent: int) -> None:
    """Alertmanager takes an alert for resolved when it has not heard of it for four minutes."""
    told = messages(
        change(100, "slow", "firing"),
        change(200, "slow", "lost", until=400),
        change(again_at, "slow", "firing"),
        change(900, "slow", "inactive"),
    )
    assert len(told) == messages_sent

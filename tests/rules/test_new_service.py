"""What `slostack new` writes makes one page of an incident: that of its cause, where something tells it."""

from __future__ import annotations

import pytest

from slostack.spec.template import starting_files
from tests.rules.playing import HOUR, MINUTE, play

FILE = starting_files("api", "web")["slos/api.yaml"]
TOLD = 'count by (alertname) (ALERTS{alertstate="firing",severity=~"critical|high"})'
STEP = 30
WELL, ILL = 2 * 60, 2 * 30
"""Steps: an hour, then half an hour of trouble."""


@pytest.mark.parametrize(
    ("told", "up", "reached", "failing"),
    [
        pytest.param("DatabaseDown", "1", "0", 9, id="the database can't be reached"),
        pytest.param("ErrorBudgetBurn", "1", "1", 3, id="requests fail"),
        pytest.param("ServiceDown", "0", "_", None, id="nothing answers"),
    ],
)
def test_an_incident_is_told_once(told: str, up: str, reached: str, failing: int | None) -> None:
    answered, failed = (f"{300 * WELL}+{30 * (10 - failing)}", f"0+{30 * failing}") if failing else ("_", "_")
    series = {
        'up{job="api",instance="a"}': f"1x{WELL} {up}x{ILL}",
        'dependency_up{job="api",instance="a",dependency="database"}': f"1x{WELL} {reached}x{ILL}",
        'http_requests_total{job="api",instance="a",status="200"}': f"0+300x{WELL} {answered}x{ILL}",
        'http_requests_total{job="api",instance="a",status="500"}': f"0x{WELL} {failed}x{ILL}",
    }
    times = range(HOUR - 5 * MINUTE, HOUR + ILL * STEP, MINUTE)
    of = play(FILE, series, {TOLD: times}, step=STEP)
    found = {at: set(of.values(TOLD, at, "alertname")) for at in times}
    assert {at: alerts for at, alerts in found.items() if at <= HOUR and alerts} == {}
    assert {at: alerts for at, alerts in found.items() if at >= HOUR + 3 * MINUTE and alerts != {told}} == {}

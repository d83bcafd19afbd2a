"""The stack as it comes: it plays four services, each with a past; nothing fires until one of them is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from slostack.demo import SCENARIOS
from slostack.spec import load_services
from tests.local.demo_stack import notifications, value
from tests.local.project import SOURCE, Project, make_project, wait_until

NAMED = "|".join(SCENARIOS)
TOLD_SECONDS = 300


@pytest.fixture
def all_played(tmp_path: Path) -> Iterator[Project]:
    """A running stack with all that the demo can play."""
    project = make_project(tmp_path / "project", demo=True)
    try:
        project.run("up")
        yield project
    finally:
        project.end()


def test_every_service_is_judged_probed_and_broken_apart(all_played: Project) -> None:
    services = [service for service in load_services(SOURCE) if service.service in SCENARIOS]
    slos = sum(len(service.slos) for service in services)
    wait_until(lambda: len(all_played.query(f'slo:info{{service=~"{NAMED}"}}')) == slos, 90, "all SLOs are judged")
    wait_until(lambda: all_played.query('up{job="junkos-rds"}'), 90, "exporters are scraped")
    assert all_played.query("up == 0") == []
    assert len(all_played.query("probe_success == 1")) == sum(len(service.probes) for service in services)
    assert value(all_played, 'node_filesystem_size_bytes{job="stolen-tee"}')
    for past in (
        'count_over_time(slo:events:count5m{service="postfacta"}[30d]) < 8639',
        'sum(rate(http_request_duration_seconds_count{job="junkos"}[10m] offset 4w)) < 1',
        'http_requests_in_flight{job="postfacta"} offset 1d < 1',
    ):
        assert all_played.query(past) == []
        assert all_played.query(past.partition(" <")[0])
    assert all_played.query('ALERTS{alertstate="firing",alertname!="Watchdog"}') == []
    all_played.run("demo", "break", "stolen-tee", "storage-down")
    wait_until(
        lambda: notifications(all_played, alert="CircuitBreakerOpened", status="firing"),
        TOLD_SECONDS,
        "the alert on the breaker",
    )

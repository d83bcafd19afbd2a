"""One day with three incidents, beside a fault: what slostack counts and when it pages, against raw windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from slostack import plain_yaml
from slostack.playing.needed import needed
from slostack.rules import render_rules
from slostack.simulation import (
    DAY,
    Counters,
    Incident,
    Query,
    Result,
    Scenario,
    Scraping,
    SkippedEvaluations,
    Span,
    Target,
    Traffic,
    simulate,
)
from slostack.spec import parse_service

HOUR, MINUTE = 3600.0, 60.0
SEVERE = Incident(6 * HOUR, 6 * HOUR + 40 * MINUTE, 0.2)
"""Raw windows page by the hour's burn after four minutes."""
NOTABLE = Incident(9 * HOUR, 10.5 * HOUR, 0.02)
"""Pages by the hour's burn alone, after three quarters of it."""
SLOW = Incident(16.5 * HOUR, 22.5 * HOUR, 0.01)
"""Pages by the burn of six hours, of which none saw another incident, and which is counted every five minutes."""
INCIDENTS = (SEVERE, NOTABLE, SLOW)
LENGTH = DAY + HOUR
"""A day from the first hour on is counted."""
EVALUATION, TIER_EVALUATION = 30.0, 6 * MINUTE
"""The interval of the groups that page; how late the six hours' count may be seen."""
PODS = 4
PAGE = 'ALERTS{alertname="ErrorBudgetBurn",severity="critical"}'
_UNFOLDED = 1_000_000
WHOLE_DAY = Span(0, LENGTH)
_BEFORE = 5 * MINUTE
_HOURS_BURN = (
    Span(SEVERE.start - _BEFORE, SEVERE.start + 15 * MINUTE),
    Span(NOTABLE.start - _BEFORE, NOTABLE.start),
    Span(NOTABLE.start + 35 * MINUTE, NOTABLE.start + 65 * MINUTE),
)
_SIX_HOURS_BURN = (
    Span(SLOW.start - _BEFORE, SLOW.start),
    Span(SLOW.start + 195 * MINUTE, SLOW.start + 245 * MINUTE),
)
WATCHED = _HOURS_BURN + _SIX_HOURS_BURN
"""When pages are looked for: before each incident and around the time that its page is due. The groups that page read
raw counters and what is counted all day, so nobody misses their evaluations at other times, which would take most of a
simulation."""
NORMALLY = Scraping()
BAD = 'http_requests_total{job="api",code="500"}'
TOTAL = 'http_requests_total{job="api"}'


@dataclass(frozen=True)
class Day:
    """What came of a day: errors over it by slostack's counts and by raw windows; when each paged for each incident."""

    counted: float
    raw: float
    pages: tuple[float | None, ...]
    raw_pages: tuple[float | None, ...]

    def assert_as_good_as_raw(self, count_within: float = 0.05, evaluations: int = 1) -> None:
        """No page is later than raw windows' by more than so many evaluations; the errors are all counted."""
        assert abs(self.counted / self.raw - 1) <= count_within, f"{self.counted:.0f} errors, raw {self.raw:.0f}"
        assert None not in self.raw_pages, f"raw windows paged at {self.raw_pages}"
        for incident, page, raw in zip(INCIDENTS, self.pages, self.raw_pages, strict=True):
            late = TIER_EVALUATION if incident is SLOW else EVALUATION
            assert page is not None, f"no page for {incident}, raw windows paged at {raw}"
            assert raw is not None
            assert page <= raw + late * evaluations, f"page for {incident} at {page}, raw windows at {raw}"


def pods(
    scraping: Scraping = NORMALLY, restarts: Sequence[float] = (), count: int = PODS, born_late: bool = True
) -> tuple[Target, ...]:
    """Pods that serve forty requests a second together, of which one in five thousand fails always."""
    return tuple(pod(f"pod-{number}", count, scraping, restarts, born_late=born_late) for number in range(count))


def pod(
    name: str,
    of: int = PODS,
    scraping: Scraping = NORMALLY,
    restarts: Sequence[float] = (),
    life: Span = WHOLE_DAY,
    incidents: tuple[Incident, ...] = INCIDENTS,
    born_late: bool = True,
) -> Target:
    """One of so many pods that share the traffic."""
    return Target(
        labels={"job": "api", "instance": name},
        traffic=Traffic(per_second=40 / of, daily_swing=0.3, error_ratio=0.0002),
        life=life,
        incidents=incidents,
        restarts=tuple(restarts),
        exposes=(Counters(bad_is_born_late=born_late),),
        scraping=scraping,
    )


def day(
    targets: tuple[Target, ...],
    server_down: tuple[Span, ...] = (),
    skipped: tuple[SkippedEvaluations, ...] = (),
    scrape_interval: int = 15,
) -> Day:
    """Simulates a day with slostack's rules and raw windows side by side."""
    scenario = Scenario(targets, LENGTH, server_down=server_down, skipped=(*_UNWATCHED, *skipped))
    at_end = (LENGTH - MINUTE,)
    queries = {
        "counted": Query("sum_over_time(slo:bad_events:count5m[1d])", at_end),
        "raw": Query(f"sum(increase({BAD}[1d]))", at_end),
    }
    own = needed(plain_yaml.load(_rules(scrape_interval))["groups"], ["slo:bad_events:count5m", PAGE])
    rules = {"api.yaml": plain_yaml.dump({"groups": own}, width=_UNFOLDED), "raw.yaml": _raw_rules()}
    result = simulate(rules, scenario, queries)
    counted, raw = result.value("counted", *at_end), result.value("raw", *at_end)
    assert counted is not None
    assert raw is not None
    return Day(counted, raw, _pages(result, "ErrorBudgetBurn"), _pages(result, "RawWindows"))


def _outside(spans: Sequence[Span]) -> tuple[Span, ...]:
    edges = [0.0, *chain.from_iterable((each.start, each.end) for each in spans), LENGTH]
    return tuple(Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True))


_UNWATCHED = (
    SkippedEvaluations("slo/.*", _outside(WATCHED)),
    SkippedEvaluations("raw/1h", _outside((*_HOURS_BURN, _SIX_HOURS_BURN[0]))),
    SkippedEvaluations("raw/6h", _outside(_SIX_HOURS_BURN)),
)


def _pages(result: Result, alert: str) -> tuple[float | None, ...]:
    """When each incident was first paged for; a page that was still there when it began is as good."""
    spans = result.firing(alertname=alert, severity="critical")
    return tuple(
        next((max(s.start, each.start) for s in spans if s.end > each.start and s.start < each.end), None)
        for each in INCIDENTS
    )


def _rules(scrape_interval: int) -> str:
    return render_rules(
        parse_service(
            f"""
service: api
description: An API
team: web
scrape: [{{job: api, interval: {scrape_interval}s, timeout: 10s}}]
slos:
  - name: success
    description: Requests succeed
    objective: 99.9
    sli: {{events: {{bad: '{BAD}', total: '{TOTAL}'}}}}
    alerting: {{page: critical, ticket: none}}
    runbook: a.md
""",
            "api.yaml",
        )
    )


def _raw_rules() -> str:
    """The paging alert of Google's SRE workbook over raw windows, 99.9 %."""
    ratio = {
        window: f"sum(rate({BAD}[{window}])) / sum(rate({TOTAL}[{window}]))" for window in ("5m", "30m", "1h", "6h")
    }
    tiers = (("1h", "5m", 14.4), ("6h", "30m", 6))
    groups = [
        {
            "name": f"raw/{long}",
            "interval": "30s",
            "rules": [
                {
                    "alert": "RawWindows",
                    "expr": f"({ratio[long]}) > {burn * 0.001} and ({ratio[short]}) > {burn * 0.001}",
                    "labels": {"severity": "critical", "window": long},
                }
            ],
        }
        for long, short, burn in tiers
    ]
    return plain_yaml.dump({"groups": groups})

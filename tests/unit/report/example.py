"""A report as data: a week of two services."""

from __future__ import annotations

from slostack.report import Page, Report, ServiceReport, SloReport
from tests.unit.backtest.example import at

REPORT = Report(
    source="https://prometheus.example",
    start=at(2, "00:00:00"),
    end=at(9, "00:00:00"),
    least=0.005,
    services=(
        ServiceReport(
            "learnsnap",
            "learnsnap",
            slos=(
                SloReport("availability", 99.9, "30d", left=0.38, spent=0.2912, pages=3),
                SloReport("payment-success", 99, "month", left=-0.124, spent=1.3, pages=0),
                SloReport("ai-success", 95, "30d", left=None, spent=None, pages=0),
            ),
            pages=(
                Page("availability", ("page-5m",), at(3, "10:16:41"), at(3, "11:03:41"), at(3, "10:15:11"), 0.284),
                Page("ServiceDown", ("ServiceDown",), at(3, "10:17:11"), at(3, "11:01:11"), at(3, "10:16:11"), 0.281),
                Page(
                    "availability", ("page-1h",), at(3, "11:20:11"), at(3, "11:24:11"), at(3, "11:12:11"), 0.006, True
                ),
                Page("availability", ("page-5m",), at(7, "02:04:11"), at(7, "02:06:11"), at(7, "02:02:11"), 0.0012),
            ),
        ),
        ServiceReport("stolen-tee", "stolen-tee", (SloReport("api-latency", 95, "30d", 0.91, 0.02, 0),), ()),
    ),
    silent=("junkos", "postfacta"),
)

"""What a team should know of the last days: budgets, pages, how soon they came, and which were noise.

found = report(services, Prometheus("http://prometheus:9090"), last_days(7, until), least=0.005)
"""

from __future__ import annotations

from slostack.report.html import as_html
from slostack.report.markdown import as_markdown
from slostack.report.model import Page, Report, ServiceReport, SloReport
from slostack.report.run import report

__all__ = ["Page", "Report", "ServiceReport", "SloReport", "as_html", "as_markdown", "report"]

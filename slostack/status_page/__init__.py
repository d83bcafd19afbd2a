"""A page that tells users how services are, and how they were, without saying how they are run.

text = as_html(status_page(services, Prometheus("http://prometheus:9090"), 90, datetime.now(UTC)), "Acme")
"""

from __future__ import annotations

from slostack.status_page.html import as_html
from slostack.status_page.model import Day, ServiceStatus, StatusPage
from slostack.status_page.run import status_page

__all__ = ["Day", "ServiceStatus", "StatusPage", "as_html", "status_page"]

"""How ready a service is: a scorecard by what is configured of it, and what a running Prometheus really has."""

from __future__ import annotations

from slostack.audit.markdown import as_markdown
from slostack.audit.plain import as_json
from slostack.audit.run import audit
from slostack.audit.scorecard import Scorecard
from slostack.audit.terminal import show

__all__ = ["Scorecard", "as_json", "as_markdown", "audit", "show"]

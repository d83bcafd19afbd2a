"""What an edit of SLO files would have done: alerts before and after it, replayed over the past.

source = PrometheusSource(Prometheus("http://prometheus:9090"), last_days(30, until))
found = backtest(root, "main", source)
"""

from __future__ import annotations

from slostack.backtest.file import BELOW, FileSource, opened, recording
from slostack.backtest.incidents import Incident, load_incidents
from slostack.backtest.markdown import as_markdown
from slostack.backtest.model import Backtest, Case, Detection, Firing, Outcome
from slostack.backtest.plain import as_json
from slostack.backtest.prometheus import Prometheus
from slostack.backtest.recorded import Span, last_days
from slostack.backtest.run import backtest
from slostack.backtest.source import PrometheusSource, Source
from slostack.backtest.terminal import show

__all__ = [
    "BELOW",
    "Backtest",
    "Case",
    "Detection",
    "FileSource",
    "Firing",
    "Incident",
    "Outcome",
    "Prometheus",
    "PrometheusSource",
    "Source",
    "Span",
    "as_json",
    "as_markdown",
    "backtest",
    "last_days",
    "load_incidents",
    "opened",
    "recording",
    "show",
]

"""Where histories come from: a Prometheus, or a file that holds what one gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from slostack.backtest.fetch import fetch
from slostack.backtest.history import History
from slostack.backtest.prometheus import Prometheus
from slostack.backtest.recorded import Span
from slostack.backtest.subjects import Version


class Source(Protocol):
    """Gives the histories of SLOs over one span of time."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def span(self) -> Span:
        """What can be replayed of it."""

    def histories(self, versions: Sequence[Version], recorded: Version | None) -> tuple[History, ...]:
        """One per label set, of versions that share an SLI; `recorded` has the names of recorded series, if any has.

        Raises SlostackError where they can't be had.
        """


@dataclass(frozen=True)
class PrometheusSource:
    """The histories that a Prometheus tells. It is read closely where a ratio exceeds `below` times the limits of the
    alerts that are replayed; elsewhere ratios and rates of short windows are 0."""

    prometheus: Prometheus
    span: Span
    below: float = 1.0

    @property
    def name(self) -> str:
        return self.prometheus.shown

    def histories(self, versions: Sequence[Version], recorded: Version | None) -> tuple[History, ...]:
        return fetch(self.prometheus, versions, recorded, self.span, self.below)

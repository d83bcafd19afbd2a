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
    """The histories that a Prometheus tells; `whole` asks for every hour, not only for those in which something may
    fire, so that any other objective and policy can be replayed from them as well."""

    prometheus: Prometheus
    span: Span
    whole: bool = False

    @property
    def name(self) -> str:
        return self.prometheus.shown

    def histories(self, versions: Sequence[Version], recorded: Version | None) -> tuple[History, ...]:
        return fetch(self.prometheus, versions, recorded, self.span, whole=self.whole)

"""A clock that runs faster than that of this machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """Played time, in Unix seconds: equal to real time at `start`, and `factor` times as fast before and after."""

    start: int
    factor: int

    def played(self, real: float) -> float:
        """The played time at a real one."""
        return self.start + (real - self.start) * self.factor

    def real(self, played: float) -> float:
        """The real time at a played one."""
        return self.start + (played - self.start) / self.factor

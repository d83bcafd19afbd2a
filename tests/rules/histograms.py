"""The same observations as a classic and as a native histogram, in promtool's notation."""

from __future__ import annotations

from collections.abc import Iterable

Observed = Iterable[tuple[int, int] | None]
"""How many observations there were by each scrape of 0.2 s and of 1.5 s; None where the scrape failed."""


def classic(name: str, observed: Observed, labels: str = "") -> dict[str, str]:
    """Buckets at the powers of two, which a native histogram has too."""
    scraped = list(observed)
    fast, every = (_values(None if each is None else f"{count(each)}" for each in scraped) for count in (_fast, sum))
    buckets = {"0.25": fast, "0.5": fast, "1": fast, "2.0": every, "+Inf": every}
    comma = "," if labels else ""
    found = {f'{name}_bucket{{{labels}{comma}le="{le}"}}': values for le, values in buckets.items()}
    return found | {f"{name}_count{{{labels}}}": every}


def native(name: str, observed: Observed, labels: str = "") -> dict[str, str]:
    """A histogram of schema 0, whose buckets end at the powers of two."""
    return {f"{name}{{{labels}}}": _values(None if each is None else _native(*each) for each in observed)}


def _native(fast: int, slow: int) -> str:
    return f"{{{{schema:0 count:{fast + slow} sum:{fast + slow} offset:-2 buckets:[{fast} 0 0 {slow}]}}}}"


def _fast(each: tuple[int, int]) -> int:
    return each[0]


def _values(values: Iterable[str | None]) -> str:
    return " ".join("_" if value is None else value for value in values)

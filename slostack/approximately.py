"""Figures as people say them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """A time as people say it, by its largest unit and the next: `3d 4h`, `12m 5s`, `8h`."""
    rest, parts = round(seconds), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if rest >= size:
            parts.append(f"{rest // size}{unit}")
            rest %= size
        elif parts:
            break
    return " ".join(parts[:2]) or "0s"


def counted(number: int, what: str) -> str:
    """A number and what it counts: `1 service`, `2 services`."""
    return f"{number} {what}{'' if number == 1 else 's'}"

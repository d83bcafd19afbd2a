"""Samples of the past as promtool takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping


def line(name: str, labels: Mapping[str, str], value: float, time: int) -> str:
    """A sample at a Unix time as a line of OpenMetrics."""
    quoted = ",".join(f"{label}={json.dumps(text, ensure_ascii=False)}" for label, text in labels.items())
    return f"{name}{{{quoted}}} {float(value)!r} {time}\n"

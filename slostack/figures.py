"""Figures in the texts of alerts, which Prometheus fills: no more of them than people read at night."""

from __future__ import annotations

TWO_UNITS = 'reReplaceAll "^([^ ]+( [1-9][^ ]*)?)( .*)?$" "$1"'
"""Of what humanizeDuration says the two largest units, in Prometheus' templates and in Alertmanager's: 11h 19m."""
PERCENTAGE = 'humanizePercentage | reReplaceAll "([1-9][0-9]*[.][0-9])[0-9]+" "$1"'
"""One decimal, but all digits below one percent: 60.1%, 0.0512%."""
DURATION = f"humanizeDuration | {TWO_UNITS}"


def rounded(text: str) -> str:
    """A text of ours with its figures so."""
    return text.replace("humanizePercentage }}", f"{PERCENTAGE} }}}}").replace(
        "humanizeDuration }}", f"{DURATION} }}}}"
    )

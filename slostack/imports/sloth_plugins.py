"""sloth's SLO plugins. They change sloth's rules; what one of them adds, this project has too."""

from __future__ import annotations

from typing import Any

from slostack.imports.fields import Fields
from slostack.imports.labels import severity
from slostack.imports.mistakes import Mistakes

EXHAUSTED = "sloth.dev/contrib/error_budget_exhausted_alert/v1"
_OTHERS = "a plugin that changes sloth's rules; this project's rules are its own"
_OF_ITS_ALERT = "the alert on a spent budget is named ErrorBudgetSpent, has its SLO's labels and fires at once"


def read_plugins(fields: Fields, key: str, inherited: dict[str, Any]) -> dict[str, Any]:
    """What the plugins at a key, after those of the whole file, add to an SLO's `alerting`."""
    plugins = fields.fields(key)
    if plugins is None:
        return inherited
    mistakes = Mistakes()
    found = dict(inherited)
    with mistakes:
        if plugins.boolean("overridePrevious"):
            plugins.leave("overridePrevious", why="the plugins before; this project's rules are its own")
            found = {}
    with mistakes:
        for plugin in plugins.items("chain"):
            with mistakes:
                name = plugin.text("id", "a plugin's id")
                if name == EXHAUSTED:
                    plugin.leave("priority", why="alerts have no order")
                    found["spent"] = _spent(plugin.fields("config"))
                else:
                    plugin.leave_out(f"{name}, {_OTHERS}")
    mistakes.check(plugins)
    return found


def _spent(config: Fields | None) -> dict[str, Any]:
    """The alert on a spent budget: sloth says how much of it is left, an SLO file how much is spent."""
    if config is None:
        return {"share": 100, "severity": "medium"}
    mistakes = Mistakes()
    with mistakes:
        left = config.number("threshold") or 0.0
        if not 0 <= left < 1:
            raise config.error("threshold", f"{left:g}, expected the share of the budget that is left, such as 0.05")
    with mistakes:
        labels = config.scalars("alert_labels")
    config.leave("for", "alert_name", "annotations", "selector_labels", why=_OF_ITS_ALERT)
    mistakes.check(config)
    for label in labels:
        if label != "severity" or severity(labels[label]) is None:
            config.leave_below("alert_labels", label, _OF_ITS_ALERT)
    return {"share": round(100 * (1 - left), 9), "severity": severity(labels.get("severity", "")) or "medium"}

"""What a stack tells about itself once it is up."""

from __future__ import annotations

from typing import Any

import yaml

from slostack.bundle import Bundle
from slostack.servers import versions
from slostack.settings import Settings

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RULE_FOLDERS = ("prometheus/rules", "loki/rules")


def outputs(settings: Settings, bundle: Bundle) -> dict[str, Any]:
    """The URLs, the servers' pinned versions, and the numbers of recording rules and of alerts."""
    rules = [rule for folder in _RULE_FOLDERS for text in bundle.below(folder).values() for rule in _rules(text)]
    alerts = sum("alert" in rule for rule in rules)
    return {
        "urls": settings.urls.model_dump(mode="json"),
        "versions": {name: pin.version for name, pin in versions().items()},
        "rules": len(rules) - alerts,
        "alerts": alerts,
    }


def _rules(text: str) -> list[dict[str, Any]]:
    groups = yaml.load(text, _Loader)["groups"]
    return [rule for group in groups for rule in group["rules"]]

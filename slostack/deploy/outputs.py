"""What a stack tells about itself once it is up."""

from __future__ import annotations

from typing import Any

import yaml

from slostack.bundle import Bundle
from slostack.errors import SlostackError
from slostack.settings import Settings

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RULE_FOLDERS = ("prometheus/rules", "loki/rules")


def outputs(settings: Settings, bundle: Bundle) -> dict[str, Any]:
    """The URLs, and the numbers of recording rules and of alerts.

    Raises SlostackError where a hand-written rule file is none.
    """
    files = {path: text for folder in _RULE_FOLDERS for path, text in bundle.below(folder).items()}
    rules = [rule for path, text in files.items() for rule in _rules(path, text)]
    alerts = sum("alert" in rule for rule in rules)
    return {"urls": settings.urls.model_dump(mode="json"), "rules": len(rules) - alerts, "alerts": alerts}


def _rules(path: str, text: str) -> list[dict[str, Any]]:
    try:
        return [rule for group in yaml.load(text, _Loader)["groups"] for rule in group["rules"]]
    except (yaml.YAMLError, LookupError, TypeError):
        raise SlostackError(f"{path}: not a rule file, expected YAML with groups of rules") from None

"""What a stack tells about itself once it is up."""

from __future__ import annotations

import re
from typing import Any

import yaml

from slostack.bundle import Bundle
from slostack.errors import SlostackError
from slostack.rules.model import GENERATED
from slostack.settings import Settings

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RULE_FOLDERS = ("prometheus/rules", "loki/rules")
_GENERATED_RULE = re.compile("^  - (record|alert): ", re.MULTILINE)
"""Where a rule begins in a generated file, whose texts are all indented further."""


def outputs(settings: Settings, bundle: Bundle) -> dict[str, Any]:
    """The URLs, and the numbers of recording rules and of alerts.

    Raises SlostackError where a hand-written rule file is none.
    """
    files = {path: text for folder in _RULE_FOLDERS for path, text in bundle.below(folder).items()}
    kinds = [kind for path, text in files.items() for kind in _kinds(path, text)]
    alerts = kinds.count("alert")
    return {"urls": settings.urls.model_dump(mode="json"), "rules": len(kinds) - alerts, "alerts": alerts}


def _kinds(path: str, text: str) -> list[str]:
    """What each rule of a file is. Generated files can be many: they are not parsed."""
    if text.startswith(GENERATED):
        return _GENERATED_RULE.findall(text)
    try:
        rules = [rule for group in yaml.load(text, _Loader)["groups"] for rule in group["rules"]]
        return ["alert" if "alert" in rule else "record" for rule in rules]
    except (yaml.YAMLError, LookupError, TypeError):
        raise SlostackError(f"{path}: not a rule file, expected YAML with groups of rules") from None

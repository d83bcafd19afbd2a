"""YAML text of a server's config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from slostack import plain_yaml


class _Dumper(plain_yaml.Dumper):  # type: ignore[valid-type, misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True


def yaml_text(document: Mapping[str, Any]) -> str:
    """The document as YAML in the order of its keys, without anchors."""
    return yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)

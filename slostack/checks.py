"""Checks of rendered and hand-written files by the servers' own tools, before anything is deployed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from slostack import promtool
from slostack.bundle import Bundle
from slostack.errors import SlostackError
from slostack.project import CUSTOM, DASHBOARD_FOLDER, RULE_FOLDER


def check_custom_files(root: Path) -> int:
    """Checks a team's own rules and dashboards; how many there are. Raises SlostackError with all that is wrong."""
    rules = sorted((root / RULE_FOLDER / CUSTOM).glob("*.yaml"))
    dashboards = sorted((root / DASHBOARD_FOLDER / CUSTOM).glob("*.json"))
    mistakes = []
    for file in rules:
        try:
            promtool.check_rules([file])
        except promtool.CheckFailed as error:
            mistakes.append(str(error).replace(f"{root}/", ""))
    taken = {_uid(file): file for file in sorted((root / DASHBOARD_FOLDER).glob("*.json"))}
    for file in dashboards:
        shown = file.relative_to(root)
        try:
            uid = _uid(file)
        except ValueError as error:
            mistakes.append(f"{shown}: {error}, expected a dashboard as Grafana exports it (JSON)")
            continue
        if not uid:
            mistakes.append(f"{shown}: no uid, expected a fixed one, so that links and the next import find it")
        elif uid in taken:
            mistakes.append(f"{shown}: uid {uid!r} is that of {taken[uid].relative_to(root)}, expected one of its own")
        else:
            taken[uid] = file
    if mistakes:
        raise SlostackError("\n".join(mistakes))
    return len(rules) + len(dashboards)


def check_bundle(bundle: Bundle) -> None:
    """Checks a bundle's rules and server configs by promtool, amtool and loki; raises CheckFailed as they say."""
    with tempfile.TemporaryDirectory(prefix="slostack-check-") as scratch:
        folder = Path(scratch)
        for path, text in bundle.files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        try:
            promtool.check_config_syntax(folder / "prometheus" / "prometheus.yml")
            promtool.check_rules([folder / "prometheus" / "rules" / path for path in bundle.below("prometheus/rules")])
            promtool.check_alertmanager_config(folder / "alertmanager" / "alertmanager.yml")
            promtool.verify_loki_config(folder / "loki" / "loki.yaml")
            if loki_rules := [folder / "loki" / "rules" / path for path in bundle.below("loki/rules")]:
                promtool.verify_loki_rules(loki_rules)
        except promtool.CheckFailed as error:
            raise promtool.CheckFailed(str(error).replace(f"{folder}/", "")) from None


def _uid(file: Path) -> str | None:
    try:
        dashboard = json.loads(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    if not isinstance(dashboard, dict):
        raise ValueError("not a JSON object")
    uid = dashboard.get("uid")
    return uid if isinstance(uid, str) else None

"""The same SLO as alerting rules by different hands, and the Alertmanager configuration that goes with each."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.alerts_score import PAGE
from slostack import plain_yaml
from slostack.config.alertmanager import alertmanager_files
from slostack.config.topology import Place, Topology
from slostack.errors import SlostackError
from slostack.rules import render_rules
from slostack.settings import parse_settings
from slostack.spec import parse_service

OBJECTIVE = 99.9
BAD = 'http_requests_total{job="api",code="500"}'
_METRIC = re.compile(r"[a-zA-Z_:][\w:]*")
TOTAL = 'http_requests_total{job="api"}'


@dataclass(frozen=True)
class RuleSet:
    """Rule files by name, and Alertmanager's configuration; that is the same for all, but for inhibitions, which
    only slostack writes."""

    name: str
    rules: Mapping[str, str]
    alertmanager: Mapping[str, Any]


def slostack(name: str = "slostack", **slo: Any) -> RuleSet:
    """This project's rules for the SLO, with other values for keys of the SLO in its file."""
    service = parse_service(plain_yaml.dump({**_SLO_FILE, "slos": [{**_SLO, **slo}]}), "api.yaml")
    nowhere = Place("", (), "", "", "")
    settings = parse_settings({"environment": "local", "delivery": "local"}, "local")
    files = alertmanager_files((service,), settings, Topology(nowhere, nowhere, nowhere, ""))
    config = plain_yaml.load(files["alertmanager/alertmanager.yml"])
    return RuleSet(name, {"api.yaml": render_rules(service)}, config)


def raw_windows() -> RuleSet:
    """The policy of Google's SRE workbook (chapter 5, its last and recommended form), as it is usually written."""
    ratios = [{"record": f"job:slo_errors:ratio_rate{window}", "expr": _raw_ratio(window)} for window in _WINDOWS]
    alerts = [
        _raw_alert("critical", ("1h", "5m", 14.4), ("6h", "30m", 6)),
        _raw_alert("medium", ("1d", "2h", 3), ("3d", "6h", 1)),
    ]
    group = {"name": "raw-windows", "interval": "30s", "rules": ratios + alerts}
    return _without_inhibitions("raw windows", {"raw.yaml": plain_yaml.dump({"groups": [group]})})


def sloth() -> RuleSet | None:
    """What sloth generates; None where there is no `sloth` on PATH."""
    return _generated("sloth", _SLOTH_SPEC, lambda spec, out: ["generate", "-i", str(spec), "-o", str(out / "x.yaml")])


def pyrra() -> RuleSet | None:
    """What pyrra generates; None where there is no `pyrra` on PATH."""
    return _generated(
        "pyrra", _PYRRA_SPEC, lambda spec, out: ["generate", f"--config-files={spec}", f"--prometheus-folder={out}"]
    )


def only_pages(rules: Mapping[str, str]) -> dict[str, str]:
    """The alerts that page, and the recordings that they read, also through others: all that decides about them."""
    documents = {file: plain_yaml.load(text) for file, text in rules.items()}
    every = [rule for document in documents.values() for group in document["groups"] for rule in group["rules"]]
    wanted = [rule for rule in every if rule.get("labels", {}).get("severity") == PAGE and "alert" in rule]
    for rule in wanted:
        read = set(_METRIC.findall(rule["expr"]))
        wanted += [other for other in every if other.get("record") in read and other not in wanted]
    for document in documents.values():
        for group in document["groups"]:
            group["rules"] = [rule for rule in group["rules"] if rule in wanted]
        document["groups"] = [group for group in document["groups"] if group["rules"]]
    return {file: plain_yaml.dump(document) for file, document in documents.items()}


def _generated(command: str, spec: Mapping[str, Any], arguments: Callable[[Path, Path], list[str]]) -> RuleSet | None:
    executable = shutil.which(command)
    if executable is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "out").mkdir()
        (folder / "spec.yaml").write_text(plain_yaml.dump(spec), encoding="utf-8")
        call = [executable, *arguments(folder / "spec.yaml", folder / "out")]
        answer = subprocess.run(call, capture_output=True, text=True, check=False)
        files = sorted((folder / "out").glob("*.yaml"))
        if answer.returncode or not files:
            raise SlostackError(f"{command} generated nothing: {answer.stderr.strip()[-1000:]}")
        rules = {f"{command}-{file.name}": _with_our_severities(file.read_text(encoding="utf-8")) for file in files}
    return _without_inhibitions(command, rules)


def _with_our_severities(text: str) -> str:
    """pyrra's second severity is called `warning`."""
    return text.replace("severity: warning", "severity: medium")


def _without_inhibitions(name: str, rules: Mapping[str, str]) -> RuleSet:
    return RuleSet(name, rules, {**slostack().alertmanager, "inhibit_rules": []})


def _raw_ratio(window: str) -> str:
    return f"sum(rate({BAD}[{window}])) / sum(rate({TOTAL}[{window}]))"


def _raw_alert(severity: str, *tiers: tuple[str, str, float]) -> dict[str, Any]:
    threshold = (100 - OBJECTIVE) / 100
    expr = " or ".join(
        f"(job:slo_errors:ratio_rate{long} > {burn} * {threshold:.6g}"
        f" and job:slo_errors:ratio_rate{short} > {burn} * {threshold:.6g})"
        for long, short, burn in tiers
    )
    return {"alert": "ErrorBudgetBurn", "expr": expr, "labels": {"severity": severity}}


_WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")

_SLO = {
    "name": "success",
    "description": "Requests succeed",
    "objective": OBJECTIVE,
    "sli": {"events": {"bad": BAD, "total": TOTAL}},
    "alerting": {"page": "critical", "ticket": "medium"},
    "runbook": "api.md",
}
_SLO_FILE: dict[str, Any] = {
    "service": "api",
    "description": "A service with incidents",
    "team": "web",
    "scrape": [{"job": "api", "interval": "30s", "timeout": "10s"}],
}
_SLOTH_SPEC = {
    "version": "prometheus/v1",
    "service": "api",
    "labels": {"service": "api", "slo": "success"},
    "slos": [
        {
            "name": "success",
            "description": "Requests succeed",
            "objective": OBJECTIVE,
            "sli": {
                "events": {
                    "error_query": f"sum(rate({BAD}[{{{{.window}}}}]))",
                    "total_query": f"sum(rate({TOTAL}[{{{{.window}}}}]))",
                }
            },
            "alerting": {
                "name": "ErrorBudgetBurn",
                "page_alert": {"labels": {"severity": "critical"}},
                "ticket_alert": {"labels": {"severity": "medium"}},
            },
        }
    ],
}
_PYRRA_SPEC = {
    "apiVersion": "pyrra.dev/v1alpha1",
    "kind": "ServiceLevelObjective",
    "metadata": {"name": "success", "namespace": "api"},
    "spec": {
        "target": f"{OBJECTIVE}",
        "window": "30d",
        "indicator": {"ratio": {"errors": {"metric": BAD}, "total": {"metric": TOTAL}}},
    },
}

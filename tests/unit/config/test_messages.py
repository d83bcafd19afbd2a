"""What people read: the templates, filled by Alertmanager's own tool."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from slostack import names
from slostack.config.messages import TEMPLATES
from slostack.servers import obtain_binary
from slostack.spec.alerting import RESPONSE

Render = Callable[[str, dict[str, Any]], str]

LABELS = {
    "alertname": "ErrorBudgetBurn",
    "environment": "prod",
    "service": "shop",
    "slo": "availability",
    "severity": "critical",
    "team": "sales",
    "tier": "page-1h",
    "window": "1h",
}
ANNOTATIONS = {
    "summary": "shop availability: the error budget burns 20.1 times too fast",
    "description": "A burn rate of 20.1. Budget left: 61 % & falling.",
    "runbook_url": "https://runbooks.example/shop/burn.md",
    "dashboard_url": "https://grafana.example/d/slo-shop",
}


SILENCE = (
    "https://alertmanager.example/#/silences/new"
    "?filter=%7Balertname%3D%22ErrorBudgetBurn%22%2C%20environment%3D%22prod%22%2C%20service%3D%22shop%22%2C%20slo%3D%22availability%22%7D"
)


def message(status: str = "firing", **annotations: str) -> dict[str, Any]:
    """What Alertmanager hands to a template for one alert."""
    labels, texts = dict(LABELS), {**ANNOTATIONS, **annotations}
    alert = {
        "status": status,
        "labels": labels,
        "annotations": texts,
        "startsAt": "2026-01-02T03:04:05Z",
        "endsAt": "2026-01-02T04:05:06Z",
        "generatorURL": "https://prometheus.example/graph",
    }
    return {
        "receiver": "critical",
        "status": status,
        "alerts": [alert],
        "groupLabels": {key: labels[key] for key in ("alertname", "environment", "service", "slo")},
        "commonLabels": labels,
        "commonAnnotations": texts,
        "externalURL": "https://alertmanager.example",
    }


@pytest.fixture
def render(tmp_path: Path) -> Render:
    amtool = obtain_binary("amtool", lambda line: print(line, file=sys.stderr))
    (tmp_path / "slostack.tmpl").write_text(TEMPLATES)

    def render_template(name: str, data: dict[str, Any]) -> str:
        (tmp_path / "data.json").write_text(json.dumps(data))
        command: list[str | Path] = [
            amtool,
            "template",
            "render",
            f"--template.type={'html' if name == 'slostack.html' else 'text'}",
            f"--template.glob={tmp_path}/*.tmpl",
            f"--template.data={tmp_path}/data.json",
            f'--template.text={{{{ template "{name}" . }}}}',
        ]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.removesuffix("\n")

    return render_template


def test_the_title_says_how_bad_where_and_what(render: Render) -> None:
    title = "[CRITICAL] prod: shop availability: the error budget burns 20.1 times too fast"
    assert render("slostack.title", message()) == title


def test_the_title_says_in_which_of_several_clusters(render: Render) -> None:
    data = message()
    data["groupLabels"]["cluster"] = "eu-1"
    assert render("slostack.title", data).startswith("[CRITICAL] prod eu-1: shop availability: ")


def test_the_title_of_several_alerts_says_how_many(render: Render) -> None:
    data = message()
    data["alerts"] *= 3
    data["commonAnnotations"] = {}
    assert render("slostack.title", data) == "[CRITICAL] prod: shop: ErrorBudgetBurn availability (3 alerts)"


@pytest.mark.parametrize("name", ["slostack.text", "slostack.slack", "slostack.html"])
def test_a_message_says_what_how_bad_since_when_and_links(name: str, render: Render) -> None:
    text = render(name, message())
    for part in (
        ANNOTATIONS["summary"],
        "A burn rate of 20.1. Budget left: 61 %",
        "critical",
        "2026-01-02 03:04 UTC",
        "https://runbooks.example/shop/burn.md",
        "https://grafana.example/d/slo-shop",
        "https://prometheus.example/graph",
        "respond within 5 min",
        "ago)",
        SILENCE,
    ):
        assert part in text
    for panel in ("", f"&viewPanel={names.panel_id('logs')}"):
        link = f"https://grafana.example/d/slo-shop?from=1767319445000&to=now{panel}"
        assert link in unescape(text)
    assert "until" not in text


def test_the_title_of_a_recovery_names_what_ended(render: Render) -> None:
    assert render("slostack.title", message("resolved")) == "[RESOLVED] prod: shop: ErrorBudgetBurn availability"


@pytest.mark.parametrize("name", ["slostack.text", "slostack.slack", "slostack.html"])
def test_a_recovery_says_from_when_until_when_and_what_it_was(name: str, render: Render) -> None:
    text = render(name, message("resolved", budgets_left="availability 61 %"))
    assert "2026-01-02 03:04 UTC until 2026-01-02 04:05 UTC (1h 1m)" in text
    assert "esolved: shop: ErrorBudgetBurn availability (page-1h)" in text.replace("RESOLVED", "Resolved")
    assert f"It said: {ANNOTATIONS['summary']}" in text
    for alarming in ("respond", "ago)", "A burn rate", "Budget left"):
        assert alarming not in text


def test_what_is_over_is_said_so_beside_what_still_fires(render: Render) -> None:
    data = message()
    data["alerts"] += message("resolved")["alerts"]
    text = render("slostack.text", data)
    assert text.count("RESOLVED: shop: ErrorBudgetBurn availability (page-1h)\n") == 1
    assert text.count(f"FIRING: {ANNOTATIONS['summary']}\n") == 1
    assert text.count("A burn rate") == 1


def test_times_are_said_by_their_two_largest_units(render: Render) -> None:
    assert re.search(r" UTC \(\d+d \d+h ago\)", render("slostack.text", message()))


def test_every_severity_says_how_soon_to_respond(render: Render) -> None:
    for severity, when in RESPONSE.items():
        data = message()
        data["alerts"][0]["labels"] = {**LABELS, "severity": severity}
        assert f"Severity: {severity}, respond {when}, judged over 1h\n" in render("slostack.text", data)


@pytest.mark.parametrize("name", ["slostack.text", "slostack.slack", "slostack.html"])
def test_a_threshold_alert_says_what_is_left_of_the_budgets(name: str, render: Render) -> None:
    left = "Budget left: availability 61%, checkout 98.2%"
    assert left in render(name, message(budgets_left="availability 61%, checkout 98.2%"))
    assert "Budget left: a" not in render(name, message())


def test_html_is_escaped(render: Render) -> None:
    text = render("slostack.html", message(description="<script>alert(1)</script>"))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_slack_links_have_names(render: Render) -> None:
    assert "<https://runbooks.example/shop/burn.md|Runbook>" in render("slostack.slack", message())


def test_colors(render: Render) -> None:
    assert render("slostack.color", message()) == "danger"
    assert render("slostack.color", message("resolved")) == "good"
    medium = message()
    medium["commonLabels"] = {**LABELS, "severity": "medium"}
    assert render("slostack.color", medium) == "warning"


def test_links_of_the_whole_message(render: Render) -> None:
    assert render("slostack.link", message()) == ANNOTATIONS["dashboard_url"]
    assert render("slostack.runbook", message()) == ANNOTATIONS["runbook_url"]
    assert render("slostack.service", message()) == "shop"


def test_a_dashboard_with_a_query_of_its_own_keeps_it(render: Render) -> None:
    text = render("slostack.text", message(dashboard_url="https://grafana.example/d/own?var-shop=1"))
    assert "Dashboard: https://grafana.example/d/own?var-shop=1&from=1767319445000&to=now\n" in text


def test_an_alert_without_a_dashboard_links_to_its_query(render: Render) -> None:
    data = message()
    del data["alerts"][0]["annotations"]["dashboard_url"]
    assert render("slostack.link", data) == "https://prometheus.example/graph"
    assert "Dashboard" not in render("slostack.text", data)

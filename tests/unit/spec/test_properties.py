"""Whatever loads renders, promtool accepts all of it, and history depends on nothing but what it is made of."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from slostack import names, plain_yaml, promtool
from slostack.dashboards import render_overview_dashboard, render_service_dashboard
from slostack.rules import RecordingRule, render_rules, service_groups
from slostack.rules.logs import log_groups
from slostack.rules.model import rules_yaml
from slostack.spec import Service
from tests.unit.spec.generated import KEYWORDS, LABEL_NAMES, NAMES, SEVERITIES, TEXTS, Data, loaded, services

SLOW = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@settings(SLOW, max_examples=60)
@given(services())
def test_whatever_loads_renders(data: Data) -> None:
    service = loaded(data)
    assume(service)
    assert service
    assert plain_yaml.load(render_rules(service))["groups"]
    assert render_service_dashboard(service)
    assert render_overview_dashboard((service,))


@cache
def made_up() -> list[Service]:
    """Services of made-up SLO files, those that load of a hundred; always the same ones."""
    found: list[Service] = []

    @settings(SLOW, max_examples=100, phases=[Phase.generate], derandomize=True)
    @given(services())
    def gather(data: Data) -> None:
        if service := loaded(data):
            found.append(service)

    gather()
    assert len(found) > 10
    return found


def test_promtool_accepts_whatever_renders(tmp_path: Path) -> None:
    files = []
    for number, service in enumerate(made_up()):
        files.append(tmp_path / f"{number}.yaml")
        files[-1].write_text(render_rules(service), encoding="utf-8")
    refused = [(mistake, mistake.file.read_text(encoding="utf-8")) for mistake in promtool.rule_mistakes(files)]
    assert refused[:1] == []


def test_loki_accepts_whatever_renders(tmp_path: Path) -> None:
    groups = {
        group.name: group
        for service in made_up()
        for slo in service.slos
        if not set(KEYWORDS).intersection(slo.group_by)
        for group in log_groups(service.model_copy(update={"slos": (slo,)}))
    }
    assert groups
    file = tmp_path / "rules.yaml"
    file.write_text("namespace: n\n" + rules_yaml(tuple(groups.values()), "slos/"), encoding="utf-8")
    promtool.verify_loki_rules([file])


def history(service: Service) -> dict[tuple[str, str], tuple[str, dict[str, str], str]]:
    """What the series of a service are made of: expression, labels and interval, by group and name."""
    return {
        (group.name, rule.record): (rule.expr, {**group.labels, **rule.labels}, str(group.interval))
        for group in (*service_groups(service), *log_groups(service))
        for rule in group.rules
        if isinstance(rule, RecordingRule) and rule.record != names.INFO
    }


@settings(SLOW, max_examples=60)
@given(
    services(),
    NAMES,
    TEXTS,
    st.dictionaries(LABEL_NAMES, TEXTS, max_size=2),
    st.fixed_dictionaries({"page": SEVERITIES, "ticket": SEVERITIES}),
)
def test_what_people_edit_changes_no_recorded_series(
    data: Data, team: str, text: str, labels: dict[str, str], severities: dict[str, str]
) -> None:
    for slo in data["slos"]:
        slo["alerting"] |= {"page": "high", "ticket": "low"}
    edited = {**copy.deepcopy(data), "team": team, "description": text, "links": {"docs": "https://docs.example"}}
    for slo in edited["slos"]:
        slo |= {
            "description": text,
            "labels": {label: value for label, value in labels.items() if label not in slo["group_by"]},
            "page_labels": {"key": text},
            "annotations": {"log_search": text},
            "alerting": {**slo["alerting"], **severities, "absence": {}, "spent": {}},
            "runbook": "other.md",
        }
    before, after = loaded(data), loaded(edited)
    assume(before)
    assert before
    assert after
    assert history(after) == history(before)

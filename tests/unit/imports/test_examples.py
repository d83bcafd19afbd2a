"""Example files become the SLO files, runbooks and notes that stand in expected/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slostack.imports import Import
from slostack.spec import parse_service
from tests.unit.imports.reading import EXAMPLES, example, imported, lines, refused

EXPECTED = Path(__file__).parent / "expected"
NAMES = [
    "openslo/every-kind.yaml",
    "pyrra/getting-started.yaml",
    "pyrra/options.yaml",
    "sloth/getting-started.yaml",
    "sloth/kubernetes.yaml",
    "sloth/options.yaml",
]
ANY_SOURCE = "metricSource.type: a data source of type 'Any', expected Prometheus: others have no metrics here"
SECTIONS = ["Symptoms", "Diagnosis", "Resolution", "Verification", "Prevention", "Escalation"]


def written(found: Import) -> dict[str, str]:
    """The texts that are expected of an import, by file ending."""
    notes = f"Not carried over:\n{lines(found.left)}\n\nFilled in or changed:\n{lines(found.assumed)}\n"
    return {".yaml": "".join(found.slo_files.values()), ".txt": notes}


@pytest.mark.parametrize("name", NAMES)
def test_an_example_becomes_what_is_expected(name: str) -> None:
    stem = name.removesuffix(".yaml").replace("/", "-")
    found = written(example(name))
    expected = {suffix: (EXPECTED / f"{stem}{suffix}").read_text(encoding="utf-8") for suffix in found}
    assert found == expected


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_loads_with_its_runbook(name: str, tmp_path: Path) -> None:
    found = example(name)
    for path, text in found.runbooks.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
        assert not re.search(r"\n\n\n|[{]{2}|[ \t]\n", text)
    for service, text in found.slo_files.items():
        slos = parse_service(text, f"{service}.yaml", tmp_path).slos
        assert len(slos) == found.counts[service]


def test_runbooks_link_to_where_help_was_before() -> None:
    (text,) = example("sloth/options.yaml").runbooks.values()
    assert "   - <https://runbooks.example/pay>\n   - <https://runbooks.example/pay-page>\n" in text


def of_specification(name: str) -> str:
    """An example of the OpenSLO specification as it is."""
    return (EXAMPLES / "openslo" / f"{name}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "mistakes"),
    [
        (
            "slo-with-inlined-sli",
            [
                f"a.yaml:19:19: spec.indicator.spec.ratioMetric.good.{ANY_SOURCE}".replace("Any", "Datadog"),
                f"a.yaml:25:19: spec.indicator.spec.ratioMetric.total.{ANY_SOURCE}".replace("Any", "Datadog"),
            ],
        ),
        (
            "examples-timeslices-week",
            [
                f"a.yaml:17:19: spec.indicator.spec.ratioMetric.good.{ANY_SOURCE}",
                f"a.yaml:22:19: spec.indicator.spec.ratioMetric.total.{ANY_SOURCE}",
                "a.yaml:29:20: spec.timeWindow[0].calendar.startTime: 2022-01-01, a Saturday: expected a Monday, on "
                "which weeks begin here",
            ],
        ),
        (
            "examples-timeslices-month",
            [
                f"a.yaml:19:19: spec.indicator.spec.ratioMetric.good.{ANY_SOURCE}",
                f"a.yaml:24:19: spec.indicator.spec.ratioMetric.total.{ANY_SOURCE}",
                "a.yaml:28:17: spec.timeWindow[0].duration: '1m' by the calendar, expected one of 1w, 7d, 1M, 1Q, 3M",
            ],
        ),
        ("data-source", ["a.yaml:1:1: no SLO in the files, expected at least one"]),
    ],
)
def test_what_cannot_be_said_is_a_mistake_at_its_place(name: str, mistakes: list[str], tmp_path: Path) -> None:
    assert refused(tmp_path, of_specification(name)) == mistakes


REDSHIFT = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: it}
spec:
  service: api
  indicator:
    metadata: {name: it}
    spec:
      METRIC
  objectives: [{op: lt, value: 5, target: 0.99}]
"""


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("threshold-metric", "metricSourceRef: no DataSource 'redshift-datasource' in the files, expected one that is"),
        ("threshold-metric-without-data-source", "type: a data source of type 'Redshift', expected Prometheus"),
    ],
)
def test_the_specifications_threshold_metrics_are_of_no_prometheus(name: str, mistake: str, tmp_path: Path) -> None:
    metric = re.sub("(?m)^", "      ", of_specification(name)).strip()
    (found,) = refused(tmp_path, REDSHIFT.replace("METRIC", metric))
    assert f"spec.indicator.spec.thresholdMetric.metricSource.{mistake}" in found


def test_the_specifications_objects_that_no_slo_refers_to_are_listed(tmp_path: Path) -> None:
    names = ["data-source", "alert-condition", "alert-notification-target-email", "alert-notification-target-slack"]
    slo = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: it}
spec:
  service: api
  indicator:
    spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: max(x)}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: 28d, isRolling: true}]
  objectives: [{op: lt, value: 5, target: 0.99}]
"""
    found = imported(tmp_path, slo, *(of_specification(name) for name in names))
    listed = lines(found.left).splitlines()
    assert listed == [
        "b.yaml:4: metadata: no SLO refers to it",
        "b.yaml:7: spec: no SLO refers to it",
        "c.yaml:4: metadata: no SLO refers to it",
        "c.yaml:7: spec: no SLO refers to it",
        "d.yaml:4: metadata: receivers belong to an environment: stacks/Pulumi.<env>.yaml",
        "d.yaml:6: spec: receivers belong to an environment: stacks/Pulumi.<env>.yaml",
        "e.yaml:4: metadata: receivers belong to an environment: stacks/Pulumi.<env>.yaml",
        "e.yaml:6: spec: receivers belong to an environment: stacks/Pulumi.<env>.yaml",
    ]


def test_the_specifications_policy_with_a_condition_in_it_pages(tmp_path: Path) -> None:
    slo = REDSHIFT.replace("METRIC", "thresholdMetric: {metricSource: {type: Prometheus, spec: max(x)}}")
    found = imported(
        tmp_path,
        f"{slo}  alertPolicies: [{{alertPolicyRef: AlertPolicy}}]\n",
        of_specification("alert-policy-with-condition"),
    )
    assert "alerting: {page: critical, ticket: none}" in found.slo_files["api"]
    for key in ("op", "threshold", "lookbackWindow", "alertAfter"):
        assert f"spec.conditions[0].spec.condition.{key}: burn rates and windows are those of" in lines(found.left)
    assert "b.yaml:25: spec.notificationTargets: receivers belong to an environment" in lines(found.left)

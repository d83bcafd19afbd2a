"""The JSON Schema accepts what the loader accepts, and refuses what is wrong in shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slostack import plain_yaml
from slostack.spec import parse_service, slo_file_schema
from slostack.spec.sli import KINDS
from tests.unit.spec.files import RIGHT, Mistake, table
from tests.unit.spec.schemas import ROOT, schemas

VALIDATOR = Draft202012Validator(slo_file_schema())
BEYOND_A_SCHEMA = (
    "again (first",
    "one of google, workbook",
    "nothing to alert on",
    "beside it",
    "which is no probe",
    "expected a regular expression (RE2)",
    "another alert of the service",
    "a cause of no lower severity",
    "another name",
    "another title",
    "fewer events than all",
    "which every or no",
    "all scraped as often",
    "a query that keeps it",
    "a label that both have",
    "in the file",
    "is not PromQL",
    "plain selector",
    "name one metric",
    "range or text",
    "is a scalar",
    "with its own ranges",
    "no file runbooks/",
    "times the budget",
    "no longer than",
    "four scrapes",
    "so that a warning comes first",
    "a rolling window from",
    "whole 5m",
    "at most a hundred years",
    "base name",
    "a matcher on `le`",
    "without {{",
    "a word of its own",
    "which is no bucket bound",
    "four samples",
    "multiple of 5m",
    "with a range",
    "with the regular expression",
    "never ends",
    "between them",
    "at most 7d",
    "whole minutes",
    "has the name of the count",
    "from which A fires",
    "(Bad day",
    "counts weekdays",
    "by which it is grouped",
    "'{}' (text), expected a log query",
    "a finite number",
    ": nan, expected",
    "'101%' (text)",
    "'../x.md'",
    "'/x.md'",
    "of a notice",
    "15m to 4d",
    "'2026-02-30'",
)
"""What only the loader knows: names that are taken, PromQL, other files, what JSON lacks, and how keys go together."""
MISTAKES = table()


def schema_mistakes(data: Any) -> list[str]:
    """What the schema says of an SLO file's data; a day is text to an editor."""
    attested = json.loads(json.dumps(data.get("attested"), default=str))
    written = {**data, "attested": attested} if attested is not None else data
    return [error.message for error in VALIDATOR.iter_errors(written)]


def test_the_committed_schemas_are_those_of_the_models() -> None:
    for path, text in schemas().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, "python -m tests.unit.spec.schemas writes it anew"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(slo_file_schema())


@pytest.mark.parametrize("path", sorted((ROOT / "slos").glob("*.yaml")), ids=lambda path: path.name)
def test_the_schema_accepts_the_services(path: Path) -> None:
    assert schema_mistakes(plain_yaml.load(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "sli",
    [
        "{events: {good: g, total: t}}",
        "{latency: {histogram: h, threshold: 0.25}}",
        "{latency: {histogram: h, threshold: 60s}, up: up}",
        "{latency: {histogram: h, threshold: 60s, buckets: [30, 1m, 120.5]}}",
        "{latency: {native_histogram: h, threshold: 300ms}}",
        "{uptime: 'probe_success{job=\"api/health\"}'}",
        "{slices: {quantile: 0.95, histogram: h, below: 0.2}}",
        "{slices: {length: 300s, quantile: 0.95, native_histogram: h, at_least: 1}}",
        "{slices: {length: 1m, bad: b, total: t, at_most: 0.01}}",
        "{slices: {length: 1h, good: g, total: t, above: 0.99}}",
        "{slices: {value: max(queue_depth), below: 100}}",
        "{logs: {bad: '{a=\"b\"} | json | status >= 500', total: ' {a=\"b\"}'}, up: up}",
        "{queries: {bad: 'sum(increase(b[$window]))', total: 'sum(increase(t[$window]))'}}",
        "{queries: {error_ratio: 'avg(avg_over_time(x[$window]))'}}",
    ],
)
def test_the_schema_accepts_every_kind_of_sli(sli: str) -> None:
    data = plain_yaml.load(RIGHT)
    data["slos"][0]["sli"] = plain_yaml.load(sli)
    assert schema_mistakes(data) == []
    assert parse_service(plain_yaml.dump(data), "api.yaml").slos[0].sli.kind


def test_the_schema_accepts_what_is_attested_and_covered() -> None:
    keys = (
        "attested: {logging: {date: 2026-10-02, link: 'https://a.example'}}\ncoverage: {redis: none, worker: {name: W}}"
    )
    assert schema_mistakes(plain_yaml.load(f"{RIGHT}{keys}")) == []
    assert parse_service(f"{RIGHT}{keys}", "api.yaml").attested


@pytest.mark.parametrize(
    "keys",
    [
        "{group_by: [route, instance], group_limit: 1000, labels: {journey: pay}}",
        "{maintenance: [{cron: '0 2 * * 0', duration: 2h}, {cron: '*/30 1-3,5 1,L JAN-MAR MON-FRI', duration: 10m}]}",
        "{alerting: {page: none, least_failures: 3, absence: {}, spent: {}}}",
        "{alerting: {absence: {for: 30m, severity: low}, spent: {share: 50.5, severity: high}}}",
        "{window: week}",
        "{window: 1h5m}",
    ],
)
def test_the_schema_accepts_what_an_slo_may_have(keys: str) -> None:
    data = plain_yaml.load(RIGHT)
    data["slos"][0] |= plain_yaml.load(keys)
    assert schema_mistakes(data) == []
    assert parse_service(plain_yaml.dump(data), "api.yaml").slos


@pytest.mark.parametrize(
    "mistake",
    [m for m in MISTAKES if not any(phrase in said for phrase in BEYOND_A_SCHEMA for said in m.said)],
    ids=str,
)
def test_the_schema_refuses_what_the_loader_refuses(mistake: Mistake) -> None:
    assert schema_mistakes(plain_yaml.load(mistake.text))


def test_most_mistakes_are_within_the_schemas_reach() -> None:
    beyond = [m for m in MISTAKES if any(phrase in said for phrase in BEYOND_A_SCHEMA for said in m.said)]
    assert len(beyond) < len(MISTAKES) / 2


def described(schema: Any, path: str = "") -> list[tuple[str, bool]]:
    """Every property of a schema by its path, but for those of conditions, and whether it says what it is."""
    if isinstance(schema, list):
        return [found for item in schema for found in described(item, path)]
    if not isinstance(schema, dict):
        return []
    own = [(f"{path}.{name}", "description" in value) for name, value in schema.get("properties", {}).items()]
    inner = ((key, value) for key, value in schema.items() if key != "if")
    return own + [found for key, value in inner for found in described(value, f"{path}.{key}")]


def test_an_editor_can_explain_every_key() -> None:
    properties = described(slo_file_schema())
    assert len(properties) > 40
    assert [path for path, explained in properties if not explained] == []


def test_defaults_and_choices_are_as_people_write_them() -> None:
    assert '"null"' not in json.dumps(slo_file_schema())
    definitions = slo_file_schema()["$defs"]
    assert definitions["Slo"]["properties"]["window"]["default"] == "30d"
    assert definitions["Scrape"]["properties"]["interval"]["default"] == "15s"
    assert definitions["Alert"]["properties"]["severity"]["enum"] == ["critical", "high", "medium", "low"]
    assert definitions["Alerting"]["properties"]["policy"]["anyOf"][0]["enum"] == ["google", "workbook"]
    assert definitions["Alerting"]["properties"]["policy"]["default"] == "google"
    assert definitions["Sli"]["oneOf"] == [{"required": [kind]} for kind in KINDS]
    assert all(definition["additionalProperties"] is False for definition in definitions.values())

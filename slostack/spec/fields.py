"""The field types of the SLO file's model: what a name, a runbook, an objective may be."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from slostack import names
from slostack.spec.quantities import DURATION_SCHEMA, Duration, mismatch
from slostack.spec.source import describe
from slostack.spec.syntax import parse_promql, quoted

HIGHEST_OBJECTIVE = 99.99999
"""Above it the error budget is less than a third of a second a month."""

SHORTEST_RENOTIFICATION, LONGEST_RENOTIFICATION = Duration(15 * 60), Duration(4 * 86400)
"""Alertmanager looks at a group of low alerts every 15 minutes, and forgets after five days what it has sent."""

NAME_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_LABEL = r"[a-zA-Z_][a-zA-Z0-9_]{0,62}"
_RUNBOOK = r"^[A-Za-z0-9._/-]{0,200}[A-Za-z0-9_-]\.md$"
_WORDS_OF_PROMQL = ("inf", "nan", "without")
_MILLISECONDS = "[1-9][0-9]{0,8}ms"
_QUOTED = r"(?:\"(?:[^\"\\]|\\.)*\"|`[^`]*`)"
_STREAM = re.compile(rf"\{{\s*\w+\s*(?:=~?|!~|!=)\s*{_QUOTED}[^{{]*?\}}\s*($|[|!#])")
_LOG_REGEX = re.compile(rf"(?:=~|!~|\|~)\s*({_QUOTED})|{_QUOTED}")
"""The regular expressions of a log query; other quoted text is passed over, as it may look like them."""
FILLED_RUNBOOKS = "generated"
"""The folder below runbooks/ of what is filled in from the shared ones."""
_OWN_FILES = ("slostack", "slostack-thanos", "overview", "probes", "clusters")
"""Names of generated files that belong to no service."""
_CUSTOM_FILES = "custom-"


def _service_name(value: str) -> str:
    shared = map(names.shared_page, names.SHARED_PAGES)
    if value in (*_OWN_FILES, *shared) or value.startswith(_CUSTOM_FILES):
        raise mismatch(describe(value), "another name; files of this one belong to slostack itself")
    return value


def _alert_name(value: str) -> str:
    if value in names.SLO_ALERTS:
        raise mismatch(describe(value), "another name; this one is an SLO's own")
    return value


def _cause(value: str) -> str:
    if value in names.SLO_ALERTS:
        expected = f"{names.BURN_ALERT} with the name of the SLO whose pages are meant, or another alert"
        raise mismatch(describe(value), expected)
    return value


def _job_name(value: str) -> str:
    if value in (*names.SERVER_JOBS, *names.COLLECTOR_JOBS, *names.THANOS_JOBS):
        raise mismatch(describe(value), "another name; the stack itself is scraped by this one")
    return value


def _plain(value: str) -> str:
    if "{{" in value:
        raise mismatch(describe(value), "plain text without {{; only the texts of alerts are templates")
    return value


def _url(value: str) -> str:
    from pydantic import AnyHttpUrl  # imports much that a file without links doesn't need

    try:
        AnyHttpUrl(value)
    except ValidationError:
        raise mismatch(describe(value), "an http or https URL") from None
    return value


def _objective(value: float) -> float:
    if not 0 < value <= HIGHEST_OBJECTIVE:
        found = "100, which leaves no error budget" if value == 100 else f"{value:.12g}"
        raise mismatch(found, f"a percentage above 0 and at most {HIGHEST_OBJECTIVE}, such as 99.9")
    return value


def _quantile(value: float) -> float:
    if not 0 < value < 1:
        raise mismatch(f"{value:.12g}", "a quantile above 0 and below 1, such as 0.95")
    return value


def _label(value: str) -> str:
    if not re.fullmatch(_LABEL, value):
        raise mismatch(describe(value), "a label's name: letters, digits and _, such as route")
    if value.lower() in _WORDS_OF_PROMQL:
        raise mismatch(describe(value), "another label; PromQL takes this one for a word of its own")
    if value in names.RESERVED_LABELS or value.startswith("__"):
        raise mismatch(describe(value), "another label; the generator, Prometheus or Alertmanager sets this one")
    return value


def _annotation(value: str) -> str:
    if not re.fullmatch(_LABEL, value):
        raise mismatch(describe(value), "an annotation's name: letters, digits and _, such as log_search")
    if value in names.ANNOTATIONS:
        raise mismatch(describe(value), "another annotation; the generator writes this one")
    return value


def _label_schema() -> dict[str, Any]:
    return {"type": "string", "pattern": f"^(?!__){_LABEL}$", "not": {"enum": sorted(names.RESERVED_LABELS)}}


def with_label_names(schema: dict[str, Any]) -> None:
    """Adds to the JSON Schema of a mapping that its keys are names of labels."""
    schema["propertyNames"] = _label_schema()


def with_annotation_names(schema: dict[str, Any]) -> None:
    """Adds to the JSON Schema of a mapping that its keys are names of annotations."""
    schema["propertyNames"] = {"type": "string", "pattern": f"^{_LABEL}$", "not": {"enum": [*names.ANNOTATIONS]}}


def _log_query(value: str) -> str:
    expected = """a log query that begins with a stream selector, such as {service="api"} |= "error\""""
    if re.search(r"\[[^\]\"`]*\]\s*$", value):
        raise mismatch(f"{describe(value)} with a range", "a log query alone; the generator counts its lines")
    if not _STREAM.match(value):
        raise mismatch(describe(value), expected)
    for found in _LOG_REGEX.finditer(value):
        if found[1] and not _is_regex(found[1]):
            raise mismatch(
                f"{describe(value)} with the regular expression {found[1]}", "one that Loki understands (RE2)"
            )
    return value


def _is_regex(written: str) -> bool:
    """Whether a quoted text is a regular expression; Loki's parser doesn't look, its ruler fails each minute."""
    try:
        parse_promql(f"x{{y=~{written}}}")
    except ValueError:
        return False
    return True


def _regex(value: str) -> str:
    if not _is_regex(quoted(value)):
        raise mismatch(describe(value), "a regular expression (RE2)")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 < value < float("inf"):
            raise mismatch(f"{value}", "a positive bucket bound")
        return float(value)
    if isinstance(value, str) and re.fullmatch(_MILLISECONDS, value):
        return int(value.removesuffix("ms")) / 1000
    try:
        return float(Duration.parse(value).seconds)
    except PydanticCustomError:
        raise mismatch(describe(value), "seconds (0.2) or a duration (200ms, 60s)") from None


def _renotify(value: Duration) -> Duration:
    if not SHORTEST_RENOTIFICATION <= value <= LONGEST_RENOTIFICATION:
        expected = f"{SHORTEST_RENOTIFICATION} to {LONGEST_RENOTIFICATION}, within which Alertmanager can tell"
        raise mismatch(f"{value}", expected)
    return value


def _runbook(value: str, info: ValidationInfo) -> str:
    path = PurePosixPath(value)
    if not re.fullmatch(_RUNBOOK, value) or path.is_absolute() or ".." in path.parts:
        raise mismatch(describe(value), "a Markdown file below runbooks/, such as api/service-down.md")
    folder = (info.context or {}).get("runbooks")
    if folder is not None and not (folder / path).is_file():
        raise mismatch(f"no file runbooks/{path}", "an existing runbook (Markdown) below runbooks/")
    return str(path)


def filled_runbook(service: str, page: str) -> str:
    """A shared runbook as it is filled in for a service, below runbooks/."""
    return f"{FILLED_RUNBOOKS}/{service}/{page}.md"


def burn_runbook(service: str) -> str:
    """The runbook of a service's SLOs that name none, below runbooks/."""
    return f"{service}/error-budget-burn.md"


Text = Annotated[
    str, StringConstraints(min_length=1, strip_whitespace=True), Field(json_schema_extra={"pattern": r"\S"})
]
PlainText = Annotated[Text, AfterValidator(_plain)]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=63)]
ServiceName = Annotated[Name, AfterValidator(_service_name)]
AlertName = Annotated[
    str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=63), AfterValidator(_alert_name)
]
Cause = Annotated[
    str,
    StringConstraints(pattern=rf"^[A-Z][A-Za-z0-9]*( {NAME_PATTERN[1:-1]})?$", max_length=80),
    AfterValidator(_cause),
]
"""What silences others: an alert, or `ErrorBudgetBurn <slo>`, the pages of an SLO."""
JobName = Annotated[Text, AfterValidator(_job_name)]
Url = Annotated[str, AfterValidator(_url), WithJsonSchema({"type": "string", "pattern": "^https?://"})]
Regex = Annotated[str, StringConstraints(min_length=1), AfterValidator(_regex)]
Status = Annotated[int, Field(ge=100, le=599)]
UrlPath = Annotated[str, StringConstraints(pattern=r"^/\S*$")]
Runbook = Annotated[str, AfterValidator(_runbook), WithJsonSchema({"type": "string", "pattern": _RUNBOOK})]
Renotify = Annotated[Duration, AfterValidator(_renotify)]
Objective = Annotated[
    float,
    AfterValidator(_objective),
    WithJsonSchema(
        {"type": "number", "exclusiveMinimum": 0, "maximum": HIGHEST_OBJECTIVE, "examples": [95, 99, 99.9, 99.95]}
    ),
]
Quantile = Annotated[
    float,
    AfterValidator(_quantile),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "examples": [0.95]}),
]
LabelName = Annotated[
    str, AfterValidator(_label), Field(json_schema_extra=lambda schema: schema.update(_label_schema()))
]
AnnotationName = Annotated[str, AfterValidator(_annotation)]
Limit = Annotated[float, Field(allow_inf_nan=False)]
LogQuery = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_log_query),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\{", "examples": ['{service="api"} |= "error"']}),
]
Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "examples": [0.5]},
                {"type": "string", "pattern": f"^{_MILLISECONDS}$", "examples": ["200ms"]},
                DURATION_SCHEMA,
            ]
        }
    ),
]

"""The scalar types of an SLO file: durations, PromQL expressions and selectors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Literal, Self

import promql_parser
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from slostack.spec import syntax
from slostack.spec.source import describe, shorten
from slostack.spec.syntax import TEXT, parse_promql, quoted

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile("".join(rf"(?:([0-9]{{1,9}}){unit})?" for unit in _UNITS))
DURATION_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": "^(?=.*[1-9])" + "".join(f"([0-9]{{1,9}}{unit})?" for unit in _UNITS) + "$",
    "examples": ["30s", "5m", "1h30m", "30d"],
}
_LONGEST = 100 * 365 * 86400
_MOST_CHARACTERS = 4_000
WINDOW_PLACEHOLDER = "$window"
_PLACEHOLDER = r"\$window\b"
_RANGE_OF_IT = re.compile(rf"{TEXT}|(?P<range>\[\s*{_PLACEHOLDER}\s*[\]:])", re.DOTALL)


def mismatch(found: str, expected: str, *at: str | int) -> PydanticCustomError:
    """The error of a value that is not what its key expects; `{found}, expected {expected}`.

    A check of a whole mapping says by keys and list indexes where `at` in it something is to be changed.
    """
    context = {"found": found, "expected": expected, "at": at}
    return PydanticCustomError("mismatch", "{found}, expected {expected}", context)


def _text_schema(parse: Any, serialise: Any) -> CoreSchema:
    return core_schema.no_info_plain_validator_function(
        parse, serialization=core_schema.plain_serializer_function_ser_schema(serialise)
    )


@dataclass(frozen=True, order=True)
class Duration:
    """A length of time in whole seconds, written as Prometheus writes it (`90s`, `5m`, `1h30m`, `30d`)."""

    seconds: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """A Duration from its text; raises PydanticCustomError for anything else and for zero."""
        if isinstance(text, cls):
            return text
        match = _DURATION.fullmatch(text) if isinstance(text, str) else None
        if not match or not text:
            raise mismatch(describe(text), "a duration such as 30s, 5m, 1h30m or 30d")
        seconds = sum(int(n) * unit for n, unit in zip(match.groups("0"), _UNITS.values(), strict=True))
        if seconds == 0:
            raise mismatch("a duration of zero", "a positive one such as 30s, 5m, 1h30m or 30d")
        if seconds > _LONGEST:
            raise mismatch(describe(text), "a duration of at most a hundred years")
        return cls(seconds)

    def __str__(self) -> str:
        return _written(self.seconds)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _text_schema(cls.parse, str)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(DURATION_SCHEMA)


@lru_cache(maxsize=1024)
def _written(seconds: int) -> str:
    rest, text = seconds, ""
    for unit, size in _UNITS.items():
        if unit != "w" and rest >= size:
            text += f"{rest // size}{unit}"
            rest %= size
    return text


_ANY_WINDOW = Duration(300)


def _parsed(text: object, expected: str, parsed_as: str | None = None) -> tuple[str, promql_parser.Expr]:
    """Written PromQL and its syntax tree; raises PydanticCustomError, for what would overwhelm the parser too."""
    if not isinstance(text, str) or not text.strip():
        raise mismatch(describe(text), expected)
    if len(text) > _MOST_CHARACTERS:
        raise mismatch(f"an expression of {len(text):,} characters", f"at most {_MOST_CHARACTERS:,}")
    try:
        return text.strip(), parse_promql(parsed_as or text)
    except ValueError as error:
        raise mismatch(f"{shorten(repr(text))} is not PromQL ({error})", expected) from None


def _is_range_or_text(tree: promql_parser.Expr) -> bool:
    if isinstance(tree, promql_parser.ParenExpr):
        return _is_range_or_text(tree.expr)
    return isinstance(tree, promql_parser.MatrixSelector | promql_parser.SubqueryExpr | promql_parser.StringLiteral)


def _is_windowed(text: str) -> bool:
    return any(found["range"] for found in _RANGE_OF_IT.finditer(text))


def _over(text: str, window: Duration) -> str:
    return syntax.outside(TEXT, _PLACEHOLDER, str(window), text)


Placeholder = Literal["none", "optional", "required"]
"""Whether an expression has a $window."""


class PromQL(str):
    """A PromQL expression that has been parsed; its text as written."""

    __slots__ = ()
    placeholder: ClassVar[Placeholder] = "none"

    @classmethod
    def parse(cls, text: object) -> Self:
        """The expression; raises PydanticCustomError where it isn't text, doesn't parse or has no value per series."""
        if isinstance(text, str) and cls.placeholder == "required" and not _is_windowed(text):
            found = f"{shorten(repr(text))} has no [{WINDOW_PLACEHOLDER}]"
            raise mismatch(found, f"an expression over a range [{WINDOW_PLACEHOLDER}]")
        if isinstance(text, str) and cls.placeholder == "none" and WINDOW_PLACEHOLDER in text:
            raise mismatch(f"{WINDOW_PLACEHOLDER} in {shorten(repr(text))}", "an expression with its own ranges")
        parsed_as = _over(text, _ANY_WINDOW) if isinstance(text, str) else None
        written, tree = _parsed(text, "a PromQL expression", parsed_as)
        if _is_range_or_text(tree):
            raise mismatch(f"{shorten(repr(text))} is a range or text", "an expression with one value per series")
        if cls.placeholder != "none" and syntax.is_scalar(tree):
            raise mismatch(f"{shorten(repr(text))} is a scalar", "an expression with one value per series")
        return cls(written)

    @property
    def labels(self) -> syntax.Labels:
        """Which labels its results can have."""
        return syntax.labels(parse_promql(_over(self, _ANY_WINDOW)))

    def loses(self, label: str) -> bool:
        """Whether its results can't have a label."""
        return self.labels.loses(label)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _text_schema(cls.parse, str)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "examples": ["up == 0"]}


class WindowedPromQL(PromQL):
    """PromQL that counts events over a range `[$window]`."""

    __slots__ = ()
    placeholder: ClassVar[Placeholder] = "required"

    def over(self, window: Duration) -> str:
        """The expression over one window, to be put into another: a comment ends with its line."""
        return _over(self, window) + ("\n" if "#" in self else "")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        examples = ["sum(increase(failures_total[$window]))"]
        return {"type": "string", "pattern": r"\[\s*\$window\s*[\]:]", "examples": examples}


class SlicePromQL(WindowedPromQL):
    """PromQL that judges a slice of time: as it is at the slice's end, or over a range `[$window]`."""

    __slots__ = ()
    placeholder: ClassVar[Placeholder] = "optional"

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "examples": ["max(queue_depth)", "avg(avg_over_time(lag[$window]))"]}


@dataclass(frozen=True, order=True)
class Matcher:
    """One label matcher of a selector: label, operator (`=`, `!=`, `=~`, `!~`) and value."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        label = self.label if _LEGACY_NAME.fullmatch(self.label) and ":" not in self.label else quoted(self.label)
        return f"{label}{self.operator}{quoted(self.value)}"

    def selects(self, value: str) -> bool:
        """Whether a label's value matches; a regular expression as Python reads it."""
        found = re.fullmatch(self.value, value, re.DOTALL) if "~" in self.operator else self.value == value
        return bool(found) != self.operator.startswith("!")

    @property
    def named(self) -> tuple[str, ...]:
        """The values that it selects, where it names each of them."""
        if self.operator == "=":
            return (self.value,)
        parts = self.value.split("|")
        if self.operator != "=~" or not all(map(_PLAIN.fullmatch, parts)):
            return ()
        return tuple(re.sub(r"\\(.)", r"\1", part) for part in parts)


_PLAIN = re.compile(r"(?:[\w:/-]|\\\W)+")
"""A regular expression that matches one text."""
_LEGACY_NAME = re.compile("[a-zA-Z_:][a-zA-Z0-9_:]*")
"""A name that PromQL reads without quotes."""
_METRIC_NAME = "__name__"
_SELECTOR_EXAMPLE = 'a selector such as http_requests_total{job="api"}'
_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


def matchers_of(tree: promql_parser.VectorSelector) -> tuple[Matcher, ...]:
    """The matchers of a selector in a syntax tree; of its name only where that is written as one."""
    return tuple(Matcher(m.name, _OPERATORS[str(m.op).split(".")[-1]], m.value) for m in tree.matchers.matchers)


@dataclass(frozen=True)
class Selector:
    """An instant vector selector with a metric name, without offset or range: `metric{label="value"}`."""

    metric: str
    matchers: tuple[Matcher, ...] = ()

    @classmethod
    def parse(cls, text: object) -> Self:
        """The selector; raises PydanticCustomError where the text is any other expression."""
        if isinstance(text, cls):
            return text
        written, tree = _parsed(text, _SELECTOR_EXAMPLE)
        shown = shorten(repr(written))
        if not isinstance(tree, promql_parser.VectorSelector):
            raise mismatch(f"{shown} is not a plain selector", _SELECTOR_EXAMPLE)
        if tree.offset is not None or tree.at is not None or tree.matchers.or_matchers:
            raise mismatch(f"{shown} has an offset, @ or an `or`", "a plain selector; the generator owns the times")
        if (found := cls.of(tree)) is None:
            raise mismatch(f"{shown} doesn't name one metric", _SELECTOR_EXAMPLE)
        return found

    @classmethod
    def of(cls, tree: promql_parser.VectorSelector) -> Self | None:
        """The selector in a syntax tree, without its offset or @; None where it doesn't name one metric."""
        matchers = matchers_of(tree)
        names = [m for m in matchers if m.label == _METRIC_NAME]
        if not tree.name and [m.operator for m in names] != ["="]:
            return None
        return cls(tree.name or names[0].value, tuple(m for m in matchers if m not in names))

    def where(self, *more: Matcher) -> Selector:
        """The selector narrowed by further matchers."""
        return Selector(self.metric, self.matchers + more)

    def covers(self, other: Selector) -> bool:
        """Whether it selects all that another one does, as far as their matchers tell."""
        values = {matcher.label: matcher.value for matcher in other.matchers if matcher.operator == "="}
        return self.metric == other.metric and all(
            matcher in other.matchers or (matcher.label in values and matcher.selects(values[matcher.label]))
            for matcher in self.matchers
        )

    def each(self, label: str) -> tuple[Selector, ...]:
        """The selector for each value of a label that it names; itself where it names none."""
        found = next((matcher for matcher in self.matchers if matcher.label == label and matcher.named), None)
        if found is None:
            return (self,)
        rest = tuple(matcher for matcher in self.matchers if matcher is not found)
        return tuple(Selector(self.metric, (Matcher(label, "=", value), *rest)) for value in found.named)

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        matchers = ",".join(map(str, self.matchers))
        if _LEGACY_NAME.fullmatch(self.metric):
            return f"{self.metric}{{{matchers}}}" if matchers else self.metric
        return f"{{{quoted(self.metric)}{',' if matchers else ''}{matchers}}}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _text_schema(cls.parse, str)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "minLength": 1,
            "examples": ['http_requests_total{job="api",status=~"5.."}'],
        }

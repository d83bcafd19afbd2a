"""The scalar types of an SLO file: durations, PromQL expressions and selectors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import promql_parser
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
WINDOW_PLACEHOLDER = "$window"


def mismatch(found: str, expected: str) -> PydanticCustomError:
    """The error of a value that is not what its key expects; `{found}, expected {expected}`."""
    return PydanticCustomError("mismatch", "{found}, expected {expected}", {"found": found, "expected": expected})


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
            raise mismatch(f"{text!r} is not a duration", "one such as 30s, 5m, 1h30m or 30d")
        seconds = sum(int(n) * unit for n, unit in zip(match.groups("0"), _UNITS.values(), strict=True))
        if seconds == 0:
            raise mismatch("a duration of zero", "a positive one such as 30s, 5m, 1h30m or 30d")
        return cls(seconds)

    def __str__(self) -> str:
        rest, text = self.seconds, ""
        for unit, size in _UNITS.items():
            if unit != "w" and rest >= size:
                text += f"{rest // size}{unit}"
                rest %= size
        return text

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _text_schema(cls.parse, str)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": r"^(?=.*[1-9])(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?$",
            "examples": ["5m", "30d"],
        }


@lru_cache(maxsize=4096)
def parse_promql(text: str) -> promql_parser.Expr:
    """The syntax tree of a PromQL expression; raises PydanticCustomError with the parser's reason."""
    try:
        return promql_parser.parse(text)
    except ValueError as error:
        raise mismatch(f"{text!r} is not PromQL ({error})", "a valid expression") from None


class PromQL(str):
    """A PromQL expression that has been parsed; its text as written."""

    __slots__ = ()
    placeholder = False

    @classmethod
    def parse(cls, text: object) -> Self:
        """The expression; raises PydanticCustomError where it isn't text or doesn't parse."""
        if not isinstance(text, str) or not text.strip():
            raise mismatch(f"{text!r} is not text", "a PromQL expression")
        if cls.placeholder and WINDOW_PLACEHOLDER not in text:
            raise mismatch(
                f"{text!r} has no {WINDOW_PLACEHOLDER}", f"an expression over a range [{WINDOW_PLACEHOLDER}]"
            )
        if not cls.placeholder and WINDOW_PLACEHOLDER in text:
            raise mismatch(f"{WINDOW_PLACEHOLDER} in {text!r}", "an expression with its own ranges")
        parse_promql(text.replace(WINDOW_PLACEHOLDER, "5m"))
        return cls(text.strip())

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _text_schema(cls.parse, str)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


class WindowedPromQL(PromQL):
    """PromQL that counts events over a range `[$window]`."""

    __slots__ = ()
    placeholder = True

    def over(self, window: Duration) -> str:
        """The expression over one window."""
        return self.replace(WINDOW_PLACEHOLDER, str(window))


@dataclass(frozen=True, order=True)
class Matcher:
    """One label matcher of a selector: label, operator (`=`, `!=`, `=~`, `!~`) and value."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.operator}"{escaped}"'


_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


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
        if not isinstance(text, str):
            raise mismatch(f"{text!r} is not text", 'a selector such as http_requests_total{job="api"}')
        tree = parse_promql(text)
        if not isinstance(tree, promql_parser.VectorSelector):
            raise mismatch(f"{text!r} is not a plain selector", 'one such as http_requests_total{job="api"}')
        if not tree.name:
            raise mismatch(f"{text!r} names no metric", 'a selector such as http_requests_total{job="api"}')
        if tree.offset is not None or tree.at is not None or tree.matchers.or_matchers:
            raise mismatch(f"{text!r} has an offset, @ or an `or`", "a plain selector; the generator owns the times")
        return cls(
            tree.name,
            tuple(Matcher(m.name, _OPERATORS[str(m.op).split(".")[-1]], m.value) for m in tree.matchers.matchers),
        )

    def where(self, *more: Matcher) -> Selector:
        """The selector narrowed by further matchers."""
        return Selector(self.metric, self.matchers + more)

    def __str__(self) -> str:
        return f"{self.metric}{{{','.join(map(str, self.matchers))}}}" if self.matchers else self.metric

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

"""What the parameters of signals may be, and how they are written into expressions and into texts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from slostack.spec.fields import LabelName, Name, PlainText, Seconds
from slostack.spec.quantities import DURATION_SCHEMA, Duration, Matcher, PromQL, Selector, mismatch
from slostack.spec.source import describe

_PERCENTAGE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)%")
_LIMIT = re.compile(rf"(above )?({_PERCENTAGE.pattern})")
_SIZE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)([kMGT]i?B|B)")
_ALL = 100
_POWERS = {"": 0, "k": 1, "M": 2, "G": 3, "T": 4}


@dataclass(frozen=True)
class Quantity:
    """A number with a unit: as it is written (`5%`, `800MB`), and as it is in an expression (0.05, 800000000)."""

    written: str
    number: float

    @classmethod
    def percentage(cls, value: object) -> Self:
        """`80%` is 0.8; raises PydanticCustomError for anything else."""
        if isinstance(value, cls):
            return value
        found = _PERCENTAGE.fullmatch(value) if isinstance(value, str) else None
        if not found or not 0 < float(found[1]) <= _ALL:
            raise mismatch(describe(value), "a percentage above zero and up to 100%, such as 5%")
        return cls(found[0], round(float(found[1]) / 100, 8))

    @classmethod
    def size(cls, value: object) -> Self:
        """`800MB` is 800000000; raises PydanticCustomError for anything else."""
        if isinstance(value, cls):
            return value
        found = _SIZE.fullmatch(value) if isinstance(value, str) else None
        if not found or not float(found[1]):
            raise mismatch(describe(value), "a size such as 800MB or 2GiB")
        base = 1024 if "i" in found[2] else 1000
        return cls(found[0], float(found[1]) * base ** _POWERS[found[2].rstrip("iB")])


@dataclass(frozen=True)
class Limit:
    """A percentage that is too much itself, `80%`, or of which more is, `above 80%`."""

    percentage: Quantity
    is_above: bool

    @classmethod
    def parse(cls, value: object) -> Self:
        """The limit; raises PydanticCustomError for anything else."""
        if isinstance(value, cls):
            return value
        found = _LIMIT.fullmatch(value) if isinstance(value, str) else None
        if not found:
            raise mismatch(describe(value), "a percentage such as 80%, or more than one: above 80%")
        return cls(Quantity.percentage(found[2]), bool(found[1]))

    def __str__(self) -> str:
        return f"above {self.percentage.written}" if self.is_above else self.percentage.written


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise mismatch(describe(value), "a number above zero")
    return float(value)


def _amount(value: object) -> float | Selector:
    return Selector.parse(value) if isinstance(value, str) else _number(value)


def _histogram(value: object) -> Selector:
    selector = Selector.parse(value)
    if base := re.fullmatch("(.+)_(?:bucket|count|sum)", selector.metric):
        raise mismatch(repr(selector.metric), f"the histogram's base name {base[1]!r}")
    return selector


_NUMBER = {"type": "number", "exclusiveMinimum": 0}
_SELECTOR = {"type": "string", "minLength": 1}


def _as_written(value: object) -> object:
    if isinstance(value, Quantity):
        return value.written
    return str(value) if isinstance(value, Selector | Limit) else value


_AS_WRITTEN = PlainSerializer(_as_written)


def _text(pattern: re.Pattern[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern.pattern}$"})


Size = Annotated[Any, BeforeValidator(Quantity.size), _AS_WRITTEN, _text(_SIZE)]
"""A Quantity in bytes."""

KINDS: Mapping[str, Any] = {
    "selector": Selector,
    "histogram": Annotated[Any, BeforeValidator(_histogram), _AS_WRITTEN, WithJsonSchema(_SELECTOR)],
    "amount": Annotated[Any, BeforeValidator(_amount), _AS_WRITTEN, WithJsonSchema({"anyOf": [_NUMBER, _SELECTOR]})],
    "number": Annotated[Any, BeforeValidator(_number), WithJsonSchema(_NUMBER)],
    "quantile": Annotated[Any, BeforeValidator(_number), WithJsonSchema(_NUMBER)],
    "percentage": Annotated[Any, BeforeValidator(Quantity.percentage), _AS_WRITTEN, _text(_PERCENTAGE)],
    "limit": Annotated[Any, BeforeValidator(Limit.parse), _AS_WRITTEN, _text(_LIMIT)],
    "size": Size,
    "seconds": Seconds,
    "duration": Annotated[Duration, WithJsonSchema(DURATION_SCHEMA)],
    "labels": Annotated[tuple[LabelName, ...], Field(strict=False, min_length=1)],
    "label": LabelName,
    "probe": Name,
    "text": PlainText,
    "expr": PromQL,
}
"""The types of parameters by their names in the library: of a value as an SLO file has it."""
SPOKEN: Mapping[str, Callable[[float], str]] = {
    "seconds": lambda number: f"{number:.12g}s" if number >= 1 else f"{1000 * number:.12g}ms",
    "quantile": lambda number: f"{100 * number:.12g}th percentile",
}
"""How texts say numbers of some of these types."""


@dataclass(frozen=True)
class Words:
    """What placeholders stand for: in expressions and in texts, by their names without the `$`."""

    exprs: Mapping[str, str | Selector] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    def with_(self, name: str, value: Any) -> Words:
        """These and those of one more parameter's value."""
        added = list(_written(name, value))
        return Words(
            {**self.exprs, **{word: expr for word, expr, _ in added}},
            {**self.texts, **{word: text for word, _, text in added}},
        )

    def with_those_of(self, name: str, others: Words) -> Words:
        """These and others, which are called by a name of theirs: `$http.requests`."""
        return Words(
            {**self.exprs, **{f"{name}.{word}": value for word, value in others.exprs.items()}},
            {**self.texts, **{f"{name}.{word}": value for word, value in others.texts.items()}},
        )

    def expr(self, template: str) -> str:
        """A template of PromQL filled; raises KeyError with a placeholder that has no value.

        `$name{label="value"}` narrows a selector; `[$name * 2 + 15s]` is a range that is computed.
        """
        return _RANGE.sub(_computed, _PLACEHOLDER.sub(self._in_expr, template))

    def text(self, template: str) -> str:
        """A template of a text filled; raises KeyError as `expr` does. Prometheus' own `$value` and `$labels` stay."""
        return _TEXT_PLACEHOLDER.sub(lambda found: self.texts[found[1]], template)

    def _in_expr(self, found: re.Match[str]) -> str:
        value = self.exprs[found[1]]
        matchers = found[2]
        if matchers is None:
            return str(value)
        assert isinstance(value, Selector), f"${found[1]} is no selector"
        return str(value.where(*Selector.parse(f"x{{{self.expr(matchers)}}}").matchers))


_PLACEHOLDER = re.compile(r"\$(\w+(?:\.\w+)?)(?:\{([^}]*)\})?")
_TEXT_PLACEHOLDER = re.compile(r"\$(?!value\b|labels\b)(\w+(?:\.\w+)?)")
_FACTOR = r"[0-9][0-9.]*[wdhms0-9]*"
_PRODUCT = rf"{_FACTOR}(?: \* {_FACTOR})*"
_RANGE = re.compile(rf"\[({_PRODUCT}(?: \+ {_PRODUCT})*)(?=[\]:])")


def _computed(found: re.Match[str]) -> str:
    if " " not in found[1]:
        return found[0]
    return f"[{Duration(round(sum(map(_product, found[1].split(' + ')))))}"


def _product(text: str) -> float:
    result = 1.0
    for factor in text.split(" * "):
        result *= float(factor) if factor[-1].isdigit() else Duration.parse(factor).seconds
    return result


def _written(name: str, value: Any) -> Iterator[tuple[str, str | Selector, str]]:
    """The placeholders of a parameter: the name, what it is in an expression, and in a text; there an expression is its
    value at the moment."""
    match value:
        case Selector():
            yield name, value, value.metric
            for suffix in ("bucket", "count", "sum"):
                yield f"{name}_{suffix}", Selector(f"{value.metric}_{suffix}", value.matchers), value.metric
            yield f"{name}_absent", " or ".join(f"absent({each})" for each in value.each("job")), value.metric
        case Duration():
            yield name, str(value), str(value)
            yield f"{name}_seconds", str(value.seconds), str(value.seconds)
        case Quantity():
            yield name, f"{value.number:.12g}", value.written
        case Limit(percentage=Quantity(written=written, number=number), is_above=is_above):
            yield name, f"{number:.12g}", written
            sign, said = (">", f"more than {written}") if is_above else (">=", f"{written} or more")
            yield f"{name}_reached", f"{sign} {number:.12g}", said
        case float():
            yield name, f"{value:.12g}", f"{value:,.12g}"
        case tuple():
            yield name, ", ".join(value), " ".join(f"{{{{ $labels.{label} }}}}" for label in value)
        case Matcher():
            yield name, str(value), value.value
        case PromQL():
            queried = f"{{{{ with query {json.dumps(value)} }}}}{{{{ . | first | value | humanize }}}}{{{{ end }}}}"
            yield name, f"({value})", queried
        case str():
            yield name, value, value

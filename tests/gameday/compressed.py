"""Rules and configs in compressed time: an hour of theirs is played in an hour divided by the clock's factor.

Every duration that Prometheus, Alertmanager and Loki go by is divided: intervals, time-outs, `for`, ranges, offsets,
steps, group and repetition times, the lookback. All values stay as they are in real life, also those that are seconds
or times: what plays the services lives in played time, so that in a range there is exactly what there would have been
in the original range, and numbers in expressions (30 s per evaluation, events in five minutes, ages) mean what they
meant. Only what Prometheus itself reads from its clock is converted:

- `time()`, `timestamp()` and the parts of the date become those of played time;
- `rate`, `irate` and `deriv`, which are per real second, are divided by the factor; `predict_linear` looks ahead for
  as much less;
- what the stack's own servers tell of times and intervals is of real time and becomes played time.

So for every expression E and its compressed form C: if the series that C reads have at the real times what those that E
reads have at the played times, then C gives at a real time what E gives at the played one. test_compressed.py proves it
by the project's own rule fixtures, which pass in compressed time as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.gameday.clock import Clock

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_DURATION = rf"(?:{_PART.pattern.replace('(', '(?:')})+"
_TOKEN = re.compile(
    rf"""(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
        |(?P<comment>\#[^\n]*)
        |(?P<duration>{_DURATION}\b)
        |(?P<word>[A-Za-z_][\w:]*)
        |(?P<number>\d[\w.]*)
        |(?P<blank>\s+)
        |(?P<other>.)""",
    re.VERBOSE,
)
_PER_SECOND = ("rate", "irate", "deriv")
_DATE = ("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year")
_REAL_TIME = re.compile(r"(?:prometheus|alertmanager|loki)_\w+_(?P<what>timestamp|interval)_seconds")
_RULE_KEYS = ("interval", "query_offset", "for", "keep_firing_for")
_SCRAPE_KEYS = ("scrape_interval", "scrape_timeout", "evaluation_interval", "time")
_ROUTE_KEYS = ("group_wait", "group_interval", "repeat_interval", "resolve_timeout")
_DURATIONS = frozenset((*_RULE_KEYS, *_SCRAPE_KEYS, *_ROUTE_KEYS, "eval_time"))


def duration(text: str, clock: Clock) -> str:
    """A Prometheus duration in compressed time, to the millisecond."""
    assert re.fullmatch(_DURATION, text) or text == "0", f"{text!r}, expected a duration"
    milliseconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return f"{max(round(milliseconds / clock.factor), 1) if milliseconds else 0}ms"


def durations(document: Any, clock: Clock) -> Any:
    """A YAML document with all durations in compressed time, those in its PromQL too."""
    if isinstance(document, list):
        return [durations(each, clock) for each in document]
    if not isinstance(document, dict):
        return document
    return {key: _value(key, value, clock) for key, value in document.items()}


def _value(key: str, value: Any, clock: Clock) -> Any:
    if key in _DURATIONS and isinstance(value, str):
        return duration(value, clock)
    if key == "expr":
        return promql(value, clock)
    return durations(value, clock)


def promql(expr: str, clock: Clock) -> str:
    """An expression (of PromQL, or of LogQL) in compressed time."""
    return "".join(_Compression(expr, clock).all())


class _Compression:
    """Reads an expression from left to right."""

    def __init__(self, expr: str, clock: Clock) -> None:
        self._tokens = [(str(match.lastgroup), match[0]) for match in _TOKEN.finditer(expr)]
        self._at = 0
        self._clock = clock

    def all(self) -> Iterator[str]:
        """Every token of the compressed expression."""
        while self._at < len(self._tokens):
            yield self._next()

    def _next(self) -> str:
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "other" and text == "[":
            return text + "".join(self._until("]", self._range_token))
        if kind == "other" and text == "{":
            return text + "".join(self._until("}", self._as_it_is))
        if kind == "other" and text == "@":
            return text + self._blanks() + self._modifier()
        if kind != "word":
            return text
        if text == "offset":
            return text + self._blanks() + self._offset()
        if self._follows("("):
            return self._call(text)
        return self._metric(text)

    def _as_it_is(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _range_token(self) -> str:
        kind, text = self._tokens[self._at]
        self._at += 1
        return duration(text, self._clock) if kind == "duration" else text

    def _until(self, end: str, read: Callable[[], str]) -> Iterator[str]:
        while self._tokens[self._at] != ("other", end):
            yield read()
        self._at += 1
        yield end

    def _blanks(self) -> str:
        start = self._at
        while self._tokens[self._at][0] == "blank":
            self._at += 1
        return "".join(text for _, text in self._tokens[start : self._at])

    def _follows(self, other: str) -> bool:
        rest = (token for token in self._tokens[self._at :] if token[0] != "blank")
        return next(rest, None) == ("other", other)

    def _offset(self) -> str:
        sign = ""
        if self._tokens[self._at] == ("other", "-"):
            sign = self._as_it_is()
        return sign + self._range_token()

    def _modifier(self) -> str:
        kind, text = self._tokens[self._at]
        if kind == "word":
            return ""
        self._at += 1
        return f"{self._clock.real(float(text)):.3f}"

    def _call(self, function: str) -> str:
        self._blanks()
        self._at += 1
        arguments = self._arguments()
        factor = self._clock.factor
        call = f"{function}({','.join(arguments)})"
        if function in _PER_SECOND:
            return f"({call} / {factor})"
        if function in ("time", "timestamp"):
            return self._played(call)
        if function in _DATE and arguments == [""]:
            return f"{function}(vector({self._played('time()')}))"
        if function == "predict_linear":
            return f"{function}({arguments[0]}, ({arguments[1]}) / {factor})"
        return call

    def _arguments(self) -> list[str]:
        found = [""]
        while self._tokens[self._at] != ("other", ")"):
            if self._tokens[self._at] == ("other", ","):
                self._at += 1
                found.append("")
            elif self._tokens[self._at] == ("other", "("):
                self._at += 1
                found[-1] += f"({','.join(self._arguments())})"
            else:
                found[-1] += self._next()
        self._at += 1
        return found

    def _metric(self, name: str) -> str:
        of_servers = _REAL_TIME.fullmatch(name)
        if not of_servers:
            return name
        selector = name + (self._next() if self._follows("{") else "")
        return self._played(selector) if of_servers["what"] == "timestamp" else f"({selector} * {self._clock.factor})"

    def _played(self, real: str) -> str:
        start, factor = self._clock.start, self._clock.factor
        return f"({start} + ({real} - {start}) * {factor})" if start else f"({real} * {factor})"

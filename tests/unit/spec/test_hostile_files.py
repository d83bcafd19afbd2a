"""Files that are no SLO file at all, by accident or by intent: one clear line, never a traceback, and soon."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slostack.spec import SpecError, parse_service
from tests.unit.spec.files import RIGHT, mistakes, table

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: the file is empty, expected a YAML mapping"),
        ("# all of it\n# commented out\n", "1:1: the file is empty, expected a YAML mapping"),
        ("---\n", "2:1: the document is empty, expected a YAML mapping"),
        ("hello\n", "1:1: the document is 'hello' (text), expected a YAML mapping"),
        ("- service: api\n", "1:1: the document is a list, expected a YAML mapping"),
        (b"service: caf\xe9\n", "1:13: byte 0xe9 is not UTF-8, expected a UTF-8 text file"),
        (b"a: 1\nb: \xc3\xa9 \xff\n", "2:6: byte 0xff is not UTF-8, expected a UTF-8 text file"),
        ("service: api".encode("utf-16"), "1:1: byte 0xff is not UTF-8, expected a UTF-8 text file"),
        ("service: [api\n", "2:1: not YAML (did not find expected ',' or ']'), expected a YAML mapping"),
        ("a: b\n\tc: d\n", "2:1: not YAML (found a tab character that violates indentation), expected a YAML mapping"),
        ("service: {{ name }}\n", "1:11: a mapping as a key, expected a text key"),
        ("service: a\0b\n", "1:11: the unprintable character U+0000, expected text"),
        ("a: b\nc: \x1b[31m\n", "2:4: the unprintable character U+001B, expected text"),
        ("a: 1\na: 2\n", "2:1: key 'a' again (first on line 1), expected it once"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document, expected one YAML mapping per file"),
        ("1: a\n", "1:1: key 1 (a number), expected a text key"),
        ("no: a\n", "1:1: key false (a boolean), expected a text key"),
        ("? [a]\n: b\n", "1:3: a list as a key, expected a text key"),
        ("a: &a b\n*a : c\n", "2:1: an alias as a key, expected a text key"),
        ("b: &b {x: 1}\nc:\n  <<: *b\n", "3:3: a merge key (<<), expected every key written out"),
        ("a: *b\n", "1:4: not YAML (found undefined alias), expected a YAML mapping"),
        ("a: &a [*a]\n", "1:4: an alias inside its own anchor, expected plain data"),
        ("a: &a {b: {c: *a}}\n", "1:4: an alias inside its own anchor, expected plain data"),
        (
            'a: !!python/object/apply:os.system ["true"]\n',
            "1:4: the tag tag:yaml.org,2002:python/object/apply:os.system, expected plain data",
        ),
        ("a: !mine b\n", "1:4: 'b' with the tag !mine, expected plain data"),
        ("a: !!binary aGk=\n", "1:4: 'aGk=' with the tag tag:yaml.org,2002:binary, expected plain data"),
        ("a: !!set {b, c}\n", "1:4: the tag tag:yaml.org,2002:set, expected plain data"),
        ("a: !!int many\n", "1:4: 'many' is no valid int, expected plain data"),
        ("a: !!int\n", "1:4: '' is no valid int, expected plain data"),
        ("a: !!bool perhaps\n", "1:4: 'perhaps' is no valid bool, expected plain data"),
        ("a: !!timestamp soon\n", "1:4: 'soon' is no valid timestamp, expected plain data"),
        ("a: 2020-13-45\n", "1:4: '2020-13-45' is no valid timestamp, expected plain data"),
        (f"a: 0x{'f' * 4000}\n", f"1:4: 0x{'f' * 55}... is too large, expected a number below 2^63"),
        (f"a: {'9' * 5000}\n", f"1:4: '{'9' * 56}... is no valid int, expected plain data"),
        (f"a: {'[' * 100_000}", "1:53: nested deeper than 50 levels, expected plain data"),
        ("{a: " * 100_000, "1:201: nested deeper than 50 levels, expected plain data"),
        ("".join(f"{' ' * i}a:\n" for i in range(60)), "51:51: nested deeper than 50 levels, expected plain data"),
        ("a" * 1_000_001, "1:1: a file of 1,000,001 characters, expected at most 1,000,000"),
        (
            "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 90)),
            "1:5: nested deeper than 50 levels, expected plain data",
        ),
        (f"a: [{'x,' * 30_000}]\n", "1:40001: more than 20,000 values, expected fewer"),
        (BOMB, "1:4: more than 20,000 values, expected fewer"),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_no_slo_file(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert mistakes(tmp_path, text)[0] == f"slos/api.yaml:{said}"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_change_neither_the_data_nor_the_places(tmp_path: Path, line_end: str) -> None:
    wrong = RIGHT.replace("team: core", "team: 3").replace("name: Down", "name: down")
    assert mistakes(tmp_path, RIGHT.replace("\n", line_end)) == []
    assert [line.split(": ")[0] for line in mistakes(tmp_path, wrong.replace("\n", line_end))] == [
        "slos/api.yaml:3:7",
        "slos/api.yaml:16:12",
    ]


def test_a_byte_order_mark_is_no_mistake_and_moves_no_column(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "\ufeff" + RIGHT) == []
    (said,) = mistakes(tmp_path, "\ufeff" + RIGHT.replace("service: api", "service: Api"))
    assert said.startswith("slos/api.yaml:1:10: ")


def test_an_alias_that_repeats_plain_data_is_right(tmp_path: Path) -> None:
    text = RIGHT.replace("alerting: {", "alerting: &alerting {").replace(
        "alerts:\n",
        "  - {name: errors, description: Few, objective: 99, sli: {events: {bad: b, total: t}}, "
        "alerting: *alerting, runbook: api/burn.md}\nalerts:\n",
    )
    assert mistakes(tmp_path, text) == []


def refused_or_right(text: str) -> None:
    """Loads a text; any error but the one for users fails the test."""
    with contextlib.suppress(SpecError):
        parse_service(text, "any.yaml")


@given(st.text())
def test_any_text_is_refused_or_right(text: str) -> None:
    refused_or_right(text)


@given(st.binary())
def test_any_bytes_are_refused_or_right(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    assert all(line.startswith("slos/api.yaml:") for line in mistakes(tmp_path_factory.mktemp("any"), content))


YAML_PIECES = st.sampled_from(
    [
        *"{}[]:,-#&*!|>'\"%@`?\n \t\\~.",
        "  ",
        "<<",
        "&a ",
        "*a",
        "!!int ",
        "!!bool ",
        "!!float ",
        "!!timestamp ",
        "---\n",
        "0x",
        "1e9",
        ".nan",
    ]
)


@given(st.integers(0, len(RIGHT)), st.integers(0, 40), st.lists(YAML_PIECES, max_size=6).map("".join))
def test_a_damaged_file_is_refused_or_right(start: int, length: int, instead: str) -> None:
    refused_or_right(RIGHT[:start] + instead + RIGHT[start + length :])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["up", "1m", "google"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(["bad", "sli"]), inner),
    max_leaves=8,
)


@given(st.sampled_from([m.old for m in table() if ": " in m.old and "\n" not in m.old and "{" not in m.old]), JSON)
def test_any_value_in_place_of_another_is_refused_or_right(old: str, value: object) -> None:
    key = old.split(": ")[0]
    refused_or_right(RIGHT.replace(old, f"{key}: {json.dumps(value)}", 1))

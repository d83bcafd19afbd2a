"""Whatever a file holds, importing it ends in SLO files that load, or in mistakes with their places."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slostack.imports import import_files
from slostack.spec import SpecError, parse_service
from slostack.spec.source import KeyPath
from tests.unit.imports.reading import EXAMPLES, refused
from tests.unit.imports.test_every_key import FILES, documents, leaves, mappings, put

TEXTS = {name: (EXAMPLES / name).read_text(encoding="utf-8") for name in FILES}
DATA = {name: documents(name) for name in FILES}
MISTAKE = re.compile(r"a\.yaml:\d+:\d+: .+")
ODD: list[Any] = [
    None, "", " ", "0", "-1", "a" * 300, "{{", "{{.window}}", "$window", "x[$window]", "sum(", "up", "1M", "5m", "100y",
    "../../etc/passwd", "critical", "none", "é\u2028", "slostack", "custom-x", "Prometheus", True, False, 0, -1, 1, 101,
    1.5, 1e308, float("inf"), float("nan"), 2**62, [], {}, [{}], [[]], {"a": {}}, ["a"], [None], {"": ""},
]  # fmt: skip


def check(text: str) -> None:
    """Imports a text, and loads what comes of it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.yaml"
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        try:
            found = import_files([(file, "a.yaml")])
        except SpecError as error:
            lines = str(error).splitlines()
        else:
            for service, written in found.slo_files.items():
                assert parse_service(written, f"{service}.yaml").service == service
            return
    assert lines
    assert all(MISTAKE.fullmatch(line) for line in lines), lines


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """An example with some of its values replaced by odd ones, or removed."""
    data: Any = DATA[draw(st.sampled_from(FILES))]
    for _ in range(draw(st.integers(1, 3))):
        paths: list[KeyPath] = [path for path in (*leaves(data), *mappings(data)) if len(path) > 1]
        if not paths:
            break
        data = put(data, draw(st.sampled_from(paths)), draw(st.sampled_from(ODD)))
    return yaml.safe_dump_all(data, sort_keys=False, allow_unicode=True)


@st.composite
def cut(draw: st.DrawFn) -> str:
    """An example with a piece of its text cut out, doubled, or replaced by any characters."""
    text = TEXTS[draw(st.sampled_from(FILES))]
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(start + 80, len(text))))
    middle = draw(st.one_of(st.just(""), st.just(text[start:end] * 2), st.text(max_size=20)))
    return text[:start] + middle + text[end:]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_odd_values_are_mistakes_or_right(text: str) -> None:
    check(text)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(cut())
def test_damaged_text_is_a_mistake_or_right(text: str) -> None:
    check(text)


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_any_text_is_a_mistake(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "a.yaml:1:1: the file is empty, expected objects of OpenSLO, sloth or pyrra"),
        ("---\n# nothing\n---\n", "a.yaml:1:1: the file is empty, expected objects of OpenSLO, sloth or pyrra"),
        ("# # # # # # # # # # # # # # # # # # # # # # # # # # # # # #\n- a", "a.yaml:2:1: the document is a list"),
        ("---\n# nothing\n---\nb: [\n", "a.yaml:5:1: not YAML"),
        ("---\n" * 1001, "a.yaml:1:1: more than 1,000 documents, expected fewer"),
        (
            "kind: Deployment\napiVersion: apps/v1",
            "a.yaml:2:13: apiVersion: 'apps/v1' (text) of kind 'Deployment', expected `api",
        ),
        (
            "apiVersion: openslo/v1alpha\nkind: SLO",
            "a.yaml:1:13: apiVersion: 'openslo/v1alpha' (text) of kind 'SLO', expected",
        ),
        ("version: prometheus/v2", "a.yaml:1:10: version: 'prometheus/v2' (text), expected `apiVersion: openslo/v1`, "),
        ("a: 1", "a.yaml:1:1: version: missing, expected `apiVersion: openslo/v1`, `version: prometheus/v1`, "),
        ("a: " + "[" * 100 + "]" * 100, "a.yaml:1:53: nested deeper than 50 levels"),
    ],
)
def test_what_is_no_file_of_these_formats(text: str, mistake: str, tmp_path: Path) -> None:
    assert [line[: len(mistake)] for line in refused(tmp_path, text)] == [mistake]


def test_mistakes_are_at_the_lines_of_their_documents(tmp_path: Path) -> None:
    first = TEXTS["sloth/kubernetes.yaml"]
    second = first.replace("objective: 99.9", "objective: lots").replace("requests-av", "av")
    text = f"# a comment\n---\n{first}---\n{second}...\n"
    line = next(n for n, each in enumerate(text.splitlines(), 1) if "lots" in each)
    assert refused(tmp_path, text) == [f"a.yaml:{line}:18: spec.slos[0].objective: 'lots' (text), expected a number"]

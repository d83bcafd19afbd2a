"""docs/import.md: its example is what the command does, and it names every key of every format."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from slostack.cli.import_ import command
from slostack.imports import fields
from slostack.spec.source import Source
from tests.unit.imports.reading import example
from tests.unit.imports.test_examples import NAMES

DOCUMENT = (Path(__file__).parents[3] / "docs/import.md").read_text(encoding="utf-8")
OF_KUBERNETES = {
    *("creationTimestamp", "finalizers", "generation", "items", "managedFields", "namespace", "ownerReferences"),
    *("resourceVersion", "selfLink", "spec", "status", "uid", "metadata", "kind", "apiVersion"),
}


def test_the_example_is_what_the_command_does(tmp_path: Path) -> None:
    given, expected = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    (printed,) = re.findall(r"```\n(wrote runbooks.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "shop.yaml").write_text(given, encoding="utf-8")
    result = CliRunner().invoke(command, [str(tmp_path / "shop.yaml")], obj=tmp_path, catch_exceptions=False)
    assert (tmp_path / "slos/shop.yaml").read_text(encoding="utf-8") == expected
    assert result.output == printed


@pytest.mark.parametrize("name", NAMES)
def test_every_key_of_a_format_is_explained(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[fields.Document] = []
    build = fields.Document.__init__

    def remember(document: fields.Document, source: Source) -> None:
        build(document, source)
        seen.append(document)

    monkeypatch.setattr(fields.Document, "__init__", remember)
    example(name)
    asked = {key for document in seen for keys in document.asked.values() for key in keys}
    section = DOCUMENT.split("\n## ")[[*("sloth", "pyrra", "openslo")].index(name.partition("/")[0]) + 2]
    known = {word for code in re.findall(r"`([^`]*)`", section) for word in re.findall(r"\w+", code)}
    assert asked - known - OF_KUBERNETES == set()

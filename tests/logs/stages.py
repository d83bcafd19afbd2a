"""The stages of a rendered config of Alloy, as far as they can be run without one: levels, kinds, masks, request ids.
What drops, samples and caps is left out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

_BLOCK = re.compile(r"^\tstage\.(\w+) \{\n(.*?)^\t\}", re.MULTILINE | re.DOTALL)
_VALUE = re.compile(r"^\t\t(\w+) += (.+)$", re.MULTILINE)


def replaced(line: str, expression: str, replacement: str) -> str:
    """The line as stage.replace makes it: every group of every match is replaced."""
    for match in reversed(list(re.finditer(expression, line, re.ASCII))):
        for group in range(len(match.groups()), 0, -1):
            if match[group] is not None:
                line = line[: match.start(group)] + replacement + line[match.end(group) :]
    return line


@dataclass(frozen=True)
class Stages:
    """What a config does to a line."""

    config: str

    def without(self, stage: str) -> Stages:
        """The same but for one kind of stage."""
        return Stages(_BLOCK.sub(lambda block: "" if block[1] == stage else block[0], self.config))

    def processed(self, line: str) -> tuple[str, dict[str, str], dict[str, str]]:
        """The line as it is stored, with the labels and the structured metadata that it gets."""
        extracted: dict[str, str] = {}
        labels: dict[str, str] = {}
        metadata: dict[str, str] = {}
        for stage, body in _BLOCK.findall(self.config):
            values = {name: _text(value) for name, value in _VALUE.findall(body)}
            match stage:
                case "regex":
                    if found := re.search(values["expression"], line, re.ASCII):
                        extracted |= found.groupdict()
                case "template":
                    _template(values, extracted)
                case "labels":
                    labels |= _named(values, extracted)
                case "structured_metadata":
                    metadata |= _named(values, extracted)
                case "replace":
                    line = replaced(line, values["expression"], values["replace"])
                case _:
                    assert stage == "match", stage
        return line, labels, metadata


def _text(value: str) -> str:
    if value.startswith("`"):
        return value.strip("`")
    return str(json.loads(value)) if value.startswith('"') else value


def _template(values: Mapping[str, str], extracted: dict[str, str]) -> None:
    """The two that there are: a level by its word, and a text in place of whatever was found."""
    source, template = values["source"], values["template"]
    if source in extracted:
        by_word = dict(re.findall(r'"(\w+)" "(\w+)"', template))
        extracted[source] = by_word.get(extracted[source].lower(), "") if by_word else re.sub("{{.*?}}", "", template)


def _named(values: Mapping[str, str], extracted: Mapping[str, str]) -> dict[str, str]:
    names = re.findall(r'(\w+) = ""', values["values"])
    return {name: extracted[name] for name in names if extracted.get(name)}

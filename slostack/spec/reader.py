"""Plain data from YAML's events, with the place of every key and value."""

from __future__ import annotations

from typing import Any

import yaml

from slostack.spec.problem import KeyPath, Place, Problem, SpecError, describe, shorten

_MOST_VALUES = 20_000
_DEEPEST = 50
_LARGEST_INTEGER = 2**63
_TOO_DEEP = f"nested deeper than {_DEEPEST} levels, expected plain data"
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp"))
_NO_KEYS = {
    yaml.SequenceStartEvent: "a list",
    yaml.MappingStartEvent: "a mapping",
    yaml.AliasEvent: "an alias",
}
TEXT_TAG = "tag:yaml.org,2002:str"
_PATTERNS = yaml.resolver.Resolver.yaml_implicit_resolvers
"""Tags and patterns of what isn't text, by its first character."""


def refusal(file: str, place: Place, what: str) -> SpecError:
    """The error of a file that is refused as a whole."""
    return SpecError((Problem(file, *place, what),))


def not_yaml(file: str, place: Place, why: str | None) -> SpecError:
    """The error of a text that YAML's parser refuses."""
    return refusal(file, place, f"not YAML ({why}), expected a YAML mapping")


def plain_tag(text: str) -> str:
    """The YAML tag of what a text means where it stands without quotes: a text, a number, a date and so on."""
    for tag, pattern in _PATTERNS.get(text[:1], ()):
        if pattern.match(text):
            return str(tag)
    return TEXT_TAG


class Reader:
    """Builds data from the parser's events in one pass, keeping places.

    An alias reads the events of its anchor again, up to a cap on the values in all.
    """

    def __init__(self, file: str, loader: Any) -> None:
        self.file, self.loader = file, loader
        self.events: list[Any] = []
        self.targets: dict[int, int] = {}
        self.at = 0
        self.open: set[int] = set()
        self.values: dict[KeyPath, Place] = {}
        self.keys: dict[KeyPath, Place] = {}
        self.problems: list[Problem] = []
        self._parse()

    def _parse(self) -> None:
        """Gathers the events of the only document, and where each alias in it leads."""
        anchors: dict[str, int] = {}
        depth = 0
        events, next_event = self.events, self.loader.get_event
        while not isinstance(event := next_event(), yaml.StreamEndEvent):
            if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
                if event.anchor is not None:
                    anchors[event.anchor] = len(events)
                depth += not isinstance(event, yaml.ScalarEvent)
                if depth > _DEEPEST:
                    raise refusal(self.file, _place(event), _TOO_DEEP)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in anchors:
                    raise not_yaml(self.file, _place(event), "found undefined alias")
                self.targets[len(events)] = anchors[event.anchor]
            else:
                if isinstance(event, yaml.DocumentStartEvent) and events:
                    raise refusal(self.file, _place(event), "a second document, expected one YAML mapping per file")
                continue
            events.append(event)
        if not self.events:
            raise refusal(self.file, (1, 1), "the file is empty, expected a YAML mapping")

    def read(self, path: KeyPath) -> Any:
        """The value that begins at the next event."""
        start = self.at
        event = self.events[start]
        self.at += 1
        if start in self.targets:
            return self._alias(self.targets[start], path)
        self.values[path] = place = _place(event)
        if len(self.values) > _MOST_VALUES:
            raise refusal(self.file, place, f"more than {_MOST_VALUES:,} values, expected fewer")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        self.open.add(start)
        data = self._mapping(event, path) if isinstance(event, yaml.MappingStartEvent) else self._list(event, path)
        self.open.remove(start)
        return data

    def _alias(self, target: int, path: KeyPath) -> Any:
        place = _place(self.events[target])
        if target in self.open:
            raise refusal(self.file, place, "an alias inside its own anchor, expected plain data")
        if len(path) > _DEEPEST:
            raise refusal(self.file, place, _TOO_DEEP)
        after, self.at = self.at, target
        data = self.read(path)
        self.at = after
        return data

    def _list(self, start: Any, path: KeyPath) -> list[Any]:
        self._refuse_tag(start, "tag:yaml.org,2002:seq")
        data: list[Any] = []
        while not isinstance(self.events[self.at], yaml.CollectionEndEvent):
            data.append(self.read((*path, len(data))))
        self.at += 1
        return data

    def _mapping(self, start: Any, path: KeyPath) -> dict[str, Any]:
        self._refuse_tag(start, "tag:yaml.org,2002:map")
        data: dict[str, Any] = {}
        while not isinstance(event := self.events[self.at], yaml.CollectionEndEvent):
            key = self._key(event)
            if key is not None and key in data:
                first = self.keys[(*path, key)][0]
                self._problem(event, f"key {key!r} again (first on line {first}), expected it once")
                key = None
            if key is None:
                self._skip()
            else:
                self.keys[(*path, key)] = _place(event)
                data[key] = self.read((*path, key))
        self.at += 1
        return data

    def _key(self, event: Any) -> str | None:
        """The text of a key; None where it is no text, which is a problem."""
        if isinstance(event, yaml.ScalarEvent):
            self.at += 1
        else:
            self._skip()
            kind = next(kind for start, kind in _NO_KEYS.items() if isinstance(event, start))
            self._problem(event, f"{kind} as a key, expected a text key")
            return None
        if self._tag(event) == "tag:yaml.org,2002:merge":
            self._problem(event, "a merge key (<<), expected every key written out")
            return None
        problems = len(self.problems)
        key = self._scalar(event)
        if isinstance(key, str):
            return key
        if len(self.problems) == problems:
            self._problem(event, f"key {describe(key)}, expected a text key")
        return None

    def _skip(self) -> None:
        """Goes past the value that begins at the next event."""
        depth = 0
        while True:
            event = self.events[self.at]
            self.at += 1
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth == 0:
                return

    def _problem(self, event: Any, message: str) -> None:
        self.problems.append(Problem(self.file, *_place(event), message))

    def _refuse_tag(self, event: Any, plain: str) -> None:
        if event.tag not in (None, "!", plain):
            self._problem(event, f"the tag {event.tag}, expected plain data")

    def _tag(self, event: Any) -> str:
        if event.tag not in (None, "!"):
            return str(event.tag)
        return plain_tag(event.value) if event.implicit[0] else TEXT_TAG

    def _scalar(self, event: Any) -> Any:
        tag, text = self._tag(event), event.value
        if tag == TEXT_TAG:
            return text
        if tag not in _PLAIN_TAGS:
            self._problem(event, f"{shorten(repr(text))} with the tag {tag}, expected plain data")
            return None
        try:
            value = self.loader.construct_object(yaml.ScalarNode(tag, text))
        except (ValueError, AttributeError, LookupError):  # whichever PyYAML lets through of a tag that doesn't fit
            kind = tag.rpartition(":")[2]
            self._problem(event, f"{shorten(repr(text))} is no valid {kind}, expected plain data")
            return None
        if isinstance(value, int) and abs(value) >= _LARGEST_INTEGER:
            self._problem(event, f"{shorten(text)} is too large, expected a number below 2^63")
            return None
        return value


def _place(start: yaml.Node | yaml.Event) -> Place:
    mark = start.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)

"""OpenSLO's objects, and how they refer to each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from slostack.imports.fields import Fields
from slostack.imports.mistakes import Mistakes
from slostack.spec.source import describe

API_VERSION = "openslo/v1"
KINDS = ("SLO", "SLI", "DataSource", "Service", "AlertPolicy", "AlertCondition", "AlertNotificationTarget")
_SUPPLEMENT = "an SLO file has no place for it"


@dataclass(frozen=True)
class Objects:
    """The SLOs of all files, all objects by kind and name, and those that were referred to."""

    slos: list[Fields] = field(default_factory=list)
    by_name: dict[tuple[str, str], Fields] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)

    def find(self, kind: str, name: str) -> Fields | None:
        """An object; None where no file has it."""
        self.used.add((kind, name))
        return self.by_name.get((kind, name))

    def required(self, kind: str, fields: Fields, key: str) -> Fields:
        """The object that a key names; raises SpecError where no file has it."""
        name = fields.text(key, f"the name of an {kind}")
        found = self.find(kind, name)
        if found is None:
            known = ", ".join(known for of, known in self.by_name if of == kind) or "there is none"
            raise fields.error(key, f"no {kind} {name!r} in the files, expected one that is ({known})")
        return found

    def inline_or_named(self, kind: str, fields: Fields, key: str, mistakes: Mistakes) -> Fields:
        """The object that stands in a mapping itself, or that its key names."""
        if fields.value(key) is not None:
            return self.required(kind, fields, key)
        check_inline(kind, fields, mistakes)
        return fields


def check_inline(kind: str, fields: Fields, mistakes: Mistakes) -> None:
    """Checks what an object that stands in another one says of itself, and leaves out its name."""
    for key, expected in (("apiVersion", API_VERSION), ("kind", kind)):
        with mistakes:
            if (found := fields.value(key)) not in (None, expected):
                raise fields.error(key, f"{describe(found)}, expected {expected}")
    with mistakes:
        if metadata := fields.fields("metadata"):
            metadata.leave("name", why="nothing refers to it")


def gather(documents: Iterable[Fields], mistakes: Mistakes) -> Objects:
    """The objects of all documents; what is wrong with their kinds and names is kept in `mistakes`."""
    objects = Objects()
    for document in documents:
        with mistakes:
            for key in ("apiVersion", "spec"):
                document.value(key)
            kind = document.text("kind", f"one of {', '.join(KINDS)}")
            if kind not in KINDS:
                raise document.error("kind", f"{describe(kind)}, expected one of {', '.join(KINDS)}")
            if kind == "SLO":
                objects.slos.append(document)
            metadata = document.required_fields("metadata")
            name = metadata.text("name", "the object's name")
            if (kind, name) in objects.by_name:
                raise metadata.error("name", f"a second {kind} {name!r}, expected a name of its own")
            objects.by_name[kind, name] = document
    return objects


def leave_metadata(document: Fields) -> None:
    """Leaves out what an object that is no SLO and no service says of itself."""
    if metadata := document.fields("metadata"):
        metadata.value("name")
        metadata.leave("displayName", "labels", "annotations", why=_SUPPLEMENT)


def leave_description(spec: Fields) -> None:
    """Leaves out what people wrote of an object that is no SLO and no service."""
    spec.leave("description", why=_SUPPLEMENT)

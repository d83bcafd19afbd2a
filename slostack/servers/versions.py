"""The pinned versions of every server, read from versions.yaml, the one file that says them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import yaml
from packaging.specifiers import SpecifierSet
from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError, with_config

from slostack import plain_yaml
from slostack.errors import SlostackError

VERSIONS_FILE = Path(__file__).with_name("versions.yaml")


_CONFIG = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


@with_config(_CONFIG)
@dataclass(frozen=True, kw_only=True)
class Release:
    """Where the publisher has its archives and their checksums: URLs with {version} {os} {arch} {binary}."""

    archive: str
    checksums: str


@with_config(_CONFIG)
@dataclass(frozen=True, kw_only=True)
class Module:
    """How a server is built from its Go module; the module's version is in tools/<server>/go.mod."""

    packages: tuple[str, ...]
    version_variable: str
    build_time: str
    tags: tuple[str, ...] = ()


@with_config(_CONFIG)
@dataclass(frozen=True, kw_only=True)
class Home:
    """The folder that a server needs beside its executable."""

    variable: str
    contains: tuple[str, ...]


@with_config(_CONFIG)
@dataclass(frozen=True, kw_only=True)
class ServerVersion:
    """One server as pinned: its version, its image as repository:tag, and the ways to get it."""

    name: str
    version: str
    image: str
    binaries: tuple[str, ...]
    accepts: Annotated[SpecifierSet, BeforeValidator(SpecifierSet)]
    release: Release | None = None
    module: Module | None = None
    home: Home | None = None
    other_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@with_config(_CONFIG)
@dataclass(frozen=True, kw_only=True)
class GoWheel:
    """The PyPI package that brings Go where there is none."""

    package: str
    version: str


@with_config(_CONFIG)
@dataclass(frozen=True, kw_only=True)
class Versions:
    servers: Mapping[str, ServerVersion]
    go: GoWheel


def load_versions(path: Path) -> Versions:
    """Read a versions file. Raises SlostackError, naming each field, when it is not of that form."""
    try:
        document = plain_yaml.load(path.read_text(encoding="utf-8"))
        named = {name: {"name": name, **fields} for name, fields in document["servers"].items()}
        found = TypeAdapter(Versions).validate_python({**document, "servers": named})
    except ValidationError as error:
        mistakes = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SlostackError(f"{path}: {mistakes}") from error
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise SlostackError(f"{path}: expected a mapping with servers and go, found {error}") from error
    servers = {name: replace(pin, image=pin.image.format(version=pin.version)) for name, pin in found.servers.items()}
    return replace(found, servers=MappingProxyType(servers))


@cache
def pinned() -> Versions:
    """What slostack pins."""
    return load_versions(VERSIONS_FILE)

"""A server that a command asks: one of the stack on this machine, where no other is named; and its bearer token."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from slostack.errors import SlostackError

Command = TypeVar("Command", bound=Callable[..., Any])
NAMES = {"prometheus": "Prometheus", "alertmanager": "Alertmanager"}


def local_server(root: Path, name: Literal["prometheus", "alertmanager"], instead: str = "") -> str:
    """The URL of a server of the stack on this machine; raises SlostackError where it doesn't run, which names what the
    command takes `instead`, beside another URL."""
    from slostack.deploy.local import status

    stack = status(root)
    for program in stack.programs if stack else ():
        if program.name == name and program.ready and program.url:
            return program.url
    raise SlostackError(f"no {NAMES[name]} runs on this machine, expected `slostack up`, or --{name} URL{instead}")


def only_option(command: Command) -> Command:
    """Adds --only, the labels of the series that are read of a server with those of several places."""
    option = click.option(
        "--only",
        multiple=True,
        metavar="LABEL=VALUE",
        callback=_labels,
        help="Read series with this label alone, such as cluster=eu-1 of a Thanos that sees several; may be repeated.",
    )
    return option(command)


def _labels(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    for value in values:
        if not re.fullmatch(r"[a-zA-Z_]\w*=.+", value, re.ASCII | re.DOTALL):
            raise SlostackError(f"--only {value!r}, expected a label and its value, such as cluster=eu-1")
    return dict(value.split("=", 1) for value in values)


def read_token(file: Path | None) -> str | None:
    """The bearer token in a file, none without a file; raises SlostackError where there is none in it."""
    if file is None:
        return None
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SlostackError(f"--token-file {file} can't be read ({error}), expected a token in a text file") from None
    if not token or not token.isascii() or not token.isprintable():
        raise SlostackError(f"--token-file {file} holds no token, expected one line of text")
    return token

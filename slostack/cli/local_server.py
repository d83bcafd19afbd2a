"""A server that a command asks: one of the stack on this machine, where no other is named; and its bearer token."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from slostack.errors import SlostackError

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

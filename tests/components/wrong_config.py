"""Edits of prod's config that are mistakes, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.components.program import canaries, refusal, stack_config

Edit = Callable[[dict[str, Any]], object]
Wrong = dict[str, tuple[Edit, str]]
"""By what is wrong: the edit of a stack's config, and a part of its refusal."""
KEY = "-----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY-----\n"


def check_refusal(edit: Edit, expected: str) -> None:
    """Fails the test where prod with an edit isn't refused as expected, before anything is registered."""
    config = stack_config("prod")
    edit(config)
    message = refusal("prod", config, canaries("prod"))
    assert expected in message
    assert "prod" in message
    assert "Traceback" not in message
    assert "hunter2" not in message

"""Whether the kubeconfig has the context that a stack is deployed to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from slostack import plain_yaml
from slostack.errors import SlostackError
from slostack.settings import Settings

VARIABLE = "KUBECONFIG"
"""Paths, as kubectl reads them, or what such a file holds, as Pulumi's provider also takes it."""


def check_context(settings: Settings) -> None:
    """Raises SlostackError where no kubeconfig can be read or none has the stack's context: without it the provider
    would plan everything, and fail or do nothing at `up`."""
    context, where = settings.kubernetes.context, os.environ.get(VARIABLE) or "~/.kube/config"
    known = sorted(set(_contexts(where)))
    if context not in known:
        shown = "the text in KUBECONFIG" if is_content(where) else where
        raise SlostackError(
            f"{settings.file}: slostack:kubernetes.context: {context!r} is no context of {shown}, "
            f"expected one of {', '.join(known) or '(it has none)'} (kubectl config get-contexts)"
        )


def _contexts(where: str) -> Iterator[str]:
    for text in [where] if is_content(where) else map(_read, filter(None, where.split(os.pathsep))):
        try:
            document: Any = plain_yaml.load(text)
            yield from (each["name"] for each in (document or {}).get("contexts") or ())
        except (yaml.YAMLError, AttributeError, KeyError, TypeError):
            raise SlostackError(f"{VARIABLE} leads to something else than a kubeconfig; expected one") from None


def is_content(where: str) -> bool:
    """Whether the variable holds what a kubeconfig does."""
    return "\n" in where or where.lstrip().startswith("{")


def _read(path: str) -> str:
    """A kubeconfig's text, none where there is no such file, as kubectl does."""
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SlostackError(f"can't read the kubeconfig {path} ({error})") from None

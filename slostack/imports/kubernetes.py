"""What imported Kubernetes objects have in common."""

from __future__ import annotations

from collections.abc import Iterator

from slostack.imports.fields import Fields
from slostack.imports.mistakes import Mistakes
from slostack.spec.source import describe

_OF_KUBERNETES = "says where the Kubernetes object is; an SLO file is in none"
_KEPT_BY_KUBERNETES = "kept by Kubernetes itself"
FOR_KUBERNETES = "of the Kubernetes object, not of its series or alerts"


def objects(document: Fields) -> Iterator[Fields]:
    """The objects of a document: itself, or the items of a list as `kubectl get --output yaml` prints it."""
    kind = document.value("kind")
    if isinstance(kind, str) and kind.endswith("List") and document.value("items") is not None:
        mistakes = Mistakes()
        document.leave("metadata", why=_KEPT_BY_KUBERNETES)
        with mistakes:
            yield from document.items("items")
        with mistakes:
            if document.value("apiVersion") != "v1":
                raise document.error("apiVersion", f"{describe(document.value('apiVersion'))} of a list, expected v1")
        mistakes.check(document)
    else:
        yield document


def leave_kept(document: Fields) -> None:
    """Leaves out what Kubernetes adds to an object."""
    document.leave("status", why=_KEPT_BY_KUBERNETES)
    if metadata := document.fields("metadata"):
        metadata.leave("namespace", why=_OF_KUBERNETES)
        metadata.leave(
            *("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"),
            *("finalizers", "ownerReferences"),
            why=_KEPT_BY_KUBERNETES,
        )

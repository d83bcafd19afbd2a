"""What a stack tells about itself once it is up, and what a deployment changes of it."""

from __future__ import annotations

from typing import Any

import pulumi

from slostack.bundle import Bundle
from slostack.deploy.contents import OUTPUT, change, contents, encoded
from slostack.settings import Settings

_READ = "pulumi:pulumi:readStackOutputs"
_UNREADABLE = "?"


def outputs(settings: Settings, bundle: Bundle) -> dict[str, Any]:
    """The URLs, the numbers of recording rules and of alerts, and the contents, which are long and thus kept secret.

    Says in a line what changes of the last deployment. Raises SlostackError where a hand-written rule file is none.
    """
    found = contents(bundle)
    pulumi.info(change(_last_contents(), found))
    return {
        "urls": settings.urls.model_dump(mode="json"),
        "rules": len(found["record"]),
        "alerts": len(found["alert"]),
        OUTPUT: pulumi.Output.secret(encoded(found)),
    }


def _last_contents() -> str | None:
    """The contents of the stack's last deployment, by Pulumi's state; None where there was none, and nothing that can
    be read where Pulumi doesn't tell."""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    try:
        answer = pulumi.runtime.invoke(_READ, {"name": stack}).value
    except Exception as error:  # Pulumi raises no narrower one
        pulumi.debug(f"{_READ} of {stack}: {error}")
        return _UNREADABLE
    last = (answer or {}).get("outputs", {}).get(OUTPUT)
    return last if isinstance(last, str) else None

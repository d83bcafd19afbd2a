"""The files that a new service starts from."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import TypeAdapter, ValidationError

from slostack.errors import SlostackError
from slostack.spec.fields import ServiceName, burn_runbook

_ENVIRONMENT = Environment(
    loader=PackageLoader("slostack.spec"), autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True
)
_TEMPLATES = {
    f"runbooks/{burn_runbook('{service}')}": "error-budget-burn.md.j2",
    "slos/{service}.yaml": "service.yaml.j2",
}
"""By path in the project, in the order of writing: an SLO file without its runbook would be wrong."""


def starting_files(service: str, team: str) -> dict[str, str]:
    """The texts of the runbook and the SLO file of a team's new service, by path; raises SlostackError where its name
    is no name."""
    try:
        TypeAdapter(ServiceName).validate_python(service)
    except ValidationError:
        raise SlostackError(
            f"{service!r} can't be a service's name, expected lower-case words joined by hyphens, such as photo-share "
            "(slostack, overview, probes, some of shared-… and custom-… are taken)"
        ) from None
    return {
        path.format(service=service): _ENVIRONMENT.get_template(template).render(service=service, team=team)
        for path, template in _TEMPLATES.items()
    }

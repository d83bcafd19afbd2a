"""The receiver's web pages."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=PackageLoader("slostack.notifications"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_TEMPLATES.tests["link"] = lambda text: text.startswith(("http://", "https://"))


def page(template: str, **values: Any) -> str:
    """A page from one of the templates; values are escaped, but for `body`."""
    return _TEMPLATES.get_template(template).render(**values)

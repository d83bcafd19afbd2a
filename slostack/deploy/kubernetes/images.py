"""Which image a server's pods run."""

from __future__ import annotations

from slostack.servers import versions
from slostack.settings import Images


def image(server: str, images: Images) -> str:
    """The image of a server's pinned version; from the mirror, which has it below the same path, where there is one,
    and with its digest where that is given: then nothing else is run, whatever the tag leads to."""
    own = versions()[server].image
    _, _, path = own.partition("/")
    place = f"{images.mirror}/{path}" if images.mirror else own
    digest = images.digests.get(server)
    return f"{place}@{digest}" if digest else place

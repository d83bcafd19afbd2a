"""Which image a server's pods run."""

from __future__ import annotations

from slostack.deploy.kubernetes.topology import program
from slostack.servers import ServerVersion, versions
from slostack.settings import Images


def software(server: str) -> ServerVersion:
    """What a server runs, as pinned: the parts of Thanos are one program, and so are exporters of a kind."""
    return versions()["thanos" if server.startswith("thanos-") else program(server)]


def image(server: str, images: Images) -> str:
    """The image of a server's pinned version; from the mirror, which has it below the same path, where there is one,
    and with its digest where that is given: then nothing else is run, whatever the tag leads to."""
    pin = software(server)
    own = pin.image
    _, _, path = own.partition("/")
    place = f"{images.mirror}/{path}" if images.mirror else own
    digest = images.digests.get(pin.name)
    return f"{place}@{digest}" if digest else place

"""What every part of the settings is made of."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from slostack.spec.quantities import mismatch
from slostack.spec.source import describe

NAMESPACE = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
"""What a namespace's name looks like in a host's."""
LONGEST_NAMESPACE = 63
"""Characters that Kubernetes takes in a namespace's name."""
_LAST_PORT = 65535


def written(pattern: str, expected: str, longest: int | None = None) -> AfterValidator:
    """A text that a pattern matches; `expected` is what people read who wrote another one, `longest` its most
    characters."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise mismatch(describe(value), expected)
        if longest and len(value) > longest:
            raise mismatch(f"{len(value)} characters", f"at most {longest}")
        return value

    return AfterValidator(check)


def _once_each(values: tuple[Any, ...]) -> tuple[Any, ...]:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise mismatch(f"{describe(value)} again", "each once", index)
    return values


def _some(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values:
        raise mismatch("an empty list", "at least one")
    return values


def _line(value: str) -> str:
    """Text that an ini file takes as it is: Grafana's would start another section on the next line, and has words that
    it replaces by files and variables."""
    if not value.strip() or not value.isprintable() or _INI_SYNTAX.search(value):
        raise mismatch(describe(value), "one line of text without backticks, $__, ${ and %(")
    return value


def host_port(address: str) -> str:
    """The host:port of a URL; of anything else the address as it is."""
    if "://" not in address:
        return address
    url = urlsplit(address)
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    return f"{host}:{url.port or (443 if url.scheme == 'https' else 80)}"


def is_loopback(address: str) -> bool:
    """Whether a host:port is reached without leaving the machine."""
    return bool(_LOOPBACK.fullmatch(address))


def stays_inside(address: str) -> bool:
    """Whether what is sent to a host:port stays on the machine or, by the full name of a Service, in the cluster."""
    return is_loopback(address) or service_namespace(address.rpartition(":")[0]) is not None


def can_be_read(url: str) -> bool:
    """Whether others can read what is sent to a URL: by http, unless it stays inside."""
    return url.lower().startswith("http://") and not stays_inside(host_port(url))


def service_namespace(host: str) -> str | None:
    """The namespace of a Service of the cluster, or of a pod behind it, by its full name; None of another host."""
    found = _SERVICE.fullmatch(host.lower())
    return found["namespace"] if found else None


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is written as, an IPv6 one between brackets; None of a name."""
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def mebibytes(size: str) -> int:
    """How many MiB a size is, such as 1024 of `1Gi`."""
    return int(size[:-2]) * _MEBIBYTES[size[-2:]]


def thousandths(processors: str) -> int:
    """How many thousandths of a processor these are, such as 2000 of `2` and 250 of `250m`."""
    return int(processors[:-1]) if processors.endswith("m") else 1000 * int(processors)


def _between(least: str, most: str, amount: Callable[[str], int] = mebibytes) -> AfterValidator:
    """Of sizes; both of these are some."""

    def check(value: str) -> str:
        if not amount(least) <= amount(value) <= amount(most):
            raise mismatch(describe(value), f"at least {least} and at most {most}")
        return value

    return AfterValidator(check)


def _base(value: str) -> str:
    """A URL that paths are put behind."""
    if "?" in value or "#" in value:
        raise mismatch(describe(value), "a URL without ? and #, which a path is put behind")
    return value


def _host_and_port(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not 1 <= int(port) <= _LAST_PORT:
        raise mismatch(describe(value), f"a port from 1 to {_LAST_PORT}")
    if not _is_host(host.strip("[]")) or (":" in host) != host.startswith("["):
        raise mismatch(
            describe(value), "one host before the port: a name of letters, digits, -, _ and ., or an address"
        )
    return value


def _is_host(host: str) -> bool:
    """Whether it is an address, or a name that can be looked up: none ends with a number."""
    if ":" not in host and not host.rpartition(".")[2].isdigit():
        return bool(_HOST.fullmatch(host))
    try:
        return bool(ip_address(host)) and "%" not in host
    except ValueError:
        return False


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.port != 0 and _is_host(parts.hostname or "")
    except ValueError:
        usable = False
    if not usable:
        raise mismatch(describe(value), f"a host, and at most a port of up to {_LAST_PORT}, after the //")
    if parts.username is not None:
        raise mismatch("a user or password in a URL", "none: this is no place for secrets")
    return value


def _cidr(value: str) -> str:
    """Addresses as Kubernetes' API takes them: with a prefix's length, without bits beyond it, scopes, and IPv4 in
    IPv6."""
    address, slash, length = value.partition("/")
    expected = "addresses such as 10.0.0.0/16 or fd00::/64"
    if not slash or not _PREFIX.fullmatch(length) or "%" in address:
        raise mismatch(describe(value), expected)
    try:
        meant = ip_network(value, strict=False)
    except ValueError:
        raise mismatch(describe(value), expected) from None
    if isinstance(meant, IPv6Network) and meant.network_address.ipv4_mapped:
        raise mismatch(describe(value), "IPv4 addresses as such, or IPv6 ones")
    if ip_address(address) != meant.network_address:
        raise mismatch(f"{describe(value)}, an address within", f"the whole: {meant}")
    return value


def _certificates(value: str) -> str:
    """Certificates and nothing else: a key among them would be read by all who may read ConfigMaps."""
    if set(_PEM_BLOCK.findall(value)) - {"CERTIFICATE"}:
        raise mismatch("a PEM block that is no certificate", "certificates alone: this is no place for keys")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=value)
    except (ssl.SSLError, ValueError):
        raise mismatch(describe(value), "certificates in PEM: -----BEGIN CERTIFICATE----- and so on") from None
    return value


_HOST_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_HOST_LABEL}(\.{_HOST_LABEL})*\.?")
_LOOPBACK = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\]):[0-9]+")
_SERVICE = re.compile(rf"([^.]+\.){{1,2}}(?P<namespace>{NAMESPACE})\.svc(\.cluster\.local)?\.?")
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")
_MEBIBYTES = {"Mi": 1, "Gi": 1024, "Ti": 1024 * 1024}
_INI_SYNTAX = re.compile(r"`|\$__|\$\{|%\(")
_PEM_BLOCK = re.compile(r"-----BEGIN ([^-]*)")
_NAME = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_DOMAIN = r"(?=.{1,253}(/|$))[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
_OBJECT = "a name of lower-case letters, digits, hyphens and dots"
OnceEach = AfterValidator(_once_each)
"""Of a list, which says nothing twice."""
Some = AfterValidator(_some)
"""Of a list, where none would be taken for all."""
Port = Annotated[int, Field(ge=1, le=_LAST_PORT)]
Line = Annotated[str, AfterValidator(_line)]
_Size = Annotated[str, written(r"[1-9][0-9]{0,20}(Mi|Gi|Ti)", "a size such as 512Mi, 20Gi or 1Ti")]
Memory = Annotated[_Size, _between("64Mi", "16Ti")]
Storage = Annotated[_Size, _between("1Gi", "1024Ti")]
Throughput = Annotated[_Size, _between("1Mi", "1Gi")]
"""Bytes a second."""
SmallStorage = Annotated[_Size, _between("512Mi", "1024Ti")]
"""Of what fits into less than a GiB."""
Cpu = Annotated[
    str,
    written(r"[1-9][0-9]{0,20}m?", 'processors such as "2", or thousandths such as 250m'),
    _between("1m", "1024", thousandths),
]
HostPort = Annotated[
    str,
    written(r"(\[[^\s/\[\]]+\]|[^\s:/\[\]]+):(0|[1-9][0-9]{0,9})", "host:port, such as smtp.acme.example:587"),
    AfterValidator(_host_and_port),
]
HostName = Annotated[
    str,
    written(
        r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?",
        "a host name such as grafana.acme.example",
        253,
    ),
]
Url = Annotated[
    str,
    written(r"https?://[^\s/]\S*", "a URL such as https://grafana.acme.example"),
    AfterValidator(_url),
    AfterValidator(_line),
]
BaseUrl = Annotated[Url, AfterValidator(_base)]


def _address(value: str) -> str:
    for validator in get_args(BaseUrl if "://" in value else HostPort)[1:]:
        value = validator.func(value)
    return value


Address = Annotated[str, AfterValidator(_address)]
"""A base URL, or host:port."""
Mail = Annotated[str, written(r"[^@\s]\S*( \S+)*@\S+", "an address such as oncall@acme.example")]
Sender = Annotated[
    str, written(r"([^@<>,;\r\n]+ <)?[^@<>,;\s]+@[^@<>,;\s]+>?", "one address such as alerts@acme.example")
]
ObjectName = Annotated[str, written(_DOMAIN, _OBJECT, 253)]
Namespace = Annotated[
    str,
    written(
        r"[a-z0-9]([a-z0-9-]*[a-z0-9])?",
        "a namespace's name: lower-case letters, digits and hyphens",
        LONGEST_NAMESPACE,
    ),
]
Pem = Annotated[str, AfterValidator(_certificates)]
Cidr = Annotated[str, AfterValidator(_cidr)]
LabelKey = Annotated[str, written(rf"({_DOMAIN}/)?{_NAME}", "a label's name, such as team")]
LabelValue = Annotated[str, written(rf"({_NAME})?", "a label's value: at most 63 letters, digits, hyphens, dots")]
AnnotationKey = Annotated[
    str, written(rf"({_DOMAIN}/)?{_NAME}", "an annotation's name, such as cert-manager.io/cluster-issuer")
]

__all__ = [
    "LONGEST_NAMESPACE",
    "NAMESPACE",
    "Address",
    "AnnotationKey",
    "BaseUrl",
    "Cidr",
    "Cpu",
    "HostName",
    "HostPort",
    "LabelKey",
    "LabelValue",
    "Line",
    "Mail",
    "Memory",
    "Namespace",
    "ObjectName",
    "OnceEach",
    "Pem",
    "Port",
    "Sender",
    "SettingsPart",
    "SmallStorage",
    "Some",
    "Storage",
    "Throughput",
    "Url",
    "address_of",
    "can_be_read",
    "host_port",
    "is_loopback",
    "mebibytes",
    "mismatch",
    "service_namespace",
    "thousandths",
    "written",
]


class SettingsPart(BaseModel):
    """Frozen, and strict about what it takes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

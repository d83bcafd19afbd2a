"""Whether the values of secrets can be what they are for: told by what was expected, never by the values."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import yaml

from slostack import plain_yaml
from slostack.config.recipients import DEAD_MANS_SWITCH_URL, SLACK_URL, SMS_URL, WEBHOOK_URL
from slostack.deploy.secrets import GRAFANA_SECRET_KEY, LOKI_BUCKET, THANOS_BUCKET
from slostack.settings import Settings, can_be_read

_PORTS = {"http": 80, "https": 443}
_SHORTEST_KEY = 16
_CREDENTIALS = {
    "s3": "a file of Amazon's credentials, with aws_access_key_id and aws_secret_access_key",
    "gcs": "the JSON of a service account's key",
}
_OPENING = {"s3": ("bucket", "endpoint"), "gcs": ("bucket",), "azure": ("storage_account", "container")}
"""What Thanos' file has to say of each kind of bucket; an endpoint is a host without a scheme."""
_GRAFANAS_DEFAULT_KEY = "SW2YcwTIb9zpOOhoPsMm"


def url_address(key: str, settings: Settings) -> str | None:
    """The host:port that a secret's URL has to lead to, which the network policy allows: `:443` is that port of any
    host. None where the secret is no URL, or one that the settings don't call for."""
    receivers = settings.receivers
    addresses = {
        SLACK_URL: ":443",
        SMS_URL: receivers.sms.gateway if receivers.sms else None,
        DEAD_MANS_SWITCH_URL: receivers.dead_mans_switch.host if receivers.dead_mans_switch else None,
        WEBHOOK_URL: receivers.webhook.host if receivers.webhook else None,
    }
    return addresses.get(key.partition("-")[0])


def expected_value(key: str, value: str, settings: Settings) -> str | None:
    """What the secret of a key was expected to be, where its value can't be right; None where it may be."""
    text = value.strip()
    address = url_address(key, settings)
    if address and not _leads_to(text, address):
        return f"a URL at {address.replace(':', 'port ') if address.startswith(':') else address}"
    if address and can_be_read(text):
        return "https, as what is sent and the URL itself can be read on their way"
    if key == GRAFANA_SECRET_KEY.key and (len(text) < _SHORTEST_KEY or text == _GRAFANAS_DEFAULT_KEY):
        return f"at least {_SHORTEST_KEY} random characters, not Grafana's published default"
    bucket = settings.thanos.bucket
    if key == THANOS_BUCKET.key and bucket and not _opens(text, bucket.type):
        *others, last = _OPENING[bucket.type]
        expected = f"{', '.join(others)} and {last}" if others else last
        return f"Thanos' YAML of a bucket: type: {bucket.type.upper()}, and config with {expected}"
    logs = settings.loki.bucket
    if key == LOKI_BUCKET.key and logs and not _lets_in(text, logs.type):
        return _CREDENTIALS[logs.type]
    return None if text else "some text"


def _opens(text: str, kind: str) -> bool:
    try:
        document = plain_yaml.load(text)
    except yaml.YAMLError:
        return False
    if not isinstance(document, dict) or document.get("type") != kind.upper():
        return False
    config = document.get("config")
    return isinstance(config, dict) and all(_is_name(config.get(key)) for key in _OPENING[kind])


def _is_name(value: object) -> bool:
    """Whether it can be a bucket's name or its host, of which Thanos takes no URL."""
    return isinstance(value, str) and bool(value.strip()) and "://" not in value


def _lets_in(text: str, kind: str) -> bool:
    if kind == "s3":
        return bool(re.search(r"(?m)^aws_access_key_id *=", text) and re.search(r"(?m)^aws_secret_access_key *=", text))
    try:
        return "type" in json.loads(text)
    except (ValueError, TypeError):
        return False


def _leads_to(url: str, address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        parts = urlsplit(url)
        found = parts.hostname, parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return False
    wanted = host.strip("[]").lower() or found[0]
    return bool(found[0]) and not re.search(r"\s", url) and parts.scheme in _PORTS and found == (wanted, int(port))

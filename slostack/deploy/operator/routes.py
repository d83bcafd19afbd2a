"""Who is notified, as an AlertmanagerConfig: Alertmanager's config in the operator's words.

Its receivers read secrets by name instead of from files, and it brings no templates: each message carries the
definitions that it uses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from slostack import plain_yaml
from slostack.bundle import Bundle
from slostack.deploy.kubernetes.labels import STACK
from slostack.deploy.operator.manifest import Manifest, camel_case, manifest
from slostack.deploy.operator.secrets import selector
from slostack.settings import Settings

ENVIRONMENT = "environment"
"""The label by which the route takes this project's alerts and no others."""
_KEYS = {
    "api_url_file": "apiURL",
    "auth_password_file": "authPassword",
    "client_url": "clientURL",
    "links": "pagerDutyLinkConfigs",
    "require_tls": "requireTLS",
    "routing_key_file": "routingKey",
    "url_file": "urlSecret",
}
"""The keys that are more than another spelling."""
_MATCHER = re.compile(r'(?P<name>\w+)(?P<matchType>=~|!~|!=|=)"(?P<value>.*)"')
_DEFINITION = re.compile(r'\{\{-? define "([^"]+)".*?(?=\s*(?:\{\{-? define "|\Z))', re.DOTALL)
_USE = re.compile(r'template "([^"]+)"')


def alertmanager_config(bundle: Bundle, settings: Settings) -> Manifest:
    """The routes, inhibitions and receivers of Alertmanager's config."""
    config = plain_yaml.load(bundle.files["alertmanager/alertmanager.yml"])
    times = [time for time in config.get("time_intervals", ()) if _is_utc(time)]
    known = frozenset(time["name"] for time in times)
    templates = bundle.files["alertmanager/templates/slostack.tmpl"]
    ours = {"name": ENVIRONMENT, "matchType": "=", "value": settings.environment}
    spec: dict[str, Any] = {
        "route": {**_route(config["route"], known), "matchers": [ours]},
        "receivers": [_receiver(receiver, templates) for receiver in config["receivers"]],
        "inhibitRules": [_inhibition(rule) for rule in config["inhibit_rules"]],
        **({"muteTimeIntervals": [_time(time) for time in times]} if times else {}),
    }
    return manifest("monitoring.coreos.com/v1alpha1", "AlertmanagerConfig", STACK, settings, spec=spec)


def complete(text: str, templates: str) -> str:
    """A template's text with the definitions, of those in `templates`, that it needs to stand alone."""
    definitions = {found[1]: found[0] for found in _DEFINITION.finditer(templates)}
    used = dict.fromkeys(_USE.findall(text))
    waiting = list(used)
    while waiting:
        more = [name for name in _USE.findall(definitions[waiting.pop()]) if name not in used]
        used |= dict.fromkeys(more)
        waiting += more
    return "".join(definitions[name] for name in used) + text


def _route(route: Mapping[str, Any], times: frozenset[str]) -> dict[str, Any]:
    """A route; of its times only those that the operator knows."""
    found = {camel_case(key): value for key, value in route.items()}
    if not times.issuperset(route.get("active_time_intervals", ())):
        del found["activeTimeIntervals"]
    if "matchers" in found:
        found["matchers"] = _matchers(found["matchers"])
    if "routes" in found:
        found["routes"] = [_route(child, times) for child in found["routes"]]
    return found


def _is_utc(time: Mapping[str, Any]) -> bool:
    """Whether the operator, which knows no time zones, can tell a time."""
    return all(interval["location"] == "UTC" for interval in time["time_intervals"])


def _time(time: Mapping[str, Any]) -> dict[str, Any]:
    intervals = [
        {
            "times": [{camel_case(key): value for key, value in each.items()} for each in interval["times"]],
            "weekdays": interval["weekdays"],
        }
        for interval in time["time_intervals"]
    ]
    return {"name": time["name"], "timeIntervals": intervals}


def _inhibition(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sourceMatch": _matchers(rule["source_matchers"]),
        "targetMatch": _matchers(rule["target_matchers"]),
        "equal": rule["equal"],
    }


def _matchers(texts: list[str]) -> list[dict[str, str]]:
    return [match.groupdict() for match in map(_MATCHER.fullmatch, texts) if match]


def _receiver(receiver: Mapping[str, Any], templates: str) -> dict[str, Any]:
    return {
        camel_case(kind): configs if kind == "name" else [_channel(config, templates) for config in configs]
        for kind, configs in receiver.items()
    }


def _channel(config: Mapping[str, Any], templates: str) -> dict[str, Any]:
    return {_KEYS.get(key, camel_case(key)): _value(key, value, templates) for key, value in config.items()}


def _value(key: str, value: Any, templates: str) -> Any:
    if key.endswith("_file"):
        return selector("alertmanager", value)
    if key == "links":
        return [{"href": complete(link["href"], templates), "alt": link["text"]} for link in value]
    if isinstance(value, dict):
        return [{"key": name, "value": complete(text, templates)} for name, text in value.items()]
    return complete(value, templates) if isinstance(value, str) else value

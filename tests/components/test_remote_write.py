"""Samples that Prometheus sends elsewhere as they come."""

from __future__ import annotations

from typing import Any

import pytest

from slostack import plain_yaml
from tests.components.program import Program, canaries, run_program, stack_config
from tests.components.wrong_config import Wrong, check_refusal

URL = "https://mimir.acme.example/api/v1/push"
FILE = "/etc/slostack/secrets/remote-write-token-mimir"
REPLICAS = [
    {"source_labels": ["prometheus_replica"], "target_label": "__replica__"},
    {"action": "labeldrop", "regex": "prometheus_replica"},
]


def of_dev(**remote: Any) -> Program:
    config = stack_config("dev")
    config["prometheus"] |= {"remoteWrite": {"mimir": {"url": URL, **remote}}}
    return run_program("dev", config, canaries("dev", config))


def written(program: Program) -> list[dict[str, Any]]:
    config = program.one(":ConfigMap", "prometheus-config").inputs["data"]["prometheus.yml"]
    return list(plain_yaml.load(config).get("remote_write", []))


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ({}, {}),
        ({"tenant": "dev"}, {"headers": {"X-Scope-OrgID": "dev"}}),
        ({"token": True}, {"authorization": {"credentials_file": FILE}}),
        ({"username": "42"}, {"basic_auth": {"username": "42", "password_file": FILE}}),
    ],
)
def test_it_is_sent_as_the_settings_say(remote: dict[str, Any], expected: dict[str, Any]) -> None:
    program = of_dev(**remote)
    assert written(program) == [{"name": "mimir", "url": URL, **expected, "write_relabel_configs": REPLICAS}]
    files = program.one(":Secret", "prometheus-secrets").inputs["stringData"]["value"]
    assert ("remote-write-token-mimir" in files) == bool({"token", "username"} & set(remote))


def test_replicas_may_be_told_apart_by_another_label() -> None:
    ((remote,),) = [written(of_dev(replicaLabel="replica"))]
    assert remote["write_relabel_configs"][0]["target_label"] == "replica"


def test_nothing_is_sent_unless_the_settings_say_so(program: Program) -> None:
    assert written(program) == []


def _remote(**keys: Any) -> dict[str, Any]:
    return {"remoteWrite": {"mimir": {"url": URL} | keys}}


WRONG: Wrong = {
    "no URL": (
        lambda c: c["prometheus"].update(_remote(url="mimir:9009")),
        "slostack:prometheus.remoteWrite.mimir.url: 'mimir:9009' (text), expected a URL",
    ),
    "two log-ins": (
        lambda c: c["prometheus"].update(_remote(token=True, username="42")),
        "slostack:prometheus.remoteWrite.mimir.username: a user name beside `token`, expected one of them",
    ),
    "a token in the clear": (
        lambda c: c["prometheus"].update(_remote(url="http://mimir.acme.example/push", token=True)),
        "slostack:prometheus.remoteWrite.mimir.url: http://, expected https://, as the token can be read on its way",
    ),
    "a password in the clear": (
        lambda c: c["prometheus"].update(_remote(url="http://mimir.acme.example/push", username="42")),
        "slostack:prometheus.remoteWrite.mimir.url: http://, expected https://, as the password can be read on its",
    ),
    "no label": (
        lambda c: c["prometheus"].update(_remote(replicaLabel="a-b")),
        "slostack:prometheus.remoteWrite.mimir.replicaLabel: 'a-b' (text), expected a label's name",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_settings_are_refused(wrong: str) -> None:
    check_refusal(*WRONG[wrong])

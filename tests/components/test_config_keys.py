"""Missing, unknown, mistyped and repeated keys: one clear error each, which names key, stack and expectation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.program import ROOT, canaries, refusal, run_program, stack_config
from tests.components.wrong_config import Wrong, check_refusal

WRONG: Wrong = {
    "missing": (lambda c: c.pop("environment"), "slostack:environment: missing"),
    "missing in an object": (lambda c: c["urls"].pop("grafana"), "slostack:urls.grafana: missing"),
    "no URLs": (lambda c: c.pop("urls"), "slostack:urls: nothing, expected the URLs of grafana"),
    "unknown": (lambda c: c.update(recievers={}, typo="x"), "slostack:typo: unknown key"),
    "unknown in an object": (lambda c: c["kubernetes"].update(sharts=3), "slostack:kubernetes.sharts: unknown key"),
    "wrong type": (lambda c: c.update(urls="https://acme.example"), "slostack:urls: 'https://acme.example' (text)"),
    "not an object": (lambda c: c.update(services="{learnsnap"), "slostack:services: '{learnsnap' (text)"),
    "no such delivery": (lambda c: c.update(delivery="nomad"), "slostack:delivery: 'nomad' (text)"),
    "a text that is no switch": (
        lambda c: c["services"]["learnsnap"].update(token="yes"),
        "slostack:services.learnsnap.token: 'yes' (text), expected true or false",
    ),
    "a text in place of a list": (
        lambda c: c["logs"].update(drop="debug"),
        "slostack:logs.drop: 'debug' (text), expected a list",
    ),
    "a number in place of a text": (
        lambda c: c["kubernetes"].update(labels={"team": 5}),
        "slostack:kubernetes.labels.team: 5 (a number), expected text in quotes",
    ),
    "a namespace twice": (
        lambda c: c["logs"].update(namespaces=["shop", "shop"]),
        "slostack:logs.namespaces[1]: 'shop' (text) again, expected each once",
    ),
    "a target twice": (
        lambda c: c["services"]["learnsnap"].update(targets=["a.acme.example:443", "a.acme.example:443"]),
        "slostack:services.learnsnap.targets[1]: 'a.acme.example:443' (text) again, expected each once",
    ),
    "a pull secret twice": (
        lambda c: c["kubernetes"].update(images={"pullSecrets": ["a", "b", "a"]}),
        "slostack:kubernetes.images.pullSecrets[2]: 'a' (text) again, expected each once",
    ),
    "a level twice": (
        lambda c: c["logs"].update(drop=["debug", "debug"]),
        "slostack:logs.drop[1]: 'debug' (text) again",
    ),
    "an event twice": (lambda c: c["logs"].update(security=["a", "a"]), "slostack:logs.security[1]: 'a' (text) again"),
    "addresses twice": (
        lambda c: c["kubernetes"].update(nodes=["10.0.0.0/8", "10.0.0.0/8"]),
        "slostack:kubernetes.nodes[1]: '10.0.0.0/8' (text) again",
    ),
    "a cache twice": (
        lambda c: c["kubernetes"].update(dns={"addresses": ["10.0.0.1/32", "10.0.0.1/32"]}),
        "slostack:kubernetes.dns.addresses[1]: '10.0.0.1/32' (text) again",
    ),
    "a port of the API twice": (
        lambda c: c["kubernetes"].update(apiServerPorts=[443, 443]),
        "slostack:kubernetes.apiServerPorts[1]: 443 (a number) again",
    ),
    "no such service": (lambda c: c["services"].update(checkout={}), "checkout"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_key_is_refused(wrong: str) -> None:
    check_refusal(*WRONG[wrong])


def test_every_mistake_is_told_at_once() -> None:
    config = stack_config("prod")
    del config["environment"], config["urls"]["grafana"]
    assert len(refusal("prod", config, canaries("prod")).splitlines()) == 2


def test_a_stack_without_a_file_is_told_which_there_are() -> None:
    message = refusal("frist", {}, {})
    assert message == "no stacks/Pulumi.frist.yaml, expected one of the stacks dev, local, prod, staging"


def test_a_mistake_is_told_by_its_place_in_the_stacks_file() -> None:
    config = stack_config("prod")
    config["loki"]["storage"] = "lots"
    lines = (ROOT / "stacks" / "Pulumi.prod.yaml").read_text(encoding="utf-8").splitlines()
    (line,) = (n for n, text in enumerate(lines) if text == "  slostack:loki:")
    message = refusal("prod", config, canaries("prod"))
    assert message.startswith(f"stacks/Pulumi.prod.yaml:{line + 3}:14: slostack:loki.storage: 'lots'")


@pytest.mark.parametrize(
    "edit",
    [
        {"kubernetes": {"context": "elsewhere"}},
        {"services": {"learnsnap": {}, "checkout": {}}},
        {"prometheus": {"retention": "7d"}},
    ],
)
def test_a_stack_that_is_not_called_as_its_environment_is_named_by_its_file(edit: dict[str, Any]) -> None:
    message = refusal("dev", stack_config("dev") | {"environment": "qa"} | edit, canaries("dev"))
    assert "stacks/Pulumi.dev.yaml" in message
    assert "Pulumi.qa" not in message


def test_an_empty_object_is_as_good_as_none() -> None:
    config = stack_config("dev") | {"receivers": {}, "alertmanager": {}, "local": {}}
    secrets = canaries("dev")
    assert run_program("dev", config, secrets).outputs == run_program("dev", stack_config("dev"), secrets).outputs
    with_no_urls = run_program("local", stack_config("local") | {"urls": {}}, {})
    assert with_no_urls.resources == run_program("local", stack_config("local"), {}).resources

"""Missing, wrong and misplaced secrets, none of which is repeated."""

from __future__ import annotations

import pytest

from slostack.deploy.secrets import required_secrets
from slostack.settings import parse_settings
from slostack.teams import load_teams
from tests.components.program import ROOT, canaries, refusal, run_program, stack_config

IN_THE_CLEAR = "https, as what is sent and the URL itself can be read on their way"
PROD = parse_settings(stack_config("prod"), "prod")


@pytest.mark.parametrize("key", sorted(secret.key for secret in required_secrets(PROD, load_teams(ROOT))))
def test_a_missing_secret_is_named_with_the_command_that_sets_it(key: str) -> None:
    secrets = canaries("prod")
    del secrets[key]
    made_up = "openssl rand -base64 32 | " if key == "grafanaSecretKey" else ""
    assert refusal("prod", stack_config("prod"), secrets) == (
        f"stack prod: slostack:{key}: missing, expected a secret: "
        f"{made_up}pulumi config set --secret {key} --stack prod"
    )


def test_secrets_are_those_of_teams_whose_services_are_watched_and_of_the_stacks_own() -> None:
    config = stack_config("prod")
    config["services"] = {"learnsnap": config["services"]["learnsnap"]}
    missing = {line.split(":")[2] for line in refusal("prod", config, {}).splitlines()}
    assert {key for key in missing if key.startswith(("slackUrl", "pagerdutyKey", "smsUrl"))} == {
        *("slackUrl", "pagerdutyKey", "pagerdutyKey-platform-senior", "smsUrl"),
        *("slackUrl-learnsnap", "pagerdutyKey-learnsnap", "pagerdutyKey-learnsnap-senior", "smsUrl-learnsnap"),
    }


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("grafanaAdminPassword", "", "some text"),
        ("grafanaAdminPassword", " \n", "some text"),
        ("scrapeToken-learnsnap", "\t", "some text"),
        ("slackUrl", "hunter2 world", "a URL at port 443"),
        ("slackUrl", "https:///hunter2", "a URL at port 443"),
        ("slackUrl", "https://hooks.example/hunter2 world", "a URL at port 443"),
        ("slackUrl-junkos", "https://hooks.example:8443/hunter2", "a URL at port 443"),
        ("slackUrl", "ftp://hooks.example:443/hunter2", "a URL at port 443"),
        ("smsUrl", "https://sms.acme.example:4433/hunter2", "a URL at sms.acme.example:443"),
        ("smsUrl-learnsnap", "https://hunter2.example/", "a URL at sms.acme.example:443"),
        ("slackUrl", "http://hooks.example:443/hunter2", IN_THE_CLEAR),
        ("smsUrl", "HTTP://sms.acme.example:443/hunter2", IN_THE_CLEAR),
        ("deadMansSwitchUrl", "http://alive.acme.example:443/hunter2\n", IN_THE_CLEAR),
        ("webhookUrl", "http://hooks.acme.example:443/hunter2", IN_THE_CLEAR),
        ("webhookUrl", "https://hunter2.acme.example/", "a URL at hooks.acme.example:443"),
        ("deadMansSwitchUrl", "https://hunter2.acme.example/", "a URL at alive.acme.example:443"),
        ("deadMansSwitchUrl", "https://alive.acme.example:x/hunter2", "a URL at alive.acme.example:443"),
    ],
)
def test_a_secret_that_cannot_be_right_is_refused_and_not_repeated(key: str, value: str, expected: str) -> None:
    config = stack_config("prod")
    config["receivers"]["webhook"] = {"host": "hooks.acme.example:443"}
    message = refusal("prod", config, canaries("prod", config) | {key: value})
    assert message == (
        f"stack prod: slostack:{key}: another value, expected {expected}: pulumi config set --secret {key} --stack prod"
    )


@pytest.mark.parametrize("key", ["SW2YcwTIb9zpOOhoPsMm\n", "hunter2", " hunter2         "])
def test_a_key_of_grafana_that_others_know_or_guess_is_refused(key: str) -> None:
    secrets = canaries("dev") | {"grafanaSecretKey": key}
    assert refusal("dev", stack_config("dev"), secrets) == (
        "stack dev: slostack:grafanaSecretKey: another value, expected at least 16 random characters, not Grafana's "
        "published default: openssl rand -base64 32 | pulumi config set --secret grafanaSecretKey --stack dev"
    )


def test_a_url_may_leave_out_its_port_and_end_with_a_line_break() -> None:
    secrets = {"deadMansSwitchUrl": "https://ALIVE.acme.example/x\n", "smsUrl": "https://sms.acme.example/?to=1"}
    assert run_program("prod", stack_config("prod"), canaries("prod") | secrets).resources


def test_a_secret_in_plain_text_is_refused_and_not_repeated() -> None:
    secrets = canaries("prod")
    config = stack_config("prod") | {"slackUrl": secrets.pop("slackUrl")}
    message = refusal("prod", config, secrets)
    assert message.startswith(
        "stack prod: slostack:slackUrl: plain text, expected a secret: pulumi config set --secret"
    )
    assert "canary" not in message


def test_an_encrypted_setting_is_refused_and_not_repeated() -> None:
    secrets = canaries("prod") | {"slackURL": "canary-typo"}
    message = refusal("prod", stack_config("prod"), secrets)
    assert message.startswith("stack prod: slostack:slackURL: encrypted, expected plain text")
    assert "canary" not in message


def test_a_token_of_a_service_that_is_not_watched_is_refused() -> None:
    secrets = canaries("prod") | {"scrapeToken-checkout": "canary-x"}
    message = refusal("prod", stack_config("prod"), secrets)
    assert message.startswith("stack prod: slostack:scrapeToken-checkout: no such secret, expected one of")
    assert message.endswith(", or it taken away: pulumi config rm scrapeToken-checkout --stack prod")
    assert "canary" not in message

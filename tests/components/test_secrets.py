"""Secrets reach the servers as files, and nobody else."""

from __future__ import annotations

import json

import pytest

from slostack.deploy.secrets import Secret, scrapers_password, secrets_in_use
from slostack.settings import parse_settings
from tests.components.program import Program, canaries, run_program, stack_config

OF_TEAMS = {
    **{f"slack-url{name}": f"slackUrl{name}" for name in ("", "-learnsnap", "-postfacta", "-stolen-tee", "-junkos")},
    **{f"sms-url{name}": f"smsUrl{name}" for name in ("", "-learnsnap", "-postfacta", "-stolen-tee", "-junkos")},
    **{f"pagerduty-key{name}": f"pagerdutyKey{name}" for name in ("", "-learnsnap", "-postfacta", "-junkos")},
    **{
        f"pagerduty-key-{t}-senior": f"pagerdutyKey-{t}-senior"
        for t in ("learnsnap", "postfacta", "junkos", "platform")
    },
    "sms-url-stolen-tee-senior": "smsUrl-stolen-tee-senior",
}
"""What teams.yaml names, and the stack's own of those teams that name none."""
OF_STACK = {
    "dev": {
        "prometheus": {},
        "grafana": {
            "grafana-admin-password": "grafanaAdminPassword",
            "grafana-secret-key": "grafanaSecretKey",
        },
    },
    "staging": {
        "prometheus": {"scrape-token-learnsnap": "scrapeToken-learnsnap"},
        "alertmanager": {
            "slack-url": "slackUrl",
            "smtp-password": "smtpPassword",
            "dead-mans-switch-url": "deadMansSwitchUrl",
        },
        "grafana": {
            "grafana-admin-password": "grafanaAdminPassword",
            "grafana-oidc-secret": "grafanaOidcSecret",
            "grafana-secret-key": "grafanaSecretKey",
        },
    },
    "prod": {
        "prometheus": {"scrape-token-learnsnap": "scrapeToken-learnsnap"},
        "alertmanager": {
            "smtp-password": "smtpPassword",
            **OF_TEAMS,
            "dead-mans-switch-url": "deadMansSwitchUrl",
        },
        "grafana": {
            "grafana-admin-password": "grafanaAdminPassword",
            "grafana-database-password": "grafanaDatabasePassword",
            "grafana-oidc-secret": "grafanaOidcSecret",
            "grafana-secret-key": "grafanaSecretKey",
        },
    },
}


def test_each_secret_is_a_file_of_the_server_that_reads_it(program: Program, stack: str) -> None:
    found = {}
    for secret in program.of_type(":Secret"):
        data = secret.inputs["stringData"]
        assert pulumi_calls_it_secret(data)
        found[secret.parent] = data["value"]
    values = canaries(stack)
    expected = {server: {f: values[key] for f, key in files.items()} for server, files in OF_STACK[stack].items()}
    made = scrapers_password(values["grafanaSecretKey"])
    assert values["grafanaSecretKey"] not in made
    for server in ("grafana", "prometheus"):
        expected[server]["grafana-metrics-password"] = made
    assert found == expected


def pulumi_calls_it_secret(value: object) -> bool:
    """Whether the engine was told that a property is secret, so that it is encrypted in the state."""
    return (
        isinstance(value, dict) and value.get("4dabf18193072939515e22adb298388d") == "1b47061264138c4ac30d75fd1eb44270"
    )


def test_no_secret_is_anywhere_else(program: Program, stack: str) -> None:
    elsewhere = [dict(each.inputs) for each in program.resources if not each.type.endswith(":Secret")]
    assert f"canary-{stack}" not in json.dumps(elsewhere)
    assert f"canary-{stack}" not in json.dumps(program.outputs)


def test_the_url_of_what_hears_everything_is_in_alertmanagers_secret_alone() -> None:
    config = stack_config("dev") | {"receivers": {"webhook": {"host": "hooks.acme.example:443"}}}
    canary = canaries("dev", config)["webhookUrl"]
    program = run_program("dev", config, canaries("dev", config))
    told = [each for each in program.resources if canary in json.dumps(dict(each.inputs))]
    assert [(each.type, each.name) for each in told] == [("kubernetes:core/v1:Secret", "alertmanager-secrets")]
    assert told[0].inputs["stringData"]["value"]["webhook-url"] == canary


def test_servers_read_their_secrets_from_a_folder_that_is_mounted(program: Program, stack: str) -> None:
    for server, template in program.pods():
        volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
        assert ("secrets" in volumes) == (server in OF_STACK[stack])
        if server in OF_STACK[stack]:
            assert volumes["secrets"]["secret"] == {"secretName": f"{server}-secrets", "defaultMode": 0o440}
        (container,) = template["spec"]["containers"]
        assert {each["name"] for each in container.get("env", []) if "value" in each} <= {"GOMEMLIMIT"}


@pytest.mark.parametrize(
    ("receivers", "keys"),
    [
        ({}, []),
        ({"slack": {"channel": "#alerts"}}, ["slackUrl"]),
        ({"pagerduty": {"enabled": True}}, ["pagerdutyKey"]),
        ({"pagerduty": {"enabled": False}}, []),
        ({"email": {"to": "a@b.example", "sender": "c@d.example", "smarthost": "smtp.example:25"}}, []),
        (
            {"email": {"to": "a@b.example", "sender": "c@d.example", "smarthost": "s.example:25", "username": "u"}},
            ["smtpPassword"],
        ),
        ({"sms": {"gateway": "sms.acme.example:443"}}, ["smsUrl"]),
        ({"deadMansSwitch": {"host": "alive.acme.example:443"}}, ["deadMansSwitchUrl"]),
        ({"webhook": {"host": "hooks.acme.example:443"}}, ["webhookUrl"]),
    ],
)
def test_a_receiver_calls_for_its_secret(receivers: dict[str, object], keys: list[str]) -> None:
    settings = parse_settings(stack_config("dev") | {"receivers": receivers}, "dev")
    wanted: list[Secret] = list(secrets_in_use(settings))
    assert [secret.key for secret in wanted] == [*keys, "grafanaAdminPassword", "grafanaSecretKey"]


def test_a_client_certificate_is_two_secrets_of_its_service() -> None:
    config = stack_config("dev")
    config["services"]["learnsnap"] |= {"scheme": "https", "clientCertificate": True}
    wanted = list(secrets_in_use(parse_settings(config, "dev")))
    assert [(each.key, each.file) for each in wanted if each.server == "prometheus"] == [
        ("scrapeCertificate-learnsnap", "scrape-certificate-learnsnap"),
        ("scrapeKey-learnsnap", "scrape-key-learnsnap"),
    ]

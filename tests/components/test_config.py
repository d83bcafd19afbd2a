"""Missing and wrong config: one clear error that names key, stack and expectation, before anything is registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from slostack.deploy.secrets import required_secrets
from slostack.settings import parse_settings
from slostack.teams import load_teams
from tests.certificate import CERTIFICATE
from tests.components.program import ROOT, canaries, refusal, run_program, stack_config

Edit = Callable[[dict[str, Any]], object]
KEY = "-----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY-----\n"


def _exposure(**keys: str) -> dict[str, str]:
    return {"host": "grafana.acme.example", "fromNamespace": "ingress"} | keys


WRONG: dict[str, tuple[Edit, str]] = {
    "missing": (lambda c: c.pop("environment"), "slostack:environment: missing"),
    "missing in an object": (lambda c: c["urls"].pop("grafana"), "slostack:urls.grafana: missing"),
    "no URLs": (lambda c: c.pop("urls"), "slostack:urls: nothing, expected the URLs of grafana"),
    "unknown": (lambda c: c.update(recievers={}, typo="x"), "slostack:typo: unknown key"),
    "unknown in an object": (lambda c: c["kubernetes"].update(sharts=3), "slostack:kubernetes.sharts: unknown key"),
    "wrong type": (lambda c: c.update(urls="https://acme.example"), "slostack:urls: 'https://acme.example' (text)"),
    "not an object": (lambda c: c.update(services="{learnsnap"), "slostack:services: '{learnsnap' (text)"),
    "zero": (lambda c: c["kubernetes"].update(shards=0), "slostack:kubernetes.shards: 0 (a number)"),
    "no size": (lambda c: c["prometheus"].update(storage="lots"), "slostack:prometheus.storage: 'lots' (text)"),
    "no duration": (
        lambda c: c["loki"].update(retention="a week"),
        "slostack:loki.retention: 'a week' (text), expected a duration such as",
    ),
    "no context": (
        lambda c: c["kubernetes"].pop("context"),
        "slostack:kubernetes.context: no context, expected the kubeconfig",
    ),
    "a context of another machine": (
        lambda c: c["kubernetes"].update(context="elsewhere"),
        "stacks/Pulumi.prod.yaml: slostack:kubernetes.context: 'elsewhere' is no context of the text in KUBECONFIG, "
        "expected one of ",
    ),
    "no port": (
        lambda c: c["services"]["learnsnap"].update(targets=["learnsnap.acme.example"]),
        "slostack:services.learnsnap.targets[0]: 'learnsnap.acme.example' (text), expected host:port, such as",
    ),
    "no such delivery": (lambda c: c.update(delivery="nomad"), "slostack:delivery: 'nomad' (text)"),
    "replicas without a database": (
        lambda c: c["grafana"].pop("database"),
        "slostack:grafana.replicas: 2 replicas without `database`, expected a PostgreSQL database (grafana.database) "
        "that they share, or one replica",
    ),
    "too many replicas": (lambda c: c["prometheus"].update(replicas=10), "slostack:prometheus.replicas: 10 (a number)"),
    "no digest": (
        lambda c: c["kubernetes"].update(images={"digests": {"loki": "sha256:12"}}),
        "slostack:kubernetes.images.digests.loki: 'sha256:12' (text)",
    ),
    "a digest of nothing": (
        lambda c: c["kubernetes"].update(images={"digests": {"promtheus": f"sha256:{'0' * 64}"}}),
        "slostack:kubernetes.images.digests.promtheus",
    ),
    "a storage class of nothing": (
        lambda c: c["kubernetes"].update(storageClasses={"blackbox": "fast"}),
        "slostack:kubernetes.storageClasses.blackbox",
    ),
    "an Ingress without TLS": (
        lambda c: c["kubernetes"]["exposure"].pop("tlsSecret"),
        "slostack:kubernetes.exposure.tlsSecret: an Ingress without `tlsSecret`, expected the Secret with its",
    ),
    "a route to no Gateway": (
        lambda c: c["kubernetes"].update(exposure=_exposure(kind="gateway")),
        "slostack:kubernetes.exposure.gateway: no gateway, expected the name of the Gateway that the route attaches to",
    ),
    "what an Ingress has none of": (
        lambda c: c["kubernetes"]["exposure"].update(gateway="shared"),
        "slostack:kubernetes.exposure.gateway: `gateway` with kind ingress, expected it left out",
    ),
    "what a route has none of": (
        lambda c: c["kubernetes"].update(exposure=_exposure(kind="gateway", gateway="shared", tlsSecret="tls")),
        "slostack:kubernetes.exposure.tlsSecret: `tlsSecret` with kind gateway, expected it left out",
    ),
    "links elsewhere": (
        lambda c: c["kubernetes"]["exposure"].update(host="metrics.acme.example"),
        "slostack:kubernetes.exposure.host: host metrics.acme.example, expected that of urls.grafana (https://grafana.acme.example)",
    ),
    "no certificate": (
        lambda c: c["grafana"]["database"].update(ca="/etc/ssl/ca.pem"),
        "slostack:grafana.database.ca: '/etc/ssl/ca.pem' (text)",
    ),
    "no room for another namespace beside it": (
        lambda c: c["kubernetes"].update(namespace="n" * 58),
        "slostack:kubernetes.namespace: 'nnnn",
    ),
    "a port that there is none of": (
        lambda c: c["services"]["learnsnap"].update(targets=["learnsnap.acme.example:99999"]),
        "slostack:services.learnsnap.targets[0]: 'learnsnap.acme.example:99999' (text), expected a port of at most",
    ),
    "a pod's port that there is none of": (
        lambda c: c["services"].update(learnsnap={"pods": {"namespace": "shop", "labels": {"app": "x"}, "port": 0}}),
        "slostack:services.learnsnap.pods.port: 0 (a number), expected a port's number, or its name",
    ),
    "certificates that are none": (
        lambda c: c["services"]["learnsnap"].update(ca=CERTIFICATE.replace("M", "N")),
        "slostack:services.learnsnap.ca: '-----BEGIN CERTIFICATE-----",
    ),
    "a key among certificates": (
        lambda c: c["services"]["learnsnap"].update(ca=CERTIFICATE + KEY),
        "slostack:services.learnsnap.ca: a PEM block that is no certificate, expected certificates alone",
    ),
    "a key for a certificate": (
        lambda c: c["grafana"]["database"].update(ca=KEY),
        "slostack:grafana.database.ca: a PEM block that is no certificate, expected certificates alone",
    ),
    "a URL's port that there is none of": (
        lambda c: c["services"]["learnsnap"].update(probe="https://learnsnap.acme.example:70000"),
        "slostack:services.learnsnap.probe: 'https://learnsnap.acme.example:70000' (text), expected a host",
    ),
    "a password in a URL": (
        lambda c: c["receivers"].update(webhook="https://user:hunter2@hooks.acme.example/"),
        "slostack:receivers.webhook: a user or password in a URL, expected none",
    ),
    "nobody's address": (
        lambda c: c["receivers"]["email"].update(to="the team"),
        "slostack:receivers.email.to: 'the team' (text), expected an address such as",
    ),
    "no channel": (lambda c: c["receivers"]["slack"].update(channel=""), "slostack:receivers.slack.channel: ''"),
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
    "a label of the stack's own": (
        lambda c: c["kubernetes"].update(labels={"app.kubernetes.io/name": "x"}),
        "slostack:kubernetes.labels: 'app.kubernetes.io/name' (text), expected labels that the stack doesn't set",
    ),
    "more asked for than given": (
        lambda c: c["kubernetes"]["resources"]["loki"].update(cpu="3"),
        "slostack:kubernetes.resources.loki.cpu: cpu 3 above cpuLimit 2, expected at most as much",
    ),
    "too little room": (
        lambda c: c["prometheus"].update(storage="1Mi"),
        "slostack:prometheus.storage: '1Mi' (text), expected at least 512Mi",
    ),
    "less than Loki can keep": (
        lambda c: c["loki"].update(retention="1h"),
        "slostack:loki.retention: 1h, expected at least 1d",
    ),
    "less than Loki can keep, of a level": (
        lambda c: c["loki"].update(retention={"debug": "12h"}),
        "slostack:loki.retention.debug: 12h, expected at least 1d",
    ),
    "grave lines that go before others": (
        lambda c: c["loki"].update(retention={"info": "120d"}),
        "slostack:loki.retention.warn: 90d, expected at least the 120d of info, which is less grave",
    ),
    "no level": (
        lambda c: c["loki"].update(retention={"fatal": "90d"}),
        "slostack:loki.retention.fatal: unknown key",
    ),
    "others' namespace": (
        lambda c: c["kubernetes"].update(namespace="kube-system"),
        "slostack:kubernetes.namespace: namespace kube-system, expected one of the stack's own, which it makes",
    ),
    "no addresses, which a policy takes for all": (
        lambda c: c["kubernetes"].update(apiServer=[]),
        "slostack:kubernetes.apiServer: an empty list, expected at least one",
    ),
    "addresses that there are none of": (
        lambda c: c["kubernetes"].update(nodes=["10.0.0.0/33"]),
        "slostack:kubernetes.nodes[0]: '10.0.0.0/33' (text), expected addresses such as 10.0.0.0/16",
    ),
    "verified, but not scraped": (
        lambda c: c.update(exporters={"kubelets": False, "verifyKubelets": True}),
        "slostack:exporters.verifyKubelets: `verifyKubelets` without kubelets, expected kubelets: true",
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
    "no port of the API": (
        lambda c: c["kubernetes"].update(apiServerPorts=[]),
        "slostack:kubernetes.apiServerPorts: an empty list, expected at least one",
    ),
    "no name of a storage class": (
        lambda c: c["kubernetes"].update(storageClass="SSD_retain"),
        "slostack:kubernetes.storageClass: 'SSD_retain' (text), expected a name of lower-case letters",
    ),
    "no name of a server's storage class": (
        lambda c: c["kubernetes"].update(storageClasses={"loki": "ssd..retain"}),
        "slostack:kubernetes.storageClasses.loki: 'ssd..retain' (text), expected a name of lower-case letters",
    ),
    "no name of a Secret": (
        lambda c: c["kubernetes"]["exposure"].update(tlsSecret="grafana.-tls"),
        "slostack:kubernetes.exposure.tlsSecret: 'grafana.-tls' (text), expected a name of lower-case letters",
    ),
    "a name of a Secret that is too long": (
        lambda c: c["kubernetes"].update(images={"pullSecrets": ["s" * 254]}),
        "slostack:kubernetes.images.pullSecrets[0]: 'ssss",
    ),
    "no name of a port": (
        lambda c: c["services"].update(
            learnsnap={"pods": {"namespace": "shop", "labels": {"app": "x"}, "port": "-metrics"}}
        ),
        "slostack:services.learnsnap.pods.port: '-metrics' (text), expected a port's number, or its name",
    ),
    "a label's name that is too long": (
        lambda c: c["kubernetes"].update(labels={"t" * 64: "x"}),
        f"slostack:kubernetes.labels.{'t' * 64}: ",
    ),
    "a label's prefix that is too long": (
        lambda c: c["kubernetes"].update(labels={f"{'a.' * 127}a/team": "x"}),
        "expected a label's name, such as team",
    ),
    "a label's value that is too long": (
        lambda c: c["kubernetes"].update(labels={"team": "x" * 64}),
        "slostack:kubernetes.labels.team: 'xxx",
    ),
    "no name of an annotation": (
        lambda c: c["kubernetes"]["exposure"].update(annotations={"cluster issuer": "x"}),
        "slostack:kubernetes.exposure.annotations.cluster issuer: 'cluster issuer' (text), expected an annotation's",
    ),
    "another system": (
        lambda c: c["kubernetes"].update(nodeSelector={"kubernetes.io/os": "windows"}),
        "slostack:kubernetes.nodeSelector.kubernetes.io/os: 'kubernetes.io/os' (text), expected it left out",
    ),
    "too little memory": (
        lambda c: c["kubernetes"]["resources"]["loki"].update(memory="1Mi"),
        "slostack:kubernetes.resources.loki.memory: '1Mi' (text), expected at least 64Mi and at most 16Ti",
    ),
    "more memory than there is": (
        lambda c: c["kubernetes"]["resources"]["loki"].update(memory="17Ti"),
        "slostack:kubernetes.resources.loki.memory: '17Ti' (text), expected at least 64Mi and at most 16Ti",
    ),
    "too little room for logs": (
        lambda c: c["loki"].update(storage="512Mi"),
        "slostack:loki.storage: '512Mi' (text), expected at least 1Gi and at most 1024Ti",
    ),
    "more room than there is": (
        lambda c: c["prometheus"].update(storage="99999999999999999999Ti"),
        "slostack:prometheus.storage: '99999999999999999999Ti' (text), expected at least 512Mi and at most 1024Ti",
    ),
    "two senders": (
        lambda c: c["receivers"]["email"].update(sender="a@acme.example, b@acme.example"),
        "slostack:receivers.email.sender: 'a@acme.example, b@acme.example' (text), expected one address",
    ),
    "a server's name of two lines": (
        lambda c: c["services"]["learnsnap"].update(serverName="a.acme.example\nb"),
        "slostack:services.learnsnap.serverName: 'a.acme.example\\nb' (text), expected a host's name",
    ),
    "a base URL with a query": (
        lambda c: c["services"]["learnsnap"].update(probe="https://learnsnap.acme.example/?a=b"),
        "slostack:services.learnsnap.probe: 'https://learnsnap.acme.example/?a=b' (text), expected a URL without ?",
    ),
    "more lines than a pod writes": (
        lambda c: c["logs"]["limits"]["kube-system"].update(linesPerSecond=10**18),
        "slostack:logs.limits.kube-system.linesPerSecond: 1000000000000000000 (a number), expected at most 100,000",
    ),
    "another section of Grafana's config": (
        lambda c: c["grafana"]["oidc"].update(name="A\n[auth.anonymous]\nenabled = true"),
        "slostack:grafana.oidc.name: 'A\\n[auth.anonymous]\\nenabled = true' (text), expected one line of text without",
    ),
    "a quote of Grafana's config": (
        lambda c: c["grafana"]["oidc"].update(role="'Viewer'`"),
        "slostack:grafana.oidc.role: \"'Viewer'`\" (text), expected one line of text without backticks",
    ),
    "a file in Grafana's config": (
        lambda c: c["grafana"]["database"].update(user="$__file{/etc/passwd}"),
        "slostack:grafana.database.user: '$__file{/etc/passwd}' (text), expected one line of text without backticks",
    ),
    "nothing in Grafana's config": (
        lambda c: c["grafana"]["oidc"].update(clientId=" "),
        "slostack:grafana.oidc.clientId: ' ' (text), expected one line of text without backticks",
    ),
    "a URL that ends a quote": (
        lambda c: c["grafana"]["oidc"].update(authUrl="https://login.acme.example/`"),
        "slostack:grafana.oidc.authUrl: 'https://login.acme.example/`' (text), expected one line of text without",
    ),
    "no such service": (lambda c: c["services"].update(checkout={}), "checkout"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_config_is_refused(wrong: str) -> None:
    edit, expected = WRONG[wrong]
    config = stack_config("prod")
    edit(config)
    message = refusal("prod", config, canaries("prod"))
    assert expected in message
    assert "prod" in message
    assert "Traceback" not in message
    assert "hunter2" not in message


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


PROD = parse_settings(stack_config("prod"), "prod")


@pytest.mark.parametrize("key", sorted(secret.key for secret in required_secrets(PROD, load_teams(ROOT))))
def test_a_missing_secret_is_named_with_the_command_that_sets_it(key: str) -> None:
    secrets = canaries("prod")
    del secrets[key]
    assert refusal("prod", stack_config("prod"), secrets) == (
        f"stack prod: slostack:{key}: missing, expected a secret: pulumi config set --secret {key} --stack prod"
    )


def test_secrets_are_those_of_teams_whose_services_are_watched_and_of_the_stacks_own() -> None:
    config = stack_config("prod")
    config["services"] = {"learnsnap": config["services"]["learnsnap"]}
    missing = {line.split(":")[2] for line in refusal("prod", config, {}).splitlines()}
    assert {key for key in missing if key.startswith(("slackUrl", "pagerdutyKey", "smsUrl"))} == {
        *("slackUrl", "pagerdutyKey", "smsUrl"),
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
        ("deadMansSwitchUrl", "https://hunter2.acme.example/", "a URL at alive.acme.example:443"),
        ("deadMansSwitchUrl", "https://alive.acme.example:x/hunter2", "a URL at alive.acme.example:443"),
    ],
)
def test_a_secret_that_cannot_be_right_is_refused_and_not_repeated(key: str, value: str, expected: str) -> None:
    message = refusal("prod", stack_config("prod"), canaries("prod") | {key: value})
    assert message == (
        f"stack prod: slostack:{key}: another value, expected {expected}: pulumi config set --secret {key} --stack prod"
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


def test_an_empty_object_is_as_good_as_none() -> None:
    config = stack_config("dev") | {"receivers": {}, "alertmanager": {}, "local": {}}
    secrets = {"grafanaAdminPassword": "x"}
    assert run_program("dev", config, secrets).outputs == run_program("dev", stack_config("dev"), secrets).outputs
    with_no_urls = run_program("local", stack_config("local") | {"urls": {}}, {})
    assert with_no_urls.resources == run_program("local", stack_config("local"), {}).resources

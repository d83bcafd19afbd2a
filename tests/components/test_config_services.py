"""Wrong config of what is watched, and of who is told."""

from __future__ import annotations

import pytest

from tests.certificate import CERTIFICATE
from tests.components.wrong_config import KEY, Wrong, check_refusal

WRONG: Wrong = {
    "no port": (
        lambda c: c["services"]["learnsnap"].update(targets=["learnsnap.acme.example"]),
        "slostack:services.learnsnap.targets[0]: 'learnsnap.acme.example' (text), expected host:port, such as",
    ),
    "a port that there is none of": (
        lambda c: c["services"]["learnsnap"].update(targets=["learnsnap.acme.example:99999"]),
        "slostack:services.learnsnap.targets[0]: 'learnsnap.acme.example:99999' (text), expected a port from 1 to",
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
    "a URL's port that there is none of": (
        lambda c: c["services"]["learnsnap"].update(probe="https://learnsnap.acme.example:70000"),
        "slostack:services.learnsnap.probe: 'https://learnsnap.acme.example:70000' (text), expected a host",
    ),
    "a password in a URL": (
        lambda c: c["receivers"]["pagerduty"].update(url="https://user:hunter2@hooks.acme.example/"),
        "slostack:receivers.pagerduty.url: a user or password in a URL, expected none",
    ),
    "a webhook's URL in plain text": (
        lambda c: c["receivers"].update(webhook="https://hooks.acme.example/hunter2"),
        "slostack:receivers.webhook: plain text, expected `host`, the host:port of its URL, which is the secret webh",
    ),
    "a routing key in the clear": (
        lambda c: c["receivers"]["pagerduty"].update(url="http://pages.acme.example/v2/enqueue"),
        "slostack:receivers.pagerduty.url: http://, expected https://, as the routing key can be read on its way",
    ),
    "a mail server's password in the clear": (
        lambda c: c["receivers"]["email"].update(requireTls=False),
        "slostack:receivers.email.requireTls: `requireTls: false` beside `username`, expected true, as the password",
    ),
    "a token in the clear": (
        lambda c: c["services"]["learnsnap"].update(scheme="http"),
        "slostack:services.learnsnap.token: `token` with scheme http, expected scheme: https",
    ),
    "a token in the clear, by default": (
        lambda c: c["services"]["learnsnap"].pop("scheme"),
        "slostack:services.learnsnap.token: `token` with scheme http, expected scheme: https",
    ),
    "a token in the clear between pods": (
        lambda c: c["services"].update(learnsnap={"pods": {"namespace": "shop", "annotated": True}, "token": True}),
        "slostack:services.learnsnap.token: `token` with scheme http, expected scheme: https",
    ),
    "a client certificate in the clear": (
        lambda c: c["services"]["postfacta"].update(scheme="http", clientCertificate=True),
        "slostack:services.postfacta.clientCertificate: `clientCertificate` with scheme http, expected scheme: https",
    ),
    "a job's token in the clear": (
        lambda c: c["services"]["learnsnap"].update(jobs={"learnsnap": {"scheme": "http", "token": True}}),
        "slostack:services.learnsnap.jobs.learnsnap.token: `token` with scheme http, expected scheme: https",
    ),
    "a job that another address is told by http": (
        lambda c: c["services"].update(
            learnsnap={
                "targets": ["[::1]:80"],
                "token": True,
                "jobs": {"learnsnap": {"targets": ["a.acme.example:80"]}},
            }
        ),
        "slostack:services.learnsnap.jobs.learnsnap.token: `token` with scheme http, expected scheme: https",
    ),
    "a job at two addresses": (
        lambda c: c["services"]["learnsnap"].update(jobs={"learnsnap": {"port": 9187, "targets": ["a:9187"]}}),
        "slostack:services.learnsnap.jobs.learnsnap.port: `port` beside `targets`, expected one of these",
    ),
    "a job at a port that hosts have no name of": (
        lambda c: c["services"]["learnsnap"].update(jobs={"learnsnap": {"port": "metrics"}}),
        "slostack:services.learnsnap.jobs.learnsnap.port: 'metrics' (text), expected a number, of a service with",
    ),
    "a job at a port beside that of annotations": (
        lambda c: c["services"].update(
            learnsnap={"pods": {"namespace": "shop", "annotated": True}, "jobs": {"learnsnap": {"port": 9187}}}
        ),
        "slostack:services.learnsnap.jobs.learnsnap.port: 9187 (a number), expected a number, of a service with",
    ),
    "no such job": (
        lambda c: c["services"]["learnsnap"].update(jobs={"learnsnap-db": {"port": 9187}}),
        "services.learnsnap.jobs.learnsnap-db: no such job, expected a scrape job of slos/learnsnap.yaml: learnsnap",
    ),
    "nobody's address": (
        lambda c: c["receivers"]["email"].update(to="the team"),
        "slostack:receivers.email.to: 'the team' (text), expected an address such as",
    ),
    "no channel": (lambda c: c["receivers"]["slack"].update(channel=""), "slostack:receivers.slack.channel: ''"),
    "no name of a port": (
        lambda c: c["services"].update(
            learnsnap={"pods": {"namespace": "shop", "labels": {"app": "x"}, "port": "-metrics"}}
        ),
        "slostack:services.learnsnap.pods.port: '-metrics' (text), expected a port's number, or its name",
    ),
    "two senders": (
        lambda c: c["receivers"]["email"].update(sender="a@acme.example, b@acme.example"),
        "slostack:receivers.email.sender: 'a@acme.example, b@acme.example' (text), expected one address",
    ),
    "a server's name of two lines": (
        lambda c: c["services"]["learnsnap"].update(serverName="a.acme.example\nb"),
        "slostack:services.learnsnap.serverName: 'a.acme.example\\nb' (text), expected a host's name",
    ),
    "an address of a probe that is none": (
        lambda c: c["services"]["learnsnap"].update(probes={"health": "acme.example"}),
        "slostack:services.learnsnap.probes.health: 'acme.example' (text), expected host:port, such as",
    ),
    "a probe's base URL with a query": (
        lambda c: c["services"]["learnsnap"].update(probes={"health": "https://acme.example/?a=b"}),
        "slostack:services.learnsnap.probes.health: 'https://acme.example/?a=b' (text), expected a URL without ?",
    ),
    "a base URL with a query": (
        lambda c: c["services"]["learnsnap"].update(probe="https://learnsnap.acme.example/?a=b"),
        "slostack:services.learnsnap.probe: 'https://learnsnap.acme.example/?a=b' (text), expected a URL without ?",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_service_or_receiver_is_refused(wrong: str) -> None:
    check_refusal(*WRONG[wrong])

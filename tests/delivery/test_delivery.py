"""The real Alertmanager, with what is rendered, tells those who are to be told, by every channel."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from slostack import names, plain_yaml
from slostack.cli.test_alert import command
from slostack.config import Place, Topology
from slostack.config.alertmanager import alertmanager_files
from slostack.config.recipients import recipients, secret_file
from slostack.servers import obtain_binary
from slostack.settings import parse_settings
from slostack.spec import parse_service
from slostack.teams import parse_teams
from tests.delivery.listeners import Heard, listeners
from tests.processes import free_port, running, wait_until
from tests.unit.config.conftest import CONFIG, SHOP

TEAMS_FILE = """\
teams:
  platform: {email: [platform@acme.example], slack: {channel: "#platform"}}
  sales:
    email: [sales@acme.example]
    slack: {channel: "#sales", url: sales}
    pagerduty: sales
    sms: sales
    business_hours: {hours: 00:00-24:00, days: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]}
    escalation: {email: [senior@acme.example], pagerduty: senior}
"""
STARTED = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
FIRING_UNTIL = datetime.now(UTC) + timedelta(hours=1)
ANNOTATIONS = {
    "description": "99.9 % over 30d is promised. Budget left: 61 %, gone in 3h at this rate.",
    "runbook_url": "https://runbooks.example/shop/burn.md",
    "dashboard_url": "https://grafana.example/d/slo-shop",
}
KINDS: dict[str, dict[str, str]] = {
    "Critical": {"severity": "critical"},
    "Quiet": {"severity": "critical", "service": "kiosk"},
    "High": {"severity": "high"},
    "Medium": {"severity": "medium"},
    "Low": {"severity": "low"},
    "Notice": {"severity": "low", "notice": "true"},
    "Escalated": {"severity": "none", "escalation": "2"},
    "Nobodys": {"severity": "high", "team": "unknown"},
}
MAIL, SENIOR, SLACK = "mail to sales@acme.example", "mail to senior@acme.example", "Slack #sales"
TOLD = {
    "Critical": {MAIL, SLACK, "PagerDuty with key-of-sales", "SMS"},
    "Quiet": {MAIL, SLACK, "SMS"},
    "High": {MAIL, SLACK},
    "Medium": {MAIL, SLACK},
    "Low": {MAIL},
    "Notice": {MAIL, SLACK},
    "Escalated": {SENIOR, "PagerDuty with key-of-senior"},
    "Nobodys": {"mail to platform@acme.example", "Slack #platform"},
}


@dataclass
class Delivery:
    """An Alertmanager that runs with what is rendered, in a project's folder, and those whom it tells."""

    url: str
    root: Path
    heard: Heard

    def send(self, alerts: dict[str, dict[str, str]], end: datetime) -> None:
        body: Any = [
            {
                "labels": {"alertname": name, "service": "shop", "team": "sales", "environment": "prod", **labels},
                "annotations": {**ANNOTATIONS, "summary": f"{name} of the shop"},
                "startsAt": STARTED.isoformat(),
                "endsAt": end.isoformat(),
                "generatorURL": "https://prometheus.example/graph",
            }
            for name, labels in alerts.items()
        ]
        requests.post(f"{self.url}/api/v2/alerts", json=body, timeout=5).raise_for_status()

    def told(self, name: str, *, resolved: bool) -> set[str]:
        """Who was told that an alert fires, or that it is over."""
        labels = KINDS[name]
        state = "RESOLVED" if resolved else "ESCALATED" if "escalation" in labels else labels["severity"].upper()
        what = f"{labels.get('service', 'shop')}: {name}" if resolved else f"{name} of the shop"
        title = f"[{state}] prod: {what}"
        found = {f"mail to {recipient}" for recipient, mail in self.heard.mail if mail["Subject"] == title}
        for path, body in self.heard.posts:
            if path.startswith("/slack") and body["attachments"][0]["title"] == title:
                found.add(f"Slack {body['channel']}")
            if path == "/pagerduty" and body["payload"]["summary"] == title:
                assert body["event_action"] == ("resolve" if resolved else "trigger")
                found.add(f"PagerDuty with {body['routing_key']}")
            if path == "/sms" and body["groupLabels"]["alertname"] == name:
                found |= {"SMS"} if (body["status"] == "resolved") == resolved else set()
        return found


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivery]:
    root = tmp_path_factory.mktemp("delivery")
    with ExitStack() as stack:
        heard = stack.enter_context(listeners())
        port = free_port()
        config = write_config(root, heard, port)
        command_line = (
            obtain_binary("alertmanager", lambda line: print(line, file=sys.stderr)),
            f"--config.file={config}",
            f"--storage.path={root / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.external-url=https://alertmanager.example",
            "--web.route-prefix=/",
            "--cluster.listen-address=",
        )
        stack.enter_context(running(command_line, root / "alertmanager.log"))
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: is_ready(url), "Alertmanager is ready")
        yield Delivery(url, root, heard)


def is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/-/ready", timeout=5).ok
    except requests.RequestException:
        return False


def write_config(root: Path, heard: Heard, port: int) -> Path:
    """A project with what Alertmanager reads: rendered, but that it waits for a second at most."""
    receivers: dict[str, Any] = {
        "email": {"sender": "slo@acme.example", "smarthost": heard.smtp, "requireTls": False},
        "slack": {},
        "pagerduty": {"url": f"{heard.http}/pagerduty"},
        "sms": {"gateway": "127.0.0.1:443"},
    }
    urls = {**CONFIG["urls"], "alertmanager": f"http://127.0.0.1:{port}"}  # type: ignore[dict-item]
    document = {**CONFIG, "receivers": receivers, "urls": urls}
    settings, teams = parse_settings(document, "test"), parse_teams(TEAMS_FILE)
    secrets = root / "secrets"
    secrets.mkdir()
    urls_of = {
        "slackUrl": f"{heard.http}/slack",
        "slackUrl-sales": f"{heard.http}/slack/sales",
        "smsUrl-sales": f"{heard.http}/sms",
    }
    ways = (way for each in recipients(settings, teams) for way in (each.ways, each.second_level) if way)
    for key in {key for way in ways for key in way.secrets}:
        (secrets / secret_file(key)).write_text(urls_of.get(key, f"key-of-{key.partition('-')[2]}"))
    (root / "slos").mkdir()
    (root / "runbooks/shop").mkdir(parents=True)
    (root / "runbooks/shop/down.md").write_text("# Down\n")
    shop = SHOP + "signals: {up: {}, http: {burst: 10}}\n"
    (root / "slos/shop.yaml").write_text(SHOP)
    (root / "teams.yaml").write_text(TEAMS_FILE)
    (root / "stacks").mkdir()
    plain = {"config": {f"slostack:{key}": value for key, value in document.items()}}
    (root / "stacks/Pulumi.test.yaml").write_text(plain_yaml.dump(plain))
    kiosk = SHOP.replace("service: shop", "service: kiosk") + "notify: {pagerduty: off}\n"
    services = (parse_service(shop, "shop.yaml"), parse_service(kiosk, "kiosk.yaml"))
    place = Place("", ("",), str(root), str(root), str(secrets))
    files = alertmanager_files(services, settings, Topology(place, place, place, ""), teams)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    file = root / "alertmanager/alertmanager.yml"
    rendered = plain_yaml.load(file.read_text())
    hasten(rendered["route"])
    file.write_text(plain_yaml.dump(rendered))
    return file


def hasten(route: dict[str, Any]) -> None:
    route |= {key: "1s" for key in ("group_wait", "group_interval") if key in route}
    for child in route.get("routes", ()):
        hasten(child)


@pytest.fixture(scope="module")
def told(delivery: Delivery) -> Delivery:
    """Once all have been told that alerts of every kind fire, and that they are over."""
    for resolved, end in ((False, FIRING_UNTIL), (True, datetime.now(UTC))):
        delivery.send(KINDS, end)
        for name, expected in TOLD.items():
            heard = partial(delivery.told, name, resolved=resolved)
            wait_until(lambda heard=heard, expected=expected: heard() >= expected, f"all are told of {name}")  # type: ignore[misc]
    return delivery


@pytest.mark.parametrize("name", KINDS)
def test_exactly_those_are_told_who_should_be_and_of_the_recovery_too(told: Delivery, name: str) -> None:
    assert told.told(name, resolved=False) == TOLD[name]
    assert told.told(name, resolved=True) == TOLD[name]


LINKS = (
    "https://runbooks.example/shop/burn.md",
    "https://grafana.example/d/slo-shop?from=1767319440000&to=now",
    f"&viewPanel={names.panel_id('logs')}",
    "https://prometheus.example/graph",
    "https://alertmanager.example/#/silences/new?filter=%7Balertname%3D%22Critical%22%2C%20environment%3D%22prod%22%2C%20service%3D%22shop%22%7D",
)
SAID = ("Critical of the shop", "respond within 5 min", "2026-01-02 03:04 UTC", "ago)", "Budget left: 61 %", *LINKS)


def mail(told: Delivery, subject: str, kind: str) -> str:
    """The text of the one mail to the team with a subject, as plain text or HTML."""
    (message,) = (each for each in told.heard.mail_to("sales@acme.example") if each["Subject"] == subject)
    assert message["From"] == "slo@acme.example"
    part = message.get_body((kind,))
    assert part
    return unescape(part.get_content())


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_mail_says_all_that_is_needed_at_night(told: Delivery, kind: str) -> None:
    text = mail(told, "[CRITICAL] prod: Critical of the shop", kind)
    assert [said for said in SAID if said not in text] == []


def test_slack_says_it_too(told: Delivery) -> None:
    messages = (body["attachments"][0] for body in told.heard.posted_to("/slack/sales"))
    (message,) = (each for each in messages if each["title"] == "[CRITICAL] prod: Critical of the shop")
    assert message["color"] == "danger"
    assert [said for said in SAID if said not in message["text"]] == []


def test_pagerduty_is_told_it_too(told: Delivery) -> None:
    pages = (body for body in told.heard.posted_to("/pagerduty") if "Critical" in body["payload"]["summary"])
    page, resolution = pages
    assert page["payload"]["severity"] == "critical"
    assert page["links"][0] == {"href": LINKS[0], "text": "Runbook"}
    assert [said for said in SAID if said not in page["payload"]["custom_details"]["text"]] == []
    assert (resolution["event_action"], resolution["dedup_key"]) == ("resolve", page["dedup_key"])


def test_a_recovery_says_from_when_until_when(told: Delivery) -> None:
    text = mail(told, "[RESOLVED] prod: shop: Critical", "plain")
    assert "Since: 2026-01-02 03:04 UTC until 20" in text


def test_the_end_of_a_symptom_is_told_while_its_cause_fires(delivery: Delivery) -> None:
    symptom, cause = {"ErrorBurst": {"severity": "medium"}}, {"ServiceDown": {"severity": "critical"}}

    def is_told(subject: str) -> bool:
        return subject in {message["Subject"] for message in delivery.heard.mail_to("sales@acme.example")}

    for alerts, end, subject in (
        (symptom, FIRING_UNTIL, "[MEDIUM] prod: ErrorBurst of the shop"),
        (cause, FIRING_UNTIL, "[CRITICAL] prod: ServiceDown of the shop"),
        (symptom, datetime.now(UTC), "[RESOLVED] prod: shop: ErrorBurst"),
    ):
        delivery.send(alerts, end)
        wait_until(partial(is_told, subject), f"{subject!r} is told")


def test_a_test_alert_reaches_those_it_names_and_ends(delivery: Delivery) -> None:
    arguments = ["--alertmanager", delivery.url, "--service", "shop", "--for", "2s"]
    result = CliRunner().invoke(command, arguments, obj=delivery.root, catch_exceptions=False)
    first, named, _ = result.output.splitlines()
    assert first == f"sent TestAlert (critical, service shop, team sales) to {delivery.url}"
    assert named == "sales-critical: email sales@acme.example, Slack #sales, PagerDuty, SMS within 1s"
    expected = {
        "[CRITICAL] test: Test of critical alerts of shop: nothing is wrong",
        "[RESOLVED] test: shop: TestAlert",
    }

    def everyone_has_heard() -> bool:
        heard = delivery.heard
        mails = {message["Subject"] for message in heard.mail_to("sales@acme.example")}
        slack = {body["attachments"][0]["title"] for body in heard.posted_to("/slack/sales")}
        pages = {body["payload"]["summary"] for body in heard.posted_to("/pagerduty")}
        texts = [body["status"] for body in heard.posted_to("/sms") if body["groupLabels"]["alertname"] == "TestAlert"]
        return expected <= mails & slack & pages and texts == ["firing", "resolved"]

    wait_until(everyone_has_heard, "all are told of the test and of its end")


def test_a_test_alert_of_an_unknown_service_is_refused(delivery: Delivery) -> None:
    result = CliRunner().invoke(command, ["--service", "shpo", "--alertmanager", delivery.url], obj=delivery.root)
    assert str(result.exception) == "no SLO file of 'shpo', expected one of shop"

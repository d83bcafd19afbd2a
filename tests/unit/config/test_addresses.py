"""What is taken for an address in a stack's file."""

from __future__ import annotations

import pytest

from slostack.settings import can_be_read, parse_settings
from slostack.spec import SpecError
from tests.unit.config.conftest import CONFIG

GOOD = (
    *("shop:1", "SHOP.example:65535", "shop_1.example.:80", "web-0.web.shop.svc.cluster.local:8080", "1.shop:80"),
    *("10.0.0.5:80", "[::1]:80", "[fd00::5]:80", f"{'a.' * 126}a:80"),
)
NO_ADDRESS = (
    "shop",
    "shop:",
    ":80",
    "sh op:80",
    "http://shop:80",
    "shop:80/metrics",
    "shop:x",
    "shop:080",
    "fd00::5:80",
)
NO_PORT = ("shop:0", "shop:65536", "shop:9999999999")
NO_HOST = (
    *(
        "h,x:80",
        "a@b:80",
        "-shop:80",
        "shop-:80",
        "shop..example:80",
        ".shop:80",
        "sh\u00f6p:80",
        "$HOST:80",
        "*.shop:80",
    ),
    *("300.1.1.1:80", "1.2.3:80", "80:80", "[1.2.3.4]:80", "[shop]:80", "[fe80::1%eth0]:80", "[::g]:80"),
    *(f"{'a' * 64}:80", f"{'a.' * 127}a:80"),
)
EXPECTED = {
    **dict.fromkeys(NO_ADDRESS, "host:port, such as smtp.acme.example:587"),
    **dict.fromkeys(NO_PORT, "a port from 1 to 65535"),
    **dict.fromkeys(NO_HOST, "one host before the port: a name of letters, digits, -, _ and ., or an address"),
}


@pytest.mark.parametrize("target", GOOD)
def test_a_target_is_one_host_and_a_port(target: str) -> None:
    settings = parse_settings({**CONFIG, "services": {"shop": {"targets": [target]}}}, "test")
    assert settings.services["shop"].targets == (target,)


@pytest.mark.parametrize("target", EXPECTED)
def test_whatever_else_is_refused(target: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse_settings({**CONFIG, "services": {"shop": {"targets": [target]}}}, "test")
    message = str(refused.value)
    assert message.startswith("stacks/Pulumi.test.yaml:1:1: slostack:services.shop.targets[0]: ")
    assert message.endswith(f" (text), expected {EXPECTED[target]}")


@pytest.mark.parametrize("host", ["h,x", "-shop", "300.1.1.1", "shop:0", "shop:65536", "sh\u00f6p"])
def test_a_url_has_one_host_too(host: str) -> None:
    with pytest.raises(SpecError, match="expected a host, and at most a port of up to 65535, after the //"):
        parse_settings({**CONFIG, "services": {"shop": {"probe": f"https://{host}/"}}}, "test")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        *((f"http://{host}/x", False) for host in ("localhost", "127.0.0.1:8080", "[::1]", "sms.gateways.svc:8080")),
        *((f"http://{host}/x", False) for host in ("SMS.gateways.svc.cluster.local", "sms-0.sms.gateways.svc")),
        *((f"http://{host}/x", True) for host in ("acme.example", "10.0.0.1", "sms", "sms.gateways", "sms.svc")),
        *((f"http://{host}/x", True) for host in ("sms.gateways.svc.acme.example", "localhost.acme.example")),
        ("HTTP://acme.example/x", True),
        ("https://acme.example/x", False),
    ],
)
def test_what_is_sent_by_http_can_be_read_unless_it_stays_on_the_machine_or_in_the_cluster(
    url: str, expected: bool
) -> None:
    assert can_be_read(url) is expected


@pytest.mark.parametrize("smarthost", ["localhost:25", "smtp.mail.svc:25", "smtp.acme.example:465"])
def test_a_mail_server_inside_or_with_tls_from_the_start_is_told_a_password(smarthost: str) -> None:
    email = {"to": "a@acme.example", "sender": "b@acme.example", "username": "b", "requireTls": False}
    receivers = {"email": {**email, "smarthost": smarthost}}
    assert parse_settings({**CONFIG, "receivers": receivers}, "test").receivers.email

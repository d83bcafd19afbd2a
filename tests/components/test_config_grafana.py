"""Wrong config of Grafana, whose config is an ini file."""

from __future__ import annotations

import pytest

from tests.components.wrong_config import KEY, Edit, Wrong, check_refusal


def oidc_in_the_clear(key: str) -> Edit:
    return lambda c: c["grafana"]["oidc"].update({key: "http://login.acme.example/x"})


WRONG: Wrong = {
    "no certificate": (
        lambda c: c["grafana"]["database"].update(ca="/etc/ssl/ca.pem"),
        "slostack:grafana.database.ca: '/etc/ssl/ca.pem' (text)",
    ),
    "a key for a certificate": (
        lambda c: c["grafana"]["database"].update(ca=KEY),
        "slostack:grafana.database.ca: a PEM block that is no certificate, expected certificates alone",
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
    **{
        f"{key} in the clear": (oidc_in_the_clear(key), f"slostack:grafana.oidc.{key}: http://, expected https://, as ")
        for key in ("authUrl", "tokenUrl", "apiUrl")
    },
    "a URL that ends a quote": (
        lambda c: c["grafana"]["oidc"].update(authUrl="https://login.acme.example/`"),
        "slostack:grafana.oidc.authUrl: 'https://login.acme.example/`' (text), expected one line of text without",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_log_in_or_database_is_refused(wrong: str) -> None:
    check_refusal(*WRONG[wrong])

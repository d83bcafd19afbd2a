"""Prod's Grafana from its rendered pods: two replicas that share a database, and people who log in by OIDC."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from slostack.config.grafana import ADMIN
from tests.cluster.manifests import manifests, stack_program
from tests.cluster.pod_process import Machine, PodProcess
from tests.cluster.postgres import postgres
from tests.cluster.tls import own_certificate, serving
from tests.components.program import canaries, stack_config

START_SECONDS = 120
REPLICAS = 2
PROVIDER = "https://login.acme.example"
GROUPS = {"ada": ["observability", "shop"], "bob": ["shop"]}
"""Of the identity provider; a name is the code and the token of its log-in as well."""


class Provider(BaseHTTPRequestHandler):
    """The identity provider, as far as Grafana asks it."""

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._answer({"access_token": form["code"][0], "token_type": "Bearer", "expires_in": 3600})

    def do_GET(self) -> None:
        name = self.headers["Authorization"].removeprefix("Bearer ")
        self._answer({"sub": name, "login": name, "email": f"{name}@acme.example", "groups": GROUPS[name]})

    def _answer(self, document: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[PodProcess]]:
    """Both, with their database and the identity provider, whose certificate they trust."""
    folder = tmp_path_factory.mktemp("grafana")
    certificate, secrets = own_certificate(folder / "own.crt"), canaries("prod")
    objects = manifests(stack_program("prod", "slostack"))
    machine = Machine(objects, folder)
    database = stack_config("prod")["grafana"]["database"]["host"].split(":")
    port = machine.port(database[0], int(database[1]))
    with ExitStack() as running:
        running.enter_context(postgres(port, "grafana", secrets["grafanaDatabasePassword"], certificate))
        _replace(objects, PROVIDER, running.enter_context(serving(Provider, certificate)))
        pods = [machine.pod("grafana", ordinal) for ordinal in range(REPLICAS)]
        pods = [replace(pod, environment={**pod.environment, "SSL_CERT_FILE": str(certificate)}) for pod in pods]
        for pod in pods:
            running.enter_context(pod.answering(START_SECONDS))
        yield pods


def _replace(objects: list[dict[str, Any]], old: str, new: str) -> None:
    (config,) = (o for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"] == "grafana-config")
    config["data"] = {file: text.replace(old, new) for file, text in config["data"].items()}


def test_prod_has_as_many() -> None:
    assert stack_config("prod")["grafana"]["replicas"] == REPLICAS


def test_what_one_writes_the_other_reads(replicas: list[PodProcess]) -> None:
    one, other = replicas
    admin = (ADMIN, canaries("prod")["grafanaAdminPassword"])
    preferred = {"theme": "light", "timezone": "utc"}
    requests.put(f"{one.url}/api/user/preferences", json=preferred, auth=admin, timeout=10).raise_for_status()
    found = requests.get(f"{other.url}/api/user/preferences", auth=admin, timeout=10).json()
    assert preferred.items() <= found.items()
    assert not list(one.root.rglob("grafana.db")), "SQLite"


@pytest.mark.parametrize(("name", "role"), [("ada", "Editor"), ("bob", "Viewer")])
def test_a_log_in_that_one_begins_the_other_ends_and_both_know(
    name: str, role: str, replicas: list[PodProcess]
) -> None:
    one, other = replicas
    begun = requests.get(f"{one.url}/login/generic_oauth", allow_redirects=False, timeout=10)
    asked = urlsplit(begun.headers["Location"])
    query = {key: values[0] for key, values in parse_qs(asked.query).items()}
    assert asked.path == "/oauth2/authorize"
    assert query["redirect_uri"] == "https://grafana.acme.example/login/generic_oauth"
    assert query["client_id"] == "grafana"
    answer = {"code": name, "state": query["state"]}
    ended = requests.get(
        f"{other.url}/login/generic_oauth", answer, headers=_cookies(begun), allow_redirects=False, timeout=10
    )
    assert ended.headers["Location"] == "/", ended.text
    for replica in replicas:
        (org,) = requests.get(f"{replica.url}/api/user/orgs", headers=_cookies(ended), timeout=10).json()
        assert org["role"] == role


def test_nobody_else_gets_in(replicas: list[PodProcess]) -> None:
    for replica in replicas:
        assert requests.get(f"{replica.url}/api/search", timeout=10).status_code == 401
        default = requests.get(f"{replica.url}/api/search", auth=("admin", "admin"), timeout=10)
        assert default.status_code == 401


def test_no_secret_is_in_a_log(replicas: list[PodProcess]) -> None:
    for replica in replicas:
        assert "canary-" not in replica.log.read_text()


def _cookies(answer: requests.Response) -> dict[str, str]:
    """The cookies of an answer, which a browser sends by HTTPS alone."""
    assert all(cookie.secure for cookie in answer.cookies)
    return {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in answer.cookies)}

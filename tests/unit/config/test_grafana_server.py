"""Settings and secrets with signs that mean something in an ini file, as Grafana itself reads them; and who may scrape
it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from slostack import plain_yaml
from slostack.config import Place, Topology
from slostack.config.grafana import ADMIN, grafana_files
from slostack.config.prometheus import prometheus_files
from slostack.servers import Server, ServerUnavailable, obtain
from slostack.settings import parse_settings
from tests.processes import free_port, running, wait_until
from tests.requirements import need
from tests.unit.config.conftest import CONFIG

START_SECONDS = 60
OPTIONS = {"name": "name", "clientId": "client_id", "scopes": "scopes", "role": "role_attribute_path"}
"""The settings of OIDC that are any text, and what they are called in Grafana's config."""
URLS = {"authUrl": "auth_url", "tokenUrl": "token_url", "apiUrl": "api_url"}
TEXTS = (
    (
        "Acme; Inc. #1",
        "a\"b'c",
        "$HOME $1 $ 100% %s %",
        "contains(groups[*], 'a;b#c') && 'Editor' || \"x\" == 'Viewer'",
    ),
    ("#", ";", '"', "'"),
    ('"""', "'''", '"quoted"', "'quoted'"),
    ("=", "a = b: c", "[section]", "back\\slash\\"),
    (" Acme ", "%", "Ä → ö", "\\n \\t \\\\"),
)
PASSWORD = "p#a;s s\"w'o%r$d\\ = [x] ${HOME} $__env{HOME} %(http_port)s `b`"


@pytest.fixture(scope="module")
def grafana() -> Server:
    try:
        return obtain("grafana", print)
    except ServerUnavailable as error:
        need("grafana", str(error))


@contextmanager
def started(server: Server, topology: Topology, password: str, **oidc: str) -> Iterator[str]:
    """The URL of a Grafana with settings of OIDC, once it answers."""
    assert topology.grafana
    place = replace(topology.grafana, listen=f"127.0.0.1:{free_port()}")
    settings = parse_settings({**CONFIG, "grafana": {"oidc": oidc}}, "test")
    _write(place, grafana_files(settings, replace(topology, grafana=place)))
    for name in ("grafana-admin-password", "grafana-oidc-secret", "grafana-secret-key", "grafana-metrics-password"):
        _put(Path(place.secrets) / name, password)
    executable = server.binaries["grafana"]
    command = [executable] if executable.name == "grafana-server" else [executable, "server"]
    arguments = ["--homepath", str(server.home), "--config", f"{place.config}/grafana.ini"]
    log = Path(place.config) / "log"
    with running([*command, *arguments], log) as process:
        url = f"http://{place.listen}"
        wait_until(lambda: _answers(url) or process.poll() is not None, "Grafana answers", START_SECONDS)
        assert process.poll() is None, log.read_text(encoding="utf-8")
        yield url


def _write(place: Place, files: dict[str, str]) -> None:
    for path, text in files.items():
        _put(Path(place.config, path.removeprefix("grafana/")), text)
    Path(place.config, "dashboards").mkdir()


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/api/health", timeout=5).ok
    except requests.RequestException:
        return False


def read_back(url: str, password: str) -> dict[str, Any]:
    """Grafana's settings, as it tells its administrator."""
    answer = requests.get(f"{url}/api/admin/settings", auth=(ADMIN, password), timeout=10)
    answer.raise_for_status()
    return dict(answer.json())


def scraped_by_prometheus_alone(url: str, topology: Topology) -> None:
    """Fails the test where anybody else sees Grafana's metrics, or Prometheus' own job doesn't."""
    settings = parse_settings(CONFIG, "test")
    jobs = plain_yaml.load(prometheus_files((), settings, topology)["prometheus/prometheus.yml"])["scrape_configs"]
    (log_in,) = (job["basic_auth"] for job in jobs if job["job_name"] == "grafana")
    password = Path(log_in["password_file"]).read_text(encoding="utf-8")
    users = {None: 401, (log_in["username"], "x"): 401, (ADMIN, ADMIN): 401, (log_in["username"], password): 200}
    found = {user: requests.get(f"{url}/metrics", auth=user, timeout=10).status_code for user in users}
    assert found == users


@pytest.mark.parametrize("texts", TEXTS)
def test_grafana_reads_what_the_settings_say(texts: tuple[str, ...], grafana: Server, topology: Topology) -> None:
    oidc = dict(zip(OPTIONS, texts, strict=True))
    urls = {key: f"https://login.example/{key}?a=b&c=%20;#'{key}" for key in URLS}
    with started(grafana, topology, PASSWORD, **oidc, **urls) as url:
        found = read_back(url, PASSWORD)["auth.generic_oauth"]
        scraped_by_prometheus_alone(url, topology)
    assert {key: found[OPTIONS[key]] for key in OPTIONS} == oidc
    assert {key: found[URLS[key]] for key in URLS} == urls

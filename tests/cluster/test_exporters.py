"""Exporters of what a service needs, started from their rendered pods beside a real PostgreSQL and a real Redis."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.cluster.manifests import manifests
from tests.cluster.pod_process import Machine
from tests.components.needs_stack import SHOP, needs_program, needs_project, needs_settings
from tests.processes import running, wait_until
from tests.requirements import need

PASSWORD = "hunter2"
POSTGRES, REDIS = ("pg.acme.example", 5432), ("redis.acme.example", 6379)
NEEDS = {
    "postgres": {"host": "{}:{}".format(*POSTGRES), "user": "looker", "sslMode": "disable"},
    "redis": {"host": "{}:{}".format(*REDIS), "tls": False},
}
OF_DEBIAN = Path("/usr/lib/postgresql")
NOBODY = "nobody"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    slos = SHOP.replace("postgres, redis, rds, json", "postgres, redis").replace("json_metrics:\n", "")
    slos = "".join(line for line in slos.splitlines(keepends=True) if "uploads_total" not in line)
    root = needs_project(tmp_path_factory.mktemp("needs"), slos)
    program = needs_program(root, needs_settings(NEEDS), lambda _: PASSWORD)
    return Machine(manifests(program), tmp_path_factory.mktemp("exporters"))


def test_postgres_is_looked_at_with_the_password_of_a_file(machine: Machine) -> None:
    pod = machine.pod("postgres-exporter-shop")
    with pod.start():
        wait_until(pod.answers, "it answers without a database")
        assert "pg_up 0" in requests.get(f"{pod.url}/metrics", timeout=10).text.splitlines()
        with _postgres(machine.port(*POSTGRES)):
            wait_until(lambda: "pg_up 1" in requests.get(f"{pod.url}/metrics", timeout=10).text, "it sees the database")
            text = requests.get(f"{pod.url}/metrics", timeout=10).text
    assert 'pg_stat_activity_count{datname="postgres"' in text
    assert "pg_settings_max_connections{" in text
    assert PASSWORD not in pod.log.read_text() + text


def test_redis_is_looked_at_with_the_password_of_a_file(machine: Machine, tmp_path: Path) -> None:
    pod = machine.pod("redis-exporter-shop")
    server = shutil.which("redis-server")
    if not server:
        need("redis-server", "redis-server is not on PATH, expected it to look at (Debian: redis-server)")
    command = [server, "--port", str(machine.port(*REDIS)), "--bind", "127.0.0.1", "--requirepass", PASSWORD]
    with pod.start():
        wait_until(pod.answers, "it answers without a Redis")
        assert "redis_up 0" in requests.get(f"{pod.url}/metrics", timeout=10).text.splitlines()
        with running([*command, "--dir", str(tmp_path), "--save", ""], tmp_path / "log"):
            wait_until(lambda: "redis_up 1" in requests.get(f"{pod.url}/metrics", timeout=10).text, "it sees the Redis")
            text = requests.get(f"{pod.url}/metrics", timeout=10).text
    for metric in ("redis_memory_used_bytes", "redis_memory_max_bytes", "redis_commands_total{"):
        assert f"\n{metric}" in text
    assert PASSWORD not in pod.log.read_text() + text


@contextmanager
def _postgres(port: int) -> Iterator[None]:
    """A PostgreSQL with the user `looker`, who has to show the password; it runs as nobody where we are root, which it
    refuses."""
    folder = Path(tempfile.mkdtemp(prefix="slostack-postgres-"))
    user = NOBODY if os.getuid() == 0 else None
    try:
        shutil.chown(folder, user) if user else None
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        data = folder / "data"
        made: list[str | Path] = [
            "-D",
            data,
            "-U",
            "looker",
            "-A",
            "scram-sha-256",
            "--pwfile",
            folder / "password",
            "--no-sync",
        ]
        subprocess.run([_program("initdb"), *made], user=user, check=True, capture_output=True)
        options: list[str | Path] = ["-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-F"]
        with _running_as([_program("postgres"), *options], user):
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running_as(command: Sequence[str | Path], user: str | None) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, user=user, stdin=quiet, stdout=quiet, stderr=quiet) as process:
        try:
            yield
        finally:
            process.kill()


def _program(name: str) -> Path:
    of_debian = sorted(OF_DEBIAN.glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(of_debian[-1]) if of_debian else None)
    if found is None:
        need("postgresql", f"{name} is neither in {OF_DEBIAN} nor on PATH, expected it to look at (Debian: postgresql)")
    return Path(found)

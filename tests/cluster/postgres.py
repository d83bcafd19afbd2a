"""A PostgreSQL server of the test's own, which answers by TLS alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import running, wait_until
from tests.requirements import need

_DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian has the programs, below the folder of their version."""
_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
"""PostgreSQL refuses to run as root."""
_START_SECONDS = 60


@contextmanager
def postgres(port: int, user: str, password: str, certificate: Path) -> Iterator[None]:
    """Runs one with a database and a user of one name at a loopback port until the end of the block."""
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="slostack-postgres-") as scratch:
        folder, as_user = Path(scratch), _NOBODY if os.geteuid() == 0 else ()
        files = {
            "password": password,
            "clients": f"hostssl {user} {user} 127.0.0.1/32 scram-sha-256\n",
            "certificate": certificate.read_text(encoding="utf-8"),
            "key": certificate.with_suffix(".key").read_text(encoding="utf-8"),
        }
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
            (folder / name).chmod(0o600)
        if as_user:
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, "nobody", "nogroup")
        data = folder / "data"
        options = ("--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--encoding=UTF8", "--no-locale")
        _run(*as_user, programs / "initdb", f"--pgdata={data}", f"--username={user}", *options, "--no-sync")
        server = (*as_user, programs / "postgres")
        _run(*server, "--single", "-F", "-D", data, "postgres", text=f"CREATE DATABASE {user}")
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "ssl": "on",
            "ssl_cert_file": folder / "certificate",
            "ssl_key_file": folder / "key",
            "hba_file": folder / "clients",
            "fsync": "off",
        }
        command = [*server, "-D", data, *(f"--{name}={value}" for name, value in settings.items())]
        with running(command, log := folder / "log") as process:
            ready = "database system is ready to accept connections"
            wait_until(lambda: ready in log.read_text(encoding="utf-8"), "PostgreSQL is ready", _START_SECONDS)
            try:
                yield
            finally:
                process.send_signal(signal.SIGQUIT)  # so that it removes its shared memory
                process.wait(_START_SECONDS)


def _programs() -> Path:
    """The folder of `initdb` and `postgres`: on PATH, or of Debian's newest version."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(_DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name))
    return versions[-1] if versions else need("postgres", "needs PostgreSQL's server: Debian's package postgresql")


def _run(*command: str | Path, text: str = "") -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

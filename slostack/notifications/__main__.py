"""`python -m slostack.notifications`: the receiver as a process."""

from __future__ import annotations

from pathlib import Path

import click

from slostack.http_server import report, run, serving, stop_signal
from slostack.notifications.server import Receiver

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=9095, show_default=True, help="The port for Alertmanager and for browsers.")
@click.option("--store", required=True, type=_FOLDER, help="The folder that keeps notifications.")
@click.option("--runbooks", required=True, type=_FOLDER, help="The folder of the runbooks.")
def main(host: str, port: int, store: Path, runbooks: Path) -> None:
    """Takes Alertmanager's webhooks, prints and stores them, and serves runbooks."""
    stop = stop_signal()
    with serving(Receiver(host, port, store, runbooks, report=report)):
        report(f"notifications are taken at http://{host}:{port}/alerts and shown at http://{host}:{port}/")
        stop.wait()


if __name__ == "__main__":
    run(main)

"""`python -m slostack.notifications`: the receiver as a process."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from threading import Event, Thread

import click

from slostack.errors import SlostackError
from slostack.notifications.server import Receiver

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=9095, show_default=True, help="The port for Alertmanager and for browsers.")
@click.option("--store", required=True, type=_FOLDER, help="The folder that keeps notifications.")
@click.option("--runbooks", required=True, type=_FOLDER, help="The folder of the runbooks.")
def main(host: str, port: int, store: Path, runbooks: Path) -> None:
    """Takes Alertmanager's webhooks, prints and stores them, and serves runbooks."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Receiver(host, port, store, runbooks, report=_report) as receiver:
        thread = Thread(target=receiver.serve_forever, daemon=True)
        thread.start()
        _report(f"notifications are taken at http://{host}:{port}/alerts and shown at http://{host}:{port}/")
        stop.wait()
        receiver.shutdown()
        thread.join(timeout=6)


def _report(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    try:
        main()
    except SlostackError as error:
        sys.exit(str(error))

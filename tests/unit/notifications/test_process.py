"""`python -m slostack.notifications` as a process, and `slostack notifications --follow` beside it."""

from __future__ import annotations

import signal
from pathlib import Path

import requests

from slostack.notifications import store_folder
from tests.processes import SECONDS, free_port, python, wait_until
from tests.unit.notifications.messages import alert, message


def test_the_process_stores_survives_a_kill_is_followed_and_stops(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("")
    port, output, followed = free_port(), tmp_path / "output", tmp_path / "followed"
    options = ("--port", str(port), "--store", str(store_folder(tmp_path)), "--runbooks", str(tmp_path))
    receiver = ("-m", "slostack.notifications", *options)

    def post(summary: str) -> int:
        url = f"http://127.0.0.1:{port}/alerts"
        return requests.post(url, json=message(alert(summary=summary)), timeout=5).status_code

    def listening() -> bool:
        return "notifications are taken at" in output.read_text()

    with python(*receiver, output=output) as running:
        wait_until(listening, "the receiver")
        assert post("before the kill") == 200
        with python(*receiver, output=tmp_path / "second") as second:
            assert second.wait(SECONDS) == 1
        [line] = (tmp_path / "second").read_text().splitlines()
        assert line.startswith(f"can't listen on 127.0.0.1:{port}")
        running.kill()
        running.wait(SECONDS)

    follow = ("-c", "from slostack.cli import main; main()", "--root", str(tmp_path), "notifications", "--follow")
    with python(*receiver, output=output) as running, python(*follow, output=followed) as follower:
        wait_until(lambda: "before the kill" in followed.read_text(), "what was stored")
        wait_until(listening, "the receiver")
        assert post("after the kill") == 200
        wait_until(lambda: "after the kill" in followed.read_text(), "what is new")
        assert followed.read_text().count("before the kill") == 1
        follower.send_signal(signal.SIGINT)
        assert follower.wait(SECONDS) == 130
        running.terminate()
        assert running.wait(SECONDS) == 0
    assert "Traceback" not in followed.read_text() + output.read_text()

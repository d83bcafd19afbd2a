"""The blackbox exporter's config, as the exporter itself reads it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from slostack import plain_yaml
from slostack.config.blackbox import PROBE_MODULE, blackbox_files
from slostack.config.topology import Topology
from slostack.servers import ServerUnavailable, obtain_binary
from tests.requirements import need


def test_the_module_of_the_probes_is_there(topology: Topology) -> None:
    (text,) = blackbox_files(topology).values()
    assert plain_yaml.load(text)["modules"][PROBE_MODULE]["prober"] == "http"
    assert blackbox_files(replace(topology, blackbox=None)) == {}


def test_the_exporter_takes_it(topology: Topology, tmp_path: Path) -> None:
    try:
        exporter = obtain_binary("blackbox_exporter", print)
    except ServerUnavailable as error:
        need("blackbox", str(error))
    path = tmp_path / "blackbox.yml"
    path.write_text(blackbox_files(topology)["blackbox/blackbox.yml"])
    checked = subprocess.run(
        [exporter, "--config.check", f"--config.file={path}"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr

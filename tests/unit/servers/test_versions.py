import re
from pathlib import Path

import pytest

from slostack.deploy.kubernetes.images import software
from slostack.deploy.kubernetes.topology import PORTS
from slostack.errors import SlostackError
from slostack.servers import versions
from slostack.servers.versions import VERSIONS_FILE, load_versions
from slostack.servers.ways import TOOLS


def test_pins_every_server_of_the_stack() -> None:
    assert set(versions()) == {"kubectl", *(software(server).name for server in PORTS)}


def test_image_is_repository_with_the_version_as_tag() -> None:
    for pin in versions().values():
        assert re.fullmatch(rf"[a-z0-9.]+/[a-z0-9_/-]+:v?{re.escape(pin.version)}", pin.image)


def test_accepts_its_own_version() -> None:
    for pin in versions().values():
        assert pin.accepts.contains(pin.version)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("prometheus", r"github.com/prometheus/prometheus v0\.{0}{1:02}\.{2}"),
        ("alertmanager", r"github.com/prometheus/alertmanager v{0}\.{1}\.{2}"),
        ("loki", r"github.com/grafana/loki/v3 v{0}\.{1}\.{2}"),
        ("thanos", r"github.com/thanos-io/thanos v{0}\.{1}\.{2}"),
        ("node-exporter", r"github.com/prometheus/node_exporter v{0}\.{1}\.{2}"),
    ],
)
def test_go_module_is_of_the_pinned_version(name: str, module: str) -> None:
    go_mod = (TOOLS / name / "go.mod").read_text()
    numbers = map(int, versions()[name].version.split("."))
    assert re.search(rf"^\s*{module.format(*numbers)}\b", go_mod, re.MULTILINE)


def test_every_module_builds_every_binary() -> None:
    for pin in versions().values():
        if pin.module:
            assert tuple(package.rsplit("/", 1)[1] for package in pin.module.packages) == pin.binaries
            assert (TOOLS / pin.name / "go.sum").is_file()


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("    version: 3.13.5", "servers.prometheus.version"),
        ('    accepts: ">=3.13,<4"', "servers.prometheus.accepts"),
        ("    image: quay.io/prometheus/prometheus:v{version}", "servers.prometheus.image"),
    ],
)
def test_a_missing_field_is_named(tmp_path: Path, found: str, expected: str) -> None:
    path = tmp_path / "versions.yaml"
    path.write_text(VERSIONS_FILE.read_text().replace(found, "", 1))
    with pytest.raises(SlostackError, match=f"{re.escape(str(path))}: {expected}: Field required"):
        load_versions(path)


def test_an_unknown_field_and_a_bad_specifier_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "versions.yaml"
    text = VERSIONS_FILE.read_text().replace('accepts: ">=0.31,<1"', "accepts: newest", 1)
    path.write_text(text.replace("    version: 3.7.8", "    version: 3.7.8\n    versoin: 3.7.9", 1))
    with pytest.raises(SlostackError) as error:
        load_versions(path)
    assert "servers.alertmanager.accepts: " in str(error.value)
    assert "'newest'" in str(error.value)
    assert "servers.loki.versoin: " in str(error.value)


@pytest.mark.parametrize("text", ["", "servers", "servers: [prometheus]", "{", "servers: {prometheus: 3}"])
def test_a_file_of_another_form_is_a_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "versions.yaml"
    path.write_text(text)
    with pytest.raises(SlostackError, match=r"versions\.yaml: expected a mapping with servers and go"):
        load_versions(path)

"""No window is longer than an environment keeps its data."""

from __future__ import annotations

from pathlib import Path

import pytest

from slostack.config import Topology
from slostack.settings import Settings, parse_settings
from slostack.spec import SpecError
from slostack.stack import make_bundle
from tests.unit.cli.test_slo_file_errors import run
from tests.unit.config.conftest import CONFIG, topology
from tests.unit.spec.files import edited, project

__all__ = ["topology"]


def settings(retention: str) -> Settings:
    """A stack that keeps its data so long."""
    return parse_settings({**CONFIG, "services": {"api": {}}, "prometheus": {"retention": retention}}, "test")


@pytest.mark.parametrize(
    ("window", "kept", "said"),
    [
        ("30d", "29d23h", "30d, expected at most the 29d23h for which"),
        ("90d", "40d", "90d, expected at most the 40d for which"),
        ("month", "30d", "month, up to 31d, expected at most the 30d for which"),
        ("quarter", "90d", "quarter, up to 92d, expected at most the 90d for which"),
    ],
)
def test_a_longer_window_is_named_at_its_place_with_the_stacks_key(
    tmp_path: Path, topology: Topology, window: str, kept: str, said: str
) -> None:
    project(tmp_path, edited("window: 30d", f"window: {window}"))
    with pytest.raises(SpecError) as error:
        make_bundle(tmp_path, settings(kept), topology)
    assert str(error.value) == (
        f"slos/api.yaml:11:13: slos[0].window: {said} Prometheus keeps its data, "
        "or more in stacks/Pulumi.test.yaml (slostack:prometheus: retention)"
    )


def test_a_window_that_is_not_written_is_named_at_its_slo(tmp_path: Path, topology: Topology) -> None:
    project(tmp_path, edited("    window: 30d\n", ""))
    with pytest.raises(SpecError, match=r"^slos/api\.yaml:8:5: slos\[0\]\.window: 30d, expected at most the 7d for"):
        make_bundle(tmp_path, settings("7d"), topology)


@pytest.mark.parametrize(("window", "kept"), [("30d", "30d"), ("month", "31d"), ("quarter", "92d"), ("1h", "1h")])
def test_data_that_is_kept_for_as_long_as_the_window_is_enough(
    tmp_path: Path, topology: Topology, window: str, kept: str
) -> None:
    project(tmp_path, edited("window: 30d", f"window: {window}"))
    assert make_bundle(tmp_path, settings(kept), topology).below("prometheus/rules")


STACK = """\
config:
  slostack:environment: {name}
  slostack:delivery: local
  slostack:prometheus: {{retention: {retention}}}
"""


@pytest.mark.parametrize("arguments", [["validate"], ["validate", "slos/api.yaml"]], ids=" ".join)
def test_validate_compares_every_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    project(tmp_path, edited("window: 30d", "window: 90d"))
    (tmp_path / "stacks").mkdir()
    for name, retention in (("dev", "7d"), ("prod", "90d"), ("staging", "40d")):
        text = STACK.format(name=name, retention=retention)
        (tmp_path / f"stacks/Pulumi.{name}.yaml").write_text(text, encoding="utf-8")
    assert run(monkeypatch, tmp_path, *arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert [line.split("(")[0].split()[-1] for line in err.splitlines()] == [
        "stacks/Pulumi.dev.yaml",
        "stacks/Pulumi.staging.yaml",
    ]


def test_validate_names_what_is_wrong_in_a_stack_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    (tmp_path / "stacks").mkdir()
    text = STACK.format(name="dev", retention="long")
    (tmp_path / "stacks/Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    assert run(monkeypatch, tmp_path, "validate") == 2
    assert capfd.readouterr().err.startswith(
        "stacks/Pulumi.dev.yaml:4:36: slostack:prometheus.retention: 'long' (text)"
    )

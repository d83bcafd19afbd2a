"""A stack's context has to be in a kubeconfig, wherever kubectl would find that."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from slostack.deploy.kubernetes import check_context
from slostack.errors import SlostackError
from slostack.settings import Settings, parse_settings
from tests.components.program import stack_config


@pytest.fixture
def settings() -> Settings:
    config = stack_config("dev")
    config["kubernetes"]["context"] = "here"
    return parse_settings(config, "dev")


def kubeconfig(*contexts: str) -> str:
    return json.dumps({"kind": "Config", "contexts": [{"name": name, "context": {}} for name in contexts]})


def test_any_of_several_files_may_have_it(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [tmp_path / name for name in ("first", "missing", "last")]
    files[0].write_text(kubeconfig("there"))
    files[2].write_text(kubeconfig("here"))
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, files)))
    check_context(settings)
    files[2].write_text(kubeconfig("elsewhere"))
    with pytest.raises(SlostackError, match=r"'here' is no context of .*, expected one of elsewhere, there \("):
        check_context(settings)


def test_it_is_looked_for_at_home(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(SlostackError, match=r"no context of ~/.kube/config, expected one of \(it has none\)"):
        check_context(settings)
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").write_text(kubeconfig("here"))
    check_context(settings)


@pytest.mark.parametrize("text", ["contexts: [here", "- here", "contexts: 7", "contexts: [{}]"])
def test_what_is_no_kubeconfig_is_said_to_be_none(
    settings: Settings, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    with pytest.raises(SlostackError, match="something else than a kubeconfig"):
        check_context(settings)

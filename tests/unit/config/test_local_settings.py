"""The settings of the stack on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from slostack.errors import SlostackError
from slostack.settings import Settings, WatchedService, load_settings, parse_settings
from slostack.spec import SpecError

ROOT = Path(__file__).parents[3]


def local(**config: Any) -> Settings:
    return parse_settings({"environment": "local", "delivery": "local", **config}, "local")


def test_the_committed_stack_is_the_default() -> None:
    assert load_settings(ROOT, "local") == local()


def test_urls_follow_from_the_ports() -> None:
    urls = local(local={"ports": {"grafana": 3333, "notifications": 9999}}).urls
    assert urls.grafana == "http://127.0.0.1:3333"
    assert urls.prometheus == "http://127.0.0.1:9090"
    assert urls.runbooks == "http://127.0.0.1:9999/runbooks"


def test_urls_can_be_set() -> None:
    urls = dict.fromkeys(("grafana", "prometheus", "alertmanager", "runbooks"), "https://example.com")
    assert local(urls=urls).urls.grafana == "https://example.com"


def test_a_cluster_has_no_urls_of_its_own_accord() -> None:
    config = {"environment": "dev", "delivery": "kubernetes", "kubernetes": {"context": "kind"}}
    with pytest.raises(SpecError, match=r"slostack:urls: nothing, expected the URLs of grafana"):
        parse_settings(config, "dev")


def test_a_port_can_be_had_only_once() -> None:
    with pytest.raises(SpecError, match=r"port 3100 for both loki and lokiGrpc, expected a port of its own for each"):
        local(local={"ports": {"lokiGrpc": 3100}})


def test_the_demo_is_watched_where_it_runs() -> None:
    for demo in (True, ["learnsnap"]):
        watched = local(local={"demo": demo, "ports": {"demo": 7777}}).watched["learnsnap"]
        assert (watched.targets, watched.base_path) == (("127.0.0.1:7777",), "/learnsnap")
        assert (watched.probe, watched.prober) == ("https://learnsnap.example", "127.0.0.1:7777")
    assert local(local={"demo": False}).watched == local(local={"demo": []}).watched == {}
    with pytest.raises(SpecError, match=r"slostack:local\.demo"):
        local(local={"demo": ["shop"]})


def test_named_targets_go_before_the_demo() -> None:
    targets = {"learnsnap": {"targets": ["app:80"]}, "shop": {"targets": ["shop:80"]}}
    settings = local(local={"demo": ["learnsnap"]}, services=targets)
    assert settings.watched == {
        "learnsnap": WatchedService(targets=("app:80",)),
        "shop": WatchedService(targets=("shop:80",)),
    }


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "-x", "a\n"])
def test_a_stack_is_named_without_folders(tmp_path: Path, name: str) -> None:
    with pytest.raises(SlostackError, match=r"is no stack's name, expected one such as local or prod-eu$"):
        load_settings(tmp_path, name)


@pytest.mark.parametrize("server", ["prometheus", "alertmanager", "grafana"])
def test_there_is_one_of_each_server(server: str) -> None:
    config = {"replicas": 2, **({"database": {"host": "postgres:5432"}} if server == "grafana" else {})}
    with pytest.raises(SpecError, match=rf"slostack:{server}\.replicas: 2 replicas on this machine, expected one"):
        local(**{server: config})

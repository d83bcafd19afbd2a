"""ConfigMaps of rules and dashboards: below Kubernetes' limit, and steady while services come and go."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slostack.bundle import Bundle
from slostack.deploy.kubernetes import deploy
from slostack.deploy.kubernetes.shards import MOST_BYTES, shard_of, shards, size_of, undivided
from slostack.deploy.secrets import GRAFANA_SECRET_KEY
from slostack.errors import SlostackError
from slostack.settings import parse_settings
from tests.components.program import Program, run_function, stack_config

ONE_MIB = 1_048_576
names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=30).map(lambda name: f"{name}.yaml")


@given(st.dictionaries(names, st.text(max_size=20), max_size=60), names, st.integers(1, 64))
def test_another_file_moves_no_other(files: dict[str, str], new: str, count: int) -> None:
    before, after = shards(files, count, "rules"), shards({**files, new: ""}, count, "rules")
    for shard in set(before) | set(after):
        remaining = {name: text for name, text in after.get(shard, {}).items() if name != new}
        assert remaining == {name: text for name, text in before.get(shard, {}).items() if name != new}


@given(st.dictionaries(names, st.text(max_size=20), max_size=60), st.integers(1, 64))
def test_every_file_is_in_one_shard(files: dict[str, str], count: int) -> None:
    placed = shards(files, count, "rules")
    assert sorted(item for shard in placed.values() for item in shard.items()) == sorted(files.items())
    assert all(placed.values())
    assert set(placed) <= set(range(count))


def test_a_file_stays_in_its_shard_from_release_to_release() -> None:
    assert [shard_of(name, 16) for name in ("learnsnap.yaml", "slostack.yaml", "custom-api.yaml")] == [5, 11, 12]


def test_a_thousand_services_fit() -> None:
    text = "x" * 90_000  # five SLOs
    placed = shards({f"service-{n}.yaml": text for n in range(1000)}, 512, "rules")
    assert max(map(size_of, placed.values())) <= MOST_BYTES < ONE_MIB
    assert len(placed) <= 512


def test_too_few_shards_are_refused_with_the_number_that_does() -> None:
    files = {f"service-{n}.yaml": "x" * 90_000 for n in range(400)}
    with pytest.raises(SlostackError, match=r"set slostack:kubernetes.shards to \d+") as refused:
        shards(files, 16, "prometheus/rules")
    enough = int(str(refused.value).split()[-1])
    assert shards(files, enough, "prometheus/rules")
    assert "prometheus/rules: 16 ConfigMaps are too few" in str(refused.value)


def test_a_file_that_no_config_map_holds_is_named() -> None:
    with pytest.raises(SlostackError, match=r"rules: huge.yaml has 1,000,010 bytes, expected at most 1,000,000"):
        shards({"huge.yaml": "x" * 1_000_001, "small.yaml": ""}, 16, "rules")


def test_a_config_that_no_config_map_holds_is_refused() -> None:
    with pytest.raises(SlostackError, match=r"prometheus: 1,000,014 bytes, expected at most 1,000,000"):
        undivided({"prometheus.yml": "x" * 1_000_000}, "prometheus")


def test_more_than_all_shards_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slostack.deploy.kubernetes.shards.MOST_BYTES", 20)
    with pytest.raises(SlostackError, match=r"rules: too much for 1024 ConfigMaps of 20 bytes"):
        shards({f"{n}.yaml": "0123456789" for n in range(4000)}, 16, "rules")


def test_every_config_map_is_below_the_limit(program: Program) -> None:
    for config_map in program.of_type(":ConfigMap"):
        assert 0 < size_of(config_map.inputs["data"]) <= MOST_BYTES


def test_all_shards_are_mounted_before_they_exist(prod: Program) -> None:
    spec = dict(prod.pods())["prometheus"]["spec"]
    (rules,) = (volume["projected"]["sources"] for volume in spec["volumes"] if volume["name"] == "rules")
    mounted = {source["configMap"]["name"] for source in rules}
    assert len(mounted) == 16
    assert all(source["configMap"]["optional"] for source in rules)
    assert {each.name for each in prod.of_type(":ConfigMap") if each.name.startswith("prometheus-rules")} < mounted


def test_another_service_changes_its_shards_and_no_pod() -> None:
    before, after = _deployed(_bundle(3, 1000), 16), _deployed(_bundle(4, 1000), 16)
    changed = {name for name in after if after[name] != before.get(name)}
    rules, dashboards = shard_of("service-3.yaml", 16), shard_of("service-3.json", 16)
    assert changed == {f"prometheus-rules-{rules}-of-16", f"grafana-dashboards-{dashboards}-of-16"}
    assert set(before) <= set(after)


def test_the_number_of_resources_depends_on_neither_services_nor_slos() -> None:
    thousand, with_longer_rules = _deployed(_bundle(1000, 2000), 64), _deployed(_bundle(1000, 4000), 64)
    assert set(thousand) == set(with_longer_rules)
    assert len(thousand) <= 80 + 2 * 64
    assert set(_deployed(_bundle(2000, 2000), 64)) == set(thousand)


def _bundle(services: int, size: int) -> Bundle:
    """A bundle with rules and a dashboard of so many bytes for each of so many services."""
    files = {"prometheus/prometheus.yml": "", "alertmanager/alertmanager.yml": "", "loki/loki.yaml": ""}
    files |= {"grafana/grafana.ini": ""}
    for number in range(services):
        files[f"prometheus/rules/service-{number}.yaml"] = "x" * size
        files[f"grafana/dashboards/service-{number}.json"] = "x" * size
    return Bundle(files)


def _deployed(bundle: Bundle, count: int) -> dict[str, Any]:
    """The inputs of every resource by its type and name."""
    config = stack_config("dev")
    config["kubernetes"]["shards"] = count
    settings = parse_settings(config, "dev")
    deployed = run_function(lambda: deploy(bundle, settings, {GRAFANA_SECRET_KEY: pulumi.Output.from_input("x")}))
    return {
        each.name if each.type.endswith("Map") else f"{each.type} {each.name}": each.inputs
        for each in deployed.resources
    }

"""What Prometheus scrapes of a cluster's kubelets, and what it keeps of that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml, promtool
from slostack.config import Topology, config_files
from slostack.config.kubelets import VOLUME_METRICS
from slostack.errors import SlostackError
from slostack.rules.stack import stack_groups
from slostack.settings import parse_settings
from slostack.spec import Service
from tests.unit.config.conftest import CONFIG
from tests.unit.promql import metric_names

JOBS = ("kubelet", "cadvisor")


@pytest.fixture
def jobs(services: tuple[Service, ...], topology: Topology, tmp_path: Path) -> Any:
    """The kubelets' jobs by name; promtool has taken them."""

    def found(account: str | None = str(tmp_path), **exporters: bool) -> dict[str, Any]:
        settings = parse_settings({**CONFIG, "exporters": exporters}, "test")
        text = config_files(services, settings, replace(topology, account=account))["prometheus/prometheus.yml"]
        (tmp_path / "prometheus.yml").write_text(text)
        promtool.check_config_syntax(tmp_path / "prometheus.yml")
        return {job["job_name"]: job for job in plain_yaml.load(text)["scrape_configs"] if job["job_name"] in JOBS}

    return found


def test_every_node_is_found_and_shown_the_accounts_token(jobs: Any, tmp_path: Path) -> None:
    assert list(jobs()) == list(JOBS)
    for job in jobs().values():
        assert job["scheme"] == "https"
        assert job["kubernetes_sd_configs"] == [{"role": "node"}]
        assert job["authorization"] == {"credentials_file": f"{tmp_path}/token"}
        assert {"source_labels": ["__meta_kubernetes_node_name"], "target_label": "instance"} in job["relabel_configs"]


def test_certificates_are_verified_where_the_cluster_signs_them(jobs: Any, tmp_path: Path) -> None:
    assert {str(job["tls_config"]) for job in jobs().values()} == {"{'insecure_skip_verify': True}"}
    verified = jobs(verifyKubelets=True)
    assert [job["tls_config"] for job in verified.values()] == [{"ca_file": f"{tmp_path}/ca.crt"}] * 2


def test_nothing_can_be_verified_that_is_not_scraped() -> None:
    with pytest.raises(SlostackError, match=r"slostack:exporters.verifyKubelets: `verifyKubelets` without kubelets"):
        parse_settings({**CONFIG, "exporters": {"kubelets": False, "verifyKubelets": True}}, "test")


def test_without_an_account_there_are_none(jobs: Any) -> None:
    assert jobs(account=None) == {}


def test_the_volume_metrics_that_alerts_read_are_kept() -> None:
    read = {name for group in stack_groups() for rule in group.rules for name in metric_names(rule.expr)}
    assert {name for name in read if name.startswith("kubelet_")} == set(VOLUME_METRICS)

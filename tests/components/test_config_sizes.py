"""Sizes, numbers and durations that no cluster and no server has, or that are too small to work."""

from __future__ import annotations

import pytest

from slostack.settings import parse_settings
from tests.components.program import stack_config
from tests.components.wrong_config import Wrong, check_refusal

WRONG: Wrong = {
    "zero": (lambda c: c["kubernetes"].update(shards=0), "slostack:kubernetes.shards: 0 (a number)"),
    "no size": (lambda c: c["prometheus"].update(storage="lots"), "slostack:prometheus.storage: 'lots' (text)"),
    "no duration": (
        lambda c: c["loki"].update(retention="a week"),
        "slostack:loki.retention: 'a week' (text), expected a duration such as",
    ),
    "replicas without a database": (
        lambda c: c["grafana"].pop("database"),
        "slostack:grafana.replicas: 2 replicas without `database`, expected a PostgreSQL database (grafana.database) "
        "that they share, or one replica",
    ),
    "too many replicas": (lambda c: c["prometheus"].update(replicas=10), "slostack:prometheus.replicas: 10 (a number)"),
    "more asked for than given": (
        lambda c: c["kubernetes"]["resources"]["loki"].update(cpu="3"),
        "slostack:kubernetes.resources.loki.cpu: cpu 3 above cpuLimit 2, expected at most as much",
    ),
    "too little room": (
        lambda c: c["prometheus"].update(storage="1Mi"),
        "slostack:prometheus.storage: '1Mi' (text), expected at least 512Mi",
    ),
    "less than Loki can keep": (
        lambda c: c["loki"].update(retention="1h"),
        "slostack:loki.retention: 1h, expected at least 1d",
    ),
    "less than Loki can keep, of a level": (
        lambda c: c["loki"].update(retention={"debug": "12h"}),
        "slostack:loki.retention.debug: 12h, expected at least 1d",
    ),
    "grave lines that go before others": (
        lambda c: c["loki"].update(retention={"info": "120d"}),
        "slostack:loki.retention.warn: 90d, expected at least the 120d of info, which is less grave",
    ),
    "no level": (
        lambda c: c["loki"].update(retention={"fatal": "90d"}),
        "slostack:loki.retention.fatal: unknown key",
    ),
    "no processor": (
        lambda c: c["kubernetes"]["resources"]["loki"].update(cpu="0"),
        "slostack:kubernetes.resources.loki.cpu: '0' (text), expected processors such as \"2\", or thousandths",
    ),
    "no processor, as a number": (
        lambda c: c["kubernetes"]["resources"]["loki"].update(cpu=0),
        "slostack:kubernetes.resources.loki.cpu: 0 (a number), expected text in quotes",
    ),
    "no thousandth of a processor": (
        lambda c: c["kubernetes"]["resources"]["loki"].update(cpu="0m"),
        "slostack:kubernetes.resources.loki.cpu: '0m' (text), expected processors such as \"2\", or thousandths",
    ),
    "fewer processors than none": (
        lambda c: c["kubernetes"]["resources"]["loki"].update(cpu="-1"),
        "slostack:kubernetes.resources.loki.cpu: '-1' (text), expected processors such as \"2\", or thousandths",
    ),
    "processors by powers of ten": (
        lambda c: c["kubernetes"]["resources"]["loki"].update(cpu="1e9"),
        "slostack:kubernetes.resources.loki.cpu: '1e9' (text), expected processors such as \"2\", or thousandths",
    ),
    "more processors than there are": (
        lambda c: c["kubernetes"]["resources"]["prometheus"].update(cpu="1000000000"),
        "slostack:kubernetes.resources.prometheus.cpu: '1000000000' (text), expected at least 1m and at most 1024",
    ),
    "more processors at most than there are": (
        lambda c: c["kubernetes"]["resources"]["prometheus"].update(cpuLimit="1025"),
        "slostack:kubernetes.resources.prometheus.cpuLimit: '1025' (text), expected at least 1m and at most 1024",
    ),
    "more thousandths than there are": (
        lambda c: c["kubernetes"]["resources"]["prometheus"].update(cpuLimit="1024001m"),
        "slostack:kubernetes.resources.prometheus.cpuLimit: '1024001m' (text), expected at least 1m and at most 1024",
    ),
    "no memory": (
        lambda c: c["kubernetes"]["resources"]["grafana"].update(memory="0"),
        "slostack:kubernetes.resources.grafana.memory: '0' (text), expected a size such as 512Mi, 20Gi or 1Ti",
    ),
    "memory by powers of ten": (
        lambda c: c["kubernetes"]["resources"]["grafana"].update(memory="1e9"),
        "slostack:kubernetes.resources.grafana.memory: '1e9' (text), expected a size such as 512Mi, 20Gi or 1Ti",
    ),
    "memory in bytes, as a number": (
        lambda c: c["kubernetes"]["resources"]["grafana"].update(memory=1000000000),
        "slostack:kubernetes.resources.grafana.memory: 1000000000 (a number), expected text in quotes",
    ),
    "room by powers of ten": (
        lambda c: c["loki"].update(storage="1e12"),
        "slostack:loki.storage: '1e12' (text), expected a size such as 512Mi, 20Gi or 1Ti",
    ),
    "no room": (
        lambda c: c["alertmanager"].update(storage="0Gi"),
        "slostack:alertmanager.storage: '0Gi' (text), expected a size such as 512Mi, 20Gi or 1Ti",
    ),
    "too little memory": (
        lambda c: c["kubernetes"]["resources"]["loki"].update(memory="1Mi"),
        "slostack:kubernetes.resources.loki.memory: '1Mi' (text), expected at least 64Mi and at most 16Ti",
    ),
    "more memory than there is": (
        lambda c: c["kubernetes"]["resources"]["loki"].update(memory="17Ti"),
        "slostack:kubernetes.resources.loki.memory: '17Ti' (text), expected at least 64Mi and at most 16Ti",
    ),
    "too little room for logs": (
        lambda c: c["loki"].update(storage="512Mi"),
        "slostack:loki.storage: '512Mi' (text), expected at least 1Gi and at most 1024Ti",
    ),
    "more room than there is": (
        lambda c: c["prometheus"].update(storage="99999999999999999999Ti"),
        "slostack:prometheus.storage: '99999999999999999999Ti' (text), expected at least 512Mi and at most 1024Ti",
    ),
    "more lines than a pod writes": (
        lambda c: c["logs"]["limits"]["kube-system"].update(linesPerSecond=10**18),
        "slostack:logs.limits.kube-system.linesPerSecond: 1000000000000000000 (a number), expected at most 100,000",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_size_is_refused(wrong: str) -> None:
    check_refusal(*WRONG[wrong])


@pytest.mark.parametrize(("cpu", "limit"), [("1m", "1m"), ("1024", "1024000m")])
def test_the_least_and_the_most_processors_are_taken(cpu: str, limit: str) -> None:
    config = stack_config("dev")
    config["kubernetes"]["resources"]["loki"] |= {"cpu": cpu, "cpuLimit": limit}
    assert parse_settings(config, "dev").kubernetes.resources.loki.cpu_limit == limit

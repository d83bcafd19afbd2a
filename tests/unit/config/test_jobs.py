"""What a service's rules ask for is scraped: the jobs that their selectors name are the service's own, and in the
scrape config of every environment that watches it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest

from slostack import plain_yaml
from slostack.config.prometheus import prometheus_files
from slostack.config.topology import Topology
from slostack.deploy.kubernetes.topology import kubernetes_topology
from slostack.names import probe_job
from slostack.rules import service_groups
from slostack.settings import Settings, load_settings
from slostack.spec import Service
from slostack.spec.needs import need_job
from slostack.stack import watched_services
from tests.unit.config.conftest import topology
from tests.unit.coverage.answers import ENVIRONMENTS, ROOT, services
from tests.unit.promql import selectors

__all__ = ["topology"]


def scraped(settings: Settings, topology: Topology) -> set[str]:
    """The jobs that an environment's Prometheus is rendered with."""
    at = replace(topology, blackbox=None) if settings.delivery == "local" else kubernetes_topology(settings)
    text = prometheus_files(tuple(services().values()), settings, at)["prometheus/prometheus.yml"]
    return {job["job_name"] for job in plain_yaml.load(text)["scrape_configs"]}


def unscraped(exprs: Iterable[str], jobs: set[str]) -> set[str]:
    """What the selectors of expressions ask for, each alternative of a pattern by itself, and no job is called."""
    asked = {
        alternative
        for expr in exprs
        for selector in selectors(expr)
        for matcher in selector.matchers.matchers
        if matcher.name == "job"
        for alternative in matcher.value.split("|")
    }
    return {each for each in asked if not any(re.fullmatch(each, job) for job in jobs)}


def exprs(service: Service) -> list[str]:
    return [rule.expr for group in service_groups(service) for rule in group.rules]


def own_jobs(service: Service) -> set[str]:
    """Those that have its series: a job of the stack's own servers has others."""
    probes = {probe_job(service.service, each.name) for each in service.probes}
    return {scrape.job for scrape in service.scrape} | probes | {need_job(service.service, n) for n in service.needs}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_job_that_rules_ask_for_is_scraped_where_the_service_is_watched(
    environment: str, topology: Topology
) -> None:
    settings = load_settings(ROOT, environment)
    jobs = scraped(settings, topology)
    watched = watched_services(services().values(), settings)
    assert watched
    missing = {service.service: unscraped(exprs(service), jobs & own_jobs(service)) for service in watched}
    assert missing == {service.service: set() for service in watched}


def test_a_job_that_nobody_scrapes_is_noticed() -> None:
    asked = ['up{job="shop"} == 0', r'sum(rate(a{job=~"shop|shop\\-db"}[5m])) / rate(b{job="node-exporter"}[5m])']
    assert unscraped(asked, {"shop", "shop/health"}) == {r"shop\-db", "node-exporter"}

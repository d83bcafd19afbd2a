"""The real Prometheus operator in the test cluster, with what the chart kube-prometheus-stack gives it to do."""

from __future__ import annotations

import base64
import gzip
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from slostack import plain_yaml
from tests.cluster.binaries import cluster_binary
from tests.cluster.control_plane import Cluster
from tests.processes import free_port, running, wait_until

RELEASE = "prom"
_NAME = f"{RELEASE}-kube-prometheus-stack"
PROMETHEUS, ALERTMANAGER = f"{_NAME}-prometheus", f"{_NAME}-alertmanager"
_START_SECONDS = 60
_SELECTORS = ("rule", "serviceMonitor", "podMonitor", "probe", "scrapeConfig")

_ALERTMANAGER_CONFIG = """
global: {resolve_timeout: 5m}
inhibit_rules:
  - {source_matchers: [severity = critical], target_matchers: [severity =~ warning|info], equal: [namespace, alertname]}
  - {source_matchers: [severity = warning], target_matchers: [severity = info], equal: [namespace, alertname]}
  - {source_matchers: [alertname = InfoInhibitor], target_matchers: [severity = info], equal: [namespace]}
  - {target_matchers: [alertname = InfoInhibitor]}
receivers: [{name: "null"}]
route:
  receiver: "null"
  group_by: [namespace]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 12h
  routes: [{matchers: [alertname = "Watchdog"], receiver: "null"}]
templates: [/etc/alertmanager/config/*.tmpl]
"""


@dataclass(frozen=True)
class Operator:
    """The operator at work in one namespace."""

    cluster: Cluster
    namespace: str
    url: str

    def managed(self, state: str) -> dict[str, int]:
        """How many objects of each kind it has selected or rejected."""
        text = requests.get(f"{self.url}/metrics", timeout=10).text
        found = re.findall(
            rf'^prometheus_operator_managed_resources{{.*resource="(\w+)",state="{state}"}} (\d+)$', text, re.M
        )
        return {kind: int(count) for kind, count in found if count != "0"}

    def prometheus_config(self) -> str:
        """Prometheus' config as it is generated."""
        return self._unzipped(f"prometheus-{PROMETHEUS}", "prometheus.yaml.gz")

    def alertmanager_config(self) -> str:
        """Alertmanager's config as it is generated."""
        return self._unzipped(f"alertmanager-{ALERTMANAGER}-generated", "alertmanager.yaml.gz")

    def rule_files(self) -> dict[str, str]:
        """Prometheus' rule files as they are generated."""
        of = ("--namespace", self.namespace, "--selector", f"prometheus-name={PROMETHEUS}")
        return {name: text for each in self.cluster.get("configmaps", *of) for name, text in each["data"].items()}

    def _unzipped(self, secret: str, key: str) -> str:
        found = self.cluster.kubectl("get", "secret", secret, "--namespace", self.namespace, "-o", "json")
        return gzip.decompress(base64.b64decode(plain_yaml.load(found)["data"][key])).decode()


@contextmanager
def operator(cluster: Cluster, namespace: str, folder: Path) -> Iterator[Operator]:
    """The operator, which has reconciled the chart's Prometheus and Alertmanager with what the namespace has."""
    cluster.apply([_alertmanager_secret(namespace), _prometheus(namespace), _alertmanager(namespace)])
    found = Operator(cluster, namespace, f"http://127.0.0.1:{free_port()}")
    command = (cluster_binary("operator"), f"--namespaces={namespace}", f"--web.listen-address={found.url[7:]}")
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    with running(command, folder / "operator.log", environment) as process:
        wait_until(lambda: process.poll() is not None or _answers(found.url), "the operator answers", _START_SECONDS)
        assert process.poll() is None, (folder / "operator.log").read_text()
        of = ("--namespace", namespace, "--timeout=60s")
        names = (f"prometheus/{PROMETHEUS}", f"alertmanager/{ALERTMANAGER}")
        cluster.kubectl("wait", "--for=condition=Reconciled", *names, *of)
        yield found


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=3).ok
    except requests.RequestException:
        return False


def _prometheus(namespace: str) -> dict[str, Any]:
    """The chart's Prometheus, which looks everywhere for what has the release's label."""
    selectors = {f"{each}Selector": {"matchLabels": {"release": RELEASE}} for each in _SELECTORS}
    everywhere: dict[str, Any] = {f"{each}NamespaceSelector": {} for each in _SELECTORS}
    alertmanager = {
        "namespace": namespace,
        "name": ALERTMANAGER,
        "port": "http-web",
        "pathPrefix": "/",
        "apiVersion": "v2",
    }
    spec = {
        "version": "v3.5.0",
        "replicas": 1,
        "shards": 1,
        "routePrefix": "/",
        "retention": "10d",
        "scrapeInterval": "30s",
        "externalUrl": f"http://{PROMETHEUS}.{namespace}:9090",
        "alerting": {"alertmanagers": [alertmanager]},
        **selectors,
        **everywhere,
    }
    return _object("Prometheus", PROMETHEUS, namespace, spec=spec)


def _alertmanager(namespace: str) -> dict[str, Any]:
    """The chart's Alertmanager, which takes every AlertmanagerConfig."""
    spec = {
        "version": "v0.28.1",
        "replicas": 1,
        "routePrefix": "/",
        "retention": "120h",
        "portName": "http-web",
        "externalUrl": f"http://{ALERTMANAGER}.{namespace}:9093",
        "alertmanagerConfigSelector": {},
        "alertmanagerConfigNamespaceSelector": {},
    }
    return _object("Alertmanager", ALERTMANAGER, namespace, spec=spec)


def _alertmanager_secret(namespace: str) -> dict[str, Any]:
    """The chart's own Alertmanager config, below whose route the operator puts those of AlertmanagerConfigs."""
    name, data = f"alertmanager-{ALERTMANAGER}", {"alertmanager.yaml": _ALERTMANAGER_CONFIG}
    return {**_object("Secret", name, namespace, stringData=data), "apiVersion": "v1"}


def _object(kind: str, name: str, namespace: str, **content: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": {"release": RELEASE}}
    return {"apiVersion": "monitoring.coreos.com/v1", "kind": kind, "metadata": metadata, **content}

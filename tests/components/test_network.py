"""Who may talk to whom: the flows that the rendered configs make, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import RawConfigParser
from typing import Any
from urllib.parse import urlsplit

import pytest

from slostack import plain_yaml
from slostack.deploy.kubernetes.flows import end_of
from slostack.deploy.kubernetes.network import OUTSIDE as EVERYTHING
from slostack.deploy.kubernetes.network import Addresses, Either, End, Pods, metadata_within
from slostack.settings import parse_settings
from tests.components.program import Program, canaries, run_program, stack_config

NAME = "app.kubernetes.io/name"
KUBELET_PORT = 10250
"""Of every node, in its status."""
KUBE_DNS = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
}
"""The pods that look up names in most clusters."""
OUTSIDE = [
    {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]},
    {"cidr": "::/0", "except": ["fd00:ec2::254/128", "fd20:ce::254/128"]},
]
"""All addresses but those at which clouds tell a machine's credentials."""
SOLVER = "acme.cert-manager.io/http01-solver"
Traffic = tuple[str, str, int, str]
"""From whom, to whom, port and protocol: the stack's servers by name, others as `outside` or by namespace."""


def test_everything_is_denied_first(program: Program) -> None:
    for namespace in program.of_type(":Namespace"):
        policy = _policy(program, namespace.inputs["metadata"]["name"], "default-deny")
        assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_every_pod_may_look_up_names_and_that_alone(program: Program) -> None:
    for namespace in program.of_type(":Namespace"):
        policy = _policy(program, namespace.inputs["metadata"]["name"], "allow-dns")
        assert policy["podSelector"] == {}
        assert policy["policyTypes"] == ["Egress"]
        pods, caches = policy["egress"]
        both = [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]
        assert pods == {"to": [KUBE_DNS], "ports": both}
        assert caches == {"to": [{"ipBlock": {"cidr": "169.254.20.10/32"}}], "ports": both}


def test_names_are_looked_up_where_the_settings_say() -> None:
    config = stack_config("dev")
    labels = {"dns.operator.openshift.io/daemonset-dns": "default"}
    config["kubernetes"]["dns"] = {"namespace": "openshift-dns", "labels": labels, "port": 5353, "addresses": []}
    program = run_program("dev", config, canaries("dev"))
    (rule,) = _policy(program, "slostack", "allow-dns")["egress"]
    assert {port["port"] for port in rule["ports"]} == {5353}
    (peer,) = rule["to"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "openshift-dns"}
    assert peer["podSelector"]["matchLabels"] == labels


def _policy(program: Program, namespace: str, name: str) -> dict[str, Any]:
    (found,) = (
        each.inputs
        for each in program.of_type(":NetworkPolicy")
        if (each.inputs["metadata"]["namespace"], each.inputs["metadata"]["name"]) == (namespace, name)
    )
    return dict(found["spec"])


def test_exactly_the_flows_that_the_configs_make_are_allowed(program: Program, stack: str) -> None:
    sent, received = allowed(program)
    made = set(flows(program, stack_config(stack)))
    assert sent == {flow for flow in made if flow[0] in servers(program)}
    assert received == {flow for flow in made if flow[1] in (*servers(program), SOLVER)}


IN_THE_CLUSTER = {"namespace": "shop", "labels": {"app": "learnsnap"}, "port": 9464}
EDITED: dict[str, dict[str, Any]] = {
    "nobody is notified": {"receivers": {}},
    "a webhook at its own port": {"receivers": {"webhook": {"host": "hooks.acme.example:8443"}}},
    "a mail server in the cluster": {
        "receivers": {"email": {"to": "a@b.example", "sender": "c@d.example", "smarthost": "smtp.mail.svc:25"}}
    },
    "text messages": {"receivers": {"sms": {"gateway": "sms.acme.example:4433"}}},
    "a target in the cluster": {"services": {"learnsnap": {"targets": ["learnsnap.shop.svc.cluster.local:8080"]}}},
    "a target that may be in the cluster": {"services": {"learnsnap": {"targets": ["learnsnap.shop:8080", "b:81"]}}},
    "a probe at a port of its own": {
        "services": {"learnsnap": {"targets": ["a:80"], "probes": {"health": "https://health.acme.example:8443"}}}
    },
    "a job elsewhere": {"services": {"learnsnap": {"jobs": {"learnsnap": {"targets": ["a.shop.svc:81"]}}}}},
    "pods of a job": {"services": {"learnsnap": {"jobs": {"learnsnap": {"pods": IN_THE_CLUSTER}}}}},
    "pods": {"services": {"learnsnap": {"pods": IN_THE_CLUSTER}}},
    "samples that go elsewhere": {
        "prometheus": {"remoteWrite": {"mimir": {"url": "https://mimir.acme.example:8443/push", "token": True}}}
    },
    "two Prometheus": {"prometheus": {"replicas": 2}},
    "three Alertmanagers": {"alertmanager": {"replicas": 3}},
    "no kubelets": {"exporters": {"kubelets": False}},
    "a database": {"grafana": {"database": {"host": "postgres.acme.example:6432"}}},
    "a database in the cluster": {"grafana": {"database": {"host": "pg-rw.databases.svc:5432"}}},
    "a database in a pod": {"grafana": {"database": {"host": "pg-0.pg.databases.svc.cluster.local:5432"}}},
    "Thanos": {"thanos": {"bucket": {"type": "s3"}}},
    "Thanos with two Prometheus and two stores": {
        "thanos": {"bucket": {"type": "gcs"}, "store": {"replicas": 2}},
        "prometheus": {"replicas": 2},
    },
    "Thanos with a bucket in the cluster": {"thanos": {"bucket": {"type": "s3", "host": "minio.minio.svc:9000"}}},
    "Thanos that other clusters ask, and that asks them": {
        "kubernetes": stack_config("dev")["kubernetes"] | {"cluster": "eu"},
        "thanos": {
            "bucket": {"type": "azure"},
            "query": {"clusters": {"us": {"host": "thanos.us.acme.example:8443"}}, "clients": ["0.0.0.0/0", "::/0"]},
        },
    },
    "three Lokis and a bucket": {
        "loki": {"replicas": 3, "bucket": {"type": "s3", "name": "logs", "region": "tests", "credentials": True}}
    },
    "a bucket in the cluster": {
        "loki": {
            "bucket": {
                **{"type": "s3", "name": "logs", "region": "tests", "credentials": True},
                **{"host": "minio-0.minio.storage.svc:9000", "tls": False},
            }
        }
    },
    "PagerDuty": {"receivers": {"pagerduty": {}}},
    "PagerDuty at a port of its own": {"receivers": {"pagerduty": {"url": "https://pages.acme.example:8443/v2"}}},
}


@pytest.mark.parametrize("edit", EDITED)
def test_flows_follow_the_settings(edit: str) -> None:
    config = stack_config("dev") | EDITED[edit]
    program = run_program("dev", config, canaries("dev", config))
    made = set(flows(program, config))
    sent, received = allowed(program)
    assert sent == {flow for flow in made if flow[0] in servers(program)}
    assert received == {flow for flow in made if flow[1] in servers(program)}


def allowed(program: Program) -> tuple[set[Traffic], set[Traffic]]:
    """What the servers' own policies let them send and receive."""
    sent, received = set(), set()
    for policy in program.of_type(":NetworkPolicy"):
        name, spec = policy.inputs["metadata"]["name"], policy.inputs["spec"]
        if name in ("default-deny", "allow-dns"):
            continue
        labels = spec["podSelector"]["matchLabels"]
        server = SOLVER if SOLVER in labels else labels[NAME]
        assert name == ("grafana-acme-solver" if server == SOLVER else server)
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        for rule in spec.get("egress", []):
            sent |= {(server, end, *port) for end in _ends(program, rule["to"]) for port in _ports(rule)}
        for rule in spec.get("ingress", []):
            received |= {(end, server, *port) for end in _ends(program, rule["from"]) for port in _ports(rule)}
    return sent, received


def _ports(rule: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for port in rule["ports"]:
        yield int(port["port"]), port["protocol"]


def _ends(program: Program, peers: list[dict[str, Any]]) -> Iterator[str]:
    blocks = [peer["ipBlock"] for peer in peers if "ipBlock" in peer]
    pods = [peer for peer in peers if "ipBlock" not in peer]
    assert blocks in ([], OUTSIDE)
    if blocks and not pods:
        yield "outside"
    for peer in pods:
        labels = peer.get("podSelector", {}).get("matchLabels", {})
        namespace = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
        yield pods_of(program, namespace, labels) + (" or outside" if blocks else "")


def servers(program: Program) -> dict[str, dict[str, Any]]:
    """The stack's own servers and their workloads."""
    kinds = (":StatefulSet", ":Deployment", ":DaemonSet")
    found = (each.inputs for kind in kinds for each in program.of_type(kind))
    return {each["metadata"]["name"]: dict(each) for each in found}


def pods_of(program: Program, namespace: str | None, labels: dict[str, str]) -> str:
    """The end that a namespace (none: the own one) and labels of pods are."""
    own = servers(program)
    name = labels.get(NAME, "")
    if name in own and namespace in (None, own[name]["metadata"]["namespace"]):
        return name
    return f"{namespace} {sorted(labels.items())}"


def flows(program: Program, config: dict[str, Any]) -> Iterator[Traffic]:
    """The traffic that the servers' rendered files and arguments make; a pod's to itself needs no leave."""
    made = (
        *(*_prometheus(program), *_alertmanager(program, config), *_loki(program), *_grafana(program)),
        *_thanos(program, config.get("thanos", {})),
    )
    replicas = {name: int(each["spec"].get("replicas", 1)) for name, each in servers(program).items()}
    yield from (flow for flow in (*made, *_others(program, config)) if flow[0] != flow[1] or replicas[flow[0]] > 1)


def _prometheus(program: Program) -> Iterator[Traffic]:
    document = plain_yaml.load(_file(program, "prometheus-config", "prometheus.yml"))
    for group in document["alerting"]["alertmanagers"]:
        yield from (_to("prometheus", target) for each in group["static_configs"] for target in each["targets"])
    yield from (_to_url("prometheus", remote["url"]) for remote in document.get("remote_write", []))
    for job in document["scrape_configs"]:
        targets = [target for each in job.get("static_configs", []) for target in each["targets"]]
        if job["metrics_path" if "metrics_path" in job else "job_name"] == "/probe":
            yield from (_to_url("blackbox", target) for target in targets)
            (prober,) = (r["replacement"] for r in job["relabel_configs"] if r.get("target_label") == "__address__")
            targets = [prober]
        yield from (_to("prometheus", target) for target in targets)
        for found in job.get("kubernetes_sd_configs", []):
            if found["role"] == "node":
                yield "prometheus", "outside", KUBELET_PORT, "TCP"
                continue
            yield _to_pods(program, found, job["relabel_configs"])


def _to_pods(program: Program, found: dict[str, Any], relabel: list[dict[str, Any]]) -> Traffic:
    (namespace,) = found["namespaces"]["names"]
    labels = dict(pair.split("=") for pair in found["selectors"][0]["label"].split(","))
    end = pods_of(program, namespace, labels)
    numbers = [int(rule["replacement"]) for rule in relabel if rule.get("replacement", "").isdigit()]
    if numbers:
        return "prometheus", end, numbers[0], "TCP"
    ports = servers(program)[end]["spec"]["template"]["spec"]["containers"][0]["ports"]
    names = [rule["regex"] for rule in relabel if "container_port_name" in "".join(rule.get("source_labels", ()))]
    (number,) = (int(port["containerPort"]) for port in ports if [port["name"]] == names)
    return "prometheus", end, number, "TCP"


def _alertmanager(program: Program, config: dict[str, Any]) -> Iterator[Traffic]:
    document = plain_yaml.load(_file(program, "alertmanager-config", "alertmanager.yml"))
    receivers = config.get("receivers", {})
    hidden = {
        "sms-url": receivers.get("sms", {}).get("gateway"),
        "dead-mans-switch-url": receivers.get("deadMansSwitch", {}).get("host"),
        "webhook-url": receivers.get("webhook", {}).get("host"),
    }
    for receiver in document["receivers"]:
        if "slack_configs" in receiver:
            yield "alertmanager", "outside", 443, "TCP"
        for pages in receiver.get("pagerduty_configs", []):
            yield _to_url("alertmanager", pages.get("url", "https://events.pagerduty.com/v2/enqueue"))
        yield from (_to("alertmanager", each["smarthost"]) for each in receiver.get("email_configs", []))
        for webhook in receiver.get("webhook_configs", []):
            yield _to("alertmanager", next(to for file, to in hidden.items() if f"/{file}" in webhook["url_file"]))
    (container,) = servers(program)["alertmanager"]["spec"]["template"]["spec"]["containers"]
    for argument in container["args"]:
        if peer := re.fullmatch(r"--cluster\.peer=(.+)", argument):
            tcp = _to("alertmanager", peer[1])
            yield from (tcp, (*tcp[:3], "UDP"))


def _loki(program: Program) -> Iterator[Traffic]:
    document = plain_yaml.load(_file(program, "loki-config", "loki.yaml"))
    ruler = document["ruler"]
    for peer in document.get("memberlist", {}).get("join_members", ()):
        yield _to("loki", peer)
        yield "loki", "loki", int(document["server"]["grpc_listen_port"]), "TCP"
    if bucket := document["common"]["storage"].get("s3"):
        yield _to_url("loki", bucket.get("endpoint", "https://s3.tests.amazonaws.com"))
    yield from (_to_url("loki", url) for url in ruler["alertmanager_url"].split(","))
    yield from (_to_url("loki", client["url"]) for client in ruler["remote_write"]["clients"].values())


def _grafana(program: Program) -> Iterator[Traffic]:
    sources = plain_yaml.load(_file(program, "grafana-provisioning-datasources", "slostack.yaml"))["datasources"]
    yield from (_to_url("grafana", source["url"]) for source in sources)
    ini = RawConfigParser()
    ini.read_string(_file(program, "grafana-config", "grafana.ini"))
    if ini.has_section("database"):
        yield _to("grafana", ini["database"]["host"])
    if ini.has_section("auth.generic_oauth"):
        yield from (_to_url("grafana", ini["auth.generic_oauth"][f"{key}_url"]) for key in ("token", "api"))
    for ingress in program.of_type(":Ingress"):
        (path,) = ingress.inputs["spec"]["rules"][0]["http"]["paths"]
        assert path["backend"]["service"] == {"name": "grafana", "port": {"name": "http"}}
        yield "ingress-nginx []", "grafana", 3000, "TCP"
        if "cert-manager.io/cluster-issuer" in ingress.inputs["metadata"]["annotations"]:
            yield "ingress-nginx []", SOLVER, 8089, "TCP"


def _thanos(program: Program, config: dict[str, Any]) -> Iterator[Traffic]:
    if not config:
        return
    document = plain_yaml.load(_file(program, "thanos-query-config", "endpoints.yaml"))
    yield from (_to("thanos-query", endpoint["address"]) for endpoint in document["endpoints"])
    for server, workload in servers(program).items():
        for container in workload["spec"]["template"]["spec"]["containers"]:
            if any(each.startswith("--objstore.config-file=") for each in container.get("args", ())):
                yield _to(server, config["bucket"].get("host", "bucket.acme.example:443"))
    if config.get("query", {}).get("clients"):
        (grpc,) = (
            int(port["port"])
            for port in program.one(":Service", "thanos-query").inputs["spec"]["ports"]
            if port["name"] == "grpc"
        )
        yield "outside", "thanos-query", grpc, "TCP"


def _others(program: Program, config: dict[str, Any]) -> Iterator[Traffic]:
    api_ports = parse_settings(config, "test").kubernetes.api_server_ports
    for server, workload in servers(program).items():
        if workload["spec"]["template"]["spec"]["automountServiceAccountToken"]:
            yield from ((server, "outside", port, "TCP") for port in api_ports)
    for service, watched in config["services"].items():
        if "rds" in watched.get("needs", {}):
            yield f"cloudwatch-exporter-{service}", "outside", 443, "TCP"
    if "alloy" in servers(program):
        urls = re.findall(r'"(http://[^"]+/loki/api/v1/push)"', _file(program, "alloy-config", "config.alloy"))
        assert urls
        yield from (_to_url("alloy", url) for url in urls)


def _file(program: Program, config_map: str, name: str) -> str:
    (data,) = (each.inputs["data"] for each in program.of_type(":ConfigMap") if each.name == config_map)
    return str(data[name])


def _to(source: str, address: str) -> Traffic:
    host, _, port = address.rpartition(":")
    return source, _end(host), int(port), "TCP"


def _to_url(source: str, url: str) -> Traffic:
    parts = urlsplit(url)
    return source, _end(str(parts.hostname)), parts.port or {"http": 80, "https": 443}[parts.scheme], "TCP"


def _end(host: str) -> str:
    """The end that a host name leads to: `prometheus-0.prometheus.slostack.svc` is one of the stack's own. A name of
    one label or two may be that of a Service here, or of what is elsewhere."""
    first, *rest = host.split(".")
    if len(rest) < 2:
        return f"{rest[0] if rest else None} [] or outside"
    if rest[-2:] == ["slostack", "svc"]:
        return rest[0] if len(rest) == 3 else first.removesuffix("-any")
    if "svc" in rest:
        return f"{rest[rest.index('svc') - 1]} []"
    return "outside"


OWN, SHOP = Pods(None), Pods("shop")
HOSTS: dict[str, End] = {
    **dict.fromkeys(("web", "Web", "localhost"), Either((OWN, EVERYTHING))),
    **dict.fromkeys(("web.shop", "WEB.Shop", "svc.shop"), Either((SHOP, EVERYTHING))),
    **dict.fromkeys(("web.shop.svc", "web.shop.svc.", "Web.Shop.SVC", "web-0.web.shop.svc", "svc.shop.svc"), SHOP),
    **dict.fromkeys(("web.shop.svc.cluster.local", "web.shop.svc.cluster.local.", "svc.svc.shop.svc"), SHOP),
    "web-0.web.shop.svc.cluster.local": SHOP,
    **dict.fromkeys(("acme.example.", "web.", "web.acme.example", "metrics.web.acme.example."), EVERYTHING),
    **dict.fromkeys(("x.svc.acme.example", "web.shop.svc.acme.example", "a.b.c.shop.svc"), EVERYTHING),
    **dict.fromkeys(("web.shop.cluster.local", "web.-", "web.a_b"), EVERYTHING),
    **dict.fromkeys(("10.0.0.5", "[::ffff:10.0.0.5]"), Addresses(("10.0.0.5/32",))),
    **dict.fromkeys(("[fd00::5]", "[FD00:0::5]"), Addresses(("fd00::5/128",))),
    "a.svc.svc.cluster.local": Pods("svc"),
    "web.svc": Either((Pods("svc"), EVERYTHING)),
}
"""Hosts as settings have them, and who is allowed to be asked under such a name."""


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_is_where_the_look_up_of_a_pod_finds_it(host: str) -> None:
    assert end_of(host) == HOSTS[host]


def test_nodes_and_the_api_are_where_the_settings_say() -> None:
    config = stack_config("dev")
    config["kubernetes"] |= {"nodes": ["10.1.0.0/16"], "apiServer": ["10.2.0.1/32"]}
    program = run_program("dev", config, canaries("dev"))
    egress = _policy(program, "slostack", "prometheus")["egress"]
    blocks = {(peer.get("ipBlock", {}).get("cidr"), r["ports"][0]["port"]) for r in egress for peer in r["to"]}
    api_ports = parse_settings(config, "dev").kubernetes.api_server_ports
    assert {("10.1.0.0/16", KUBELET_PORT), *(("10.2.0.1/32", port) for port in api_ports)} <= blocks


@pytest.mark.parametrize(
    ("addresses", "but"),
    [
        ("10.1.0.0/16", []),
        ("169.254.0.0/16", ["169.254.169.254/32"]),
        ("169.254.169.254/32", []),
        ("fd00:ec2::1/32", ["fd00:ec2::254/128"]),
    ],
)
def test_only_who_is_sent_there_reaches_the_credentials_of_machines(addresses: str, but: list[str]) -> None:
    assert metadata_within(addresses) == but


def test_the_api_answers_at_the_ports_that_the_settings_say() -> None:
    config = stack_config("dev")
    config["kubernetes"] |= {"apiServer": ["10.2.0.1/32"], "apiServerPorts": [443, 16443]}
    program = run_program("dev", config, canaries("dev"))
    for server in ("prometheus", "alloy", "kube-state-metrics"):
        egress = _policy(program, "slostack", server)["egress"]
        ports = [r["ports"][0]["port"] for r in egress if r["to"] == [{"ipBlock": {"cidr": "10.2.0.1/32"}}]]
        assert sorted(ports) == [443, 16443]


@pytest.mark.parametrize(
    ("pods", "port"),
    [
        ({"labels": {"app": "learnsnap"}, "port": "metrics"}, {"port": "metrics", "protocol": "TCP"}),
        ({"annotated": True}, {"protocol": "TCP"}),
    ],
)
def test_pods_are_reached_at_a_named_port_or_where_their_annotations_say(
    pods: dict[str, Any], port: dict[str, Any]
) -> None:
    config = stack_config("dev") | {"services": {"learnsnap": {"pods": {"namespace": "shop", **pods}}}}
    program = run_program("dev", config, canaries("dev"))
    peer: dict[str, Any] = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}
    if "labels" in pods:
        peer["podSelector"] = {"matchLabels": pods["labels"]}
    assert {"to": [peer], "ports": [port]} in _policy(program, "slostack", "prometheus")["egress"]

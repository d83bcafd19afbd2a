"""The shape of every object of every stack in a cluster."""

from __future__ import annotations

import re
from typing import Any

from slostack import plain_yaml
from slostack.config import TENANT
from slostack.deploy.kubernetes.labels import selector
from slostack.servers import versions
from slostack.settings import parse_settings
from tests.components.program import Program, canaries, run_program, stack_config
from tests.components.test_secrets import OF_TEAMS

STATEFUL = ("prometheus", "alertmanager", "loki")
SERVERS = (*STATEFUL, "grafana", "alloy", "blackbox", "kube-state-metrics", "node-exporter")
EXPORTERS = {"cloudwatch-exporter-junkos": "cloudwatch-exporter"}
"""Of what the services need, and what runs in each; dev watches no service that needs something."""
WITH_TOKEN = {"prometheus", "alloy", "kube-state-metrics"}
STANDARD_LABELS = {"name", "instance", "component", "part-of", "managed-by", "version"}
UNCHANGEABLE = ("selector", "serviceName", "podManagementPolicy")
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def test_everything_goes_through_the_one_provider_with_a_pinned_context(program: Program, stack: str) -> None:
    (provider,) = program.of_type("pulumi:providers:kubernetes")
    assert provider.inputs["context"] == stack_config(stack)["kubernetes"]["context"]
    assert provider.inputs["enableConfigMapMutable"] == "true"
    assert provider.inputs["enableSecretMutable"] == "true"
    objects = [each for each in program.resources if each.type.startswith("kubernetes:")]
    assert len(objects) > 20
    assert {each.provider.partition("::kubernetes::")[2] for each in objects} == {"kubernetes-id"}


def test_the_servers_own_tools_see_the_bundle_before_anything_is_registered(program: Program) -> None:
    ((bundle, registered),) = program.checked
    assert registered == 0
    maps = [each.inputs["data"] for each in program.of_type(":ConfigMap")]
    assert sorted(bundle.files.values()) == sorted(text for data in maps for text in data.values())


def test_each_server_is_a_component_that_owns_its_objects(program: Program) -> None:
    components = {each.name: each.type for each in program.resources if each.type.startswith("slostack:")}
    names = {server: server.title().replace("-", "") for server in SERVERS}
    names |= {server: "NeedExporter" for server in components if server in EXPORTERS}
    assert components == {server: f"slostack:kubernetes:{name}" for server, name in names.items()}
    for resource in program.resources:
        if resource.type.startswith("kubernetes:") and resource.parent in SERVERS:
            assert resource.name == resource.parent or resource.name.startswith(f"{resource.parent}-")
            if "Role" in resource.type:
                assert resource.inputs["metadata"]["name"] == f"slostack-slostack-{resource.parent}"
            else:
                assert resource.inputs["metadata"]["name"] == resource.name
                home = "slostack-nodes" if resource.parent == "node-exporter" else "slostack"
                assert resource.inputs["metadata"]["namespace"] == home


def test_each_stack_has_the_exporters_that_its_services_need_and_no_others(program: Program, stack: str) -> None:
    exporters = {each.name for each in program.resources if each.type.endswith(":NeedExporter")}
    assert exporters == (set() if stack == "dev" else set(EXPORTERS))


def test_every_object_has_the_standard_labels(program: Program) -> None:
    for resource in program.resources:
        if not resource.type.startswith("kubernetes:"):
            continue
        labels = {k.removeprefix("app.kubernetes.io/"): v for k, v in resource.inputs["metadata"]["labels"].items()}
        assert labels["part-of"] == "slostack"
        assert labels["managed-by"] == "pulumi"
        if resource.parent in SERVERS:
            assert set(labels) == STANDARD_LABELS
            assert labels["name"] == resource.parent
            assert labels["version"] == versions()[resource.parent].version


def test_only_the_nodes_namespace_admits_pods_that_are_not_restricted(program: Program) -> None:
    metadata = [each.inputs["metadata"] for each in program.of_type(":Namespace")]
    levels = {each["name"]: each["labels"]["pod-security.kubernetes.io/enforce"] for each in metadata}
    assert levels == {"slostack": "restricted", "slostack-nodes": "privileged"}


def test_pods_are_restricted(program: Program) -> None:
    pods = dict(program.pods())
    assert set(pods) - set(EXPORTERS) == set(SERVERS)
    for server, template in pods.items():
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is (server in WITH_TOKEN)
        pod = spec["securityContext"]
        assert pod["runAsNonRoot"] is True
        assert pod["runAsUser"] > 0
        assert pod["fsGroup"] == pod["runAsGroup"] == pod["runAsUser"]
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert not any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC", "initContainers"))
        on_host = [volume["hostPath"]["path"] for volume in spec["volumes"] if "hostPath" in volume]
        assert on_host == (["/"] if server == "node-exporter" else [])


def test_pods_have_probes_requests_limits_and_the_pinned_image(program: Program) -> None:
    for server, template in program.pods():
        (container,) = template["spec"]["containers"]
        assert container["image"] == versions()[EXPORTERS.get(server, server)].image
        assert re.fullmatch(r"\S+:v?\d+\.\d+\.\d+", container["image"])
        for probe in PROBES:
            assert container[probe]["httpGet"]["path"].startswith("/")
            assert container[probe]["httpGet"]["port"] == container["ports"][0]["name"] == "http"
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        assert set(requests) == set(limits) == {"cpu", "memory"}
        assert requests["memory"] == limits["memory"]


def test_stacks_start_their_servers_alike_but_for_an_alertmanager_without_peers(
    stack: str, program: Program, prod: Program
) -> None:
    """tests/cluster/ starts each server of prod as a process, and what is different elsewhere."""
    pods = dict(program.pods())
    differing = {
        server
        for server, of_prod in prod.pods()
        if server in pods and _started(pods[server]).replace(f".{stack}.acme", ".acme") != _started(of_prod)
    }
    assert differing == ({"alertmanager"} if stack == "dev" else set())


def _started(template: dict[str, Any]) -> str:
    """How a pod's containers are started and asked, but for what follows from their memory."""
    keys = ("command", "args", "env", "ports", *PROBES)
    return re.sub(r"\d+Mi?B", "", str([[each.get(key) for key in keys] for each in template["spec"]["containers"]]))


def test_resources_are_those_of_the_settings() -> None:
    config = stack_config("dev")
    config["kubernetes"]["resources"] = {"loki": {"cpu": "7m", "cpuLimit": "9m", "memory": "123Mi"}}
    pods = dict(run_program("dev", config, canaries("dev", config)).pods())
    found = pods["loki"]["spec"]["containers"][0]["resources"]
    assert found == {"requests": {"cpu": "7m", "memory": "123Mi"}, "limits": {"cpu": "9m", "memory": "123Mi"}}


def test_every_volume_is_mounted_as_a_whole_and_only_data_is_writable(program: Program) -> None:
    for server, template in program.pods():
        spec = template["spec"]
        mounts = spec["containers"][0]["volumeMounts"]
        names = [mount["name"] for mount in mounts]
        assert len(set(names)) == len(names)
        claimed = {"data"} if server in STATEFUL else set()
        assert {volume["name"] for volume in spec["volumes"]} | claimed == set(names)
        assert all("subPath" not in mount for mount in mounts)
        assert {mount["name"] for mount in mounts if not mount.get("readOnly")} <= {"data", "tmp"}


def test_pods_start_after_the_files_that_they_read_are_written(program: Program) -> None:
    for workload in program.workloads():
        files = [each.name for each in program.of_type(":ConfigMap") + program.of_type(":Secret")]
        own = {name for name in files if name.startswith(f"{workload.name}-")}
        assert (f"{workload.name}-config" in own) == (workload.name not in ("kube-state-metrics", "node-exporter"))
        assert own <= set(workload.dependencies)


def test_pods_get_as_long_to_be_replaced_as_their_own_limits_allow(program: Program) -> None:
    for workload in program.workloads():
        pod = workload.inputs["spec"]["template"]["spec"]
        probe = pod["containers"][0]["startupProbe"]
        needed = pod["terminationGracePeriodSeconds"] + probe["periodSeconds"] * probe["failureThreshold"]
        one_by_one = int(workload.inputs["spec"].get("replicas", 1)) * needed
        assert all(int(timeout.removesuffix("s")) > one_by_one for timeout in workload.timeouts)


def test_stateful_servers_keep_their_data_on_a_claimed_volume(program: Program, stack: str) -> None:
    settings = parse_settings(stack_config(stack), stack)
    for server, storage in (
        ("prometheus", settings.prometheus.storage),
        ("alertmanager", settings.alertmanager.storage),
        ("loki", settings.loki.storage),
    ):
        (claim,) = program.one(":StatefulSet", server).inputs["spec"]["volumeClaimTemplates"]
        assert claim["metadata"]["name"] == "data"
        assert claim["spec"]["resources"]["requests"] == {"storage": storage}
        assert claim["spec"].get("storageClassName") == settings.kubernetes.storage_class


def test_what_kubernetes_refuses_to_edit_is_the_same_in_every_stack(program: Program, prod: Program) -> None:
    for server in STATEFUL:
        ours, theirs = (each.one(":StatefulSet", server).inputs["spec"] for each in (program, prod))
        assert {key: ours[key] for key in UNCHANGEABLE} == {key: theirs[key] for key in UNCHANGEABLE}
        assert ours["selector"]["matchLabels"] == selector(server)
        assert "spec.volumeClaimTemplates" in program.one(":StatefulSet", server).ignored


def test_services_lead_to_their_pods(program: Program) -> None:
    pods = dict(program.pods())
    for service in program.of_type(":Service"):
        spec, server = service.inputs["spec"], service.parent
        assert spec["selector"].items() <= pods[server]["metadata"]["labels"].items()
        assert spec["ports"][0]["targetPort"] == "http"
        assert spec["ports"][0]["port"] == pods[server]["spec"]["containers"][0]["ports"][0]["containerPort"]
    for workload in program.of_type(":StatefulSet"):
        spec = program.one(":Service", workload.inputs["spec"]["serviceName"]).inputs["spec"]
        assert spec["clusterIP"] == "None"
        assert spec["publishNotReadyAddresses"], "peers find each other before they are ready"


def test_any_replica_is_reached_by_a_service_that_stays_with_one(program: Program) -> None:
    datasources = plain_yaml.load(_config(program, "grafana-provisioning-datasources")["slostack.yaml"])["datasources"]
    for server, name in (("prometheus", "Prometheus"), ("alertmanager", "Alertmanager")):
        service = program.one(":Service", f"{server}-any").inputs
        assert service["spec"]["sessionAffinity"] == "ClientIP"
        assert "clusterIP" not in service["spec"]
        (source,) = (each for each in datasources if each["name"] == name)
        port = int(service["spec"]["ports"][0]["port"])
        assert source["url"] == f"http://{server}-any.{service['metadata']['namespace']}.svc:{port}"


def _config(program: Program, name: str) -> dict[str, str]:
    (found,) = (each.inputs["data"] for each in program.of_type(":ConfigMap") if each.name == name)
    return dict(found)


def test_a_changed_config_rolls_the_servers_that_never_read_it_again() -> None:
    before, after = _checksums(stack_config("dev")), stack_config("dev")
    after["receivers"] = {"webhook": {"host": "hooks.acme.example:443"}}
    changed = {server for server, checksum in _checksums(after).items() if checksum != before[server]}
    assert changed == {"alertmanager"}
    assert before["prometheus"] is None


def _checksums(config: dict[str, Any]) -> dict[str, str | None]:
    program = run_program("dev", config, canaries("dev", config))
    return {
        server: (template["metadata"].get("annotations") or {}).get("slostack/config-sha256")
        for server, template in program.pods()
    }


def test_a_new_secret_rolls_grafana_alone_which_reads_them_once() -> None:
    secrets = canaries("prod")
    before = _pods(secrets)
    others = {key: f"{value}-new" for key, value in secrets.items() if not key.startswith("grafana")}
    assert len(others) > 10
    assert _pods(secrets | others) == before
    for key in ("grafanaDatabasePassword", "grafanaOidcSecret"):
        after = _pods(secrets | {key: f"{secrets[key]}-new"})
        assert {server for server, pod in after.items() if pod != before[server]} == {"grafana"}, key


def _pods(secrets: dict[str, str]) -> dict[str, Any]:
    return dict(run_program("prod", stack_config("prod"), secrets).pods())


def test_prometheus_loads_edited_files_by_itself_and_writes_to_its_volume(program: Program, stack: str) -> None:
    arguments = _arguments(program, "prometheus")
    assert "--config.auto-reload" in arguments
    assert "--storage.tsdb.path=/var/lib/prometheus" in arguments
    assert f"--web.external-url={stack_config(stack)['urls']['prometheus']}" in arguments


def test_prometheus_keeps_the_exemplars_that_latency_panels_show(program: Program) -> None:
    assert "--enable-feature=exemplar-storage" in _arguments(program, "prometheus")


def test_prometheus_takes_what_loki_counts_where_loki_writes_it(program: Program) -> None:
    assert "--web.enable-remote-write-receiver" in _arguments(program, "prometheus")
    (config,) = [
        each.inputs["data"]["loki.yaml"] for each in program.of_type(":ConfigMap") if each.name == "loki-config"
    ]
    ruler = plain_yaml.load(config)["ruler"]
    written = {client["url"] for client in ruler["remote_write"]["clients"].values()}
    service = program.one(":Service", "prometheus").inputs
    name, port = service["metadata"]["name"], int(service["spec"]["ports"][0]["port"])
    replicas = int(program.one(":StatefulSet", "prometheus").inputs["spec"]["replicas"])
    assert written == {f"http://prometheus-{n}.{name}.slostack.svc:{port}/api/v1/write" for n in range(replicas)}
    assert ruler["wal"]["dir"].startswith("/var/lib/loki/"), "on its volume"


def test_alertmanager_links_to_itself_and_writes_to_its_volume(program: Program, stack: str) -> None:
    arguments = _arguments(program, "alertmanager")
    assert "--storage.path=/var/lib/alertmanager" in arguments
    assert f"--web.external-url={stack_config(stack)['urls']['alertmanager']}" in arguments


def _arguments(program: Program, server: str) -> list[str]:
    (container,) = dict(program.pods())[server]["spec"]["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts["data"] == f"/var/lib/{server}"
    return list(container["args"])


def test_files_are_where_the_servers_look(prod: Program) -> None:
    pods = dict(prod.pods())
    assert _files(prod, pods["prometheus"]) >= {
        "/etc/prometheus/prometheus.yml",
        "/etc/prometheus/rules/learnsnap.yaml",
        "/etc/prometheus/rules/slostack.yaml",
        "/etc/slostack/secrets/scrape-token-learnsnap",
        "/etc/slostack/secrets/grafana-metrics-password",
    }
    assert "--config.file=/etc/prometheus/prometheus.yml" in pods["prometheus"]["spec"]["containers"][0]["args"]
    assert _files(prod, pods["alertmanager"]) == {
        "/etc/alertmanager/alertmanager.yml",
        "/etc/alertmanager/templates/slostack.tmpl",
        "/etc/slostack/secrets/smtp-password",
        *(f"/etc/slostack/secrets/{file}" for file in OF_TEAMS),
        "/etc/slostack/secrets/dead-mans-switch-url",
    }
    rules = {f"/etc/loki/rules/{TENANT}/{name}.yaml" for name in ("junkos", "stolen-tee")}
    assert _files(prod, pods["loki"]) == {"/etc/loki/loki.yaml", *rules}
    assert _files(prod, pods["grafana"]) >= {
        "/etc/grafana/grafana.ini",
        "/etc/grafana/provisioning/datasources/slostack.yaml",
        "/etc/grafana/provisioning/dashboards/slostack.yaml",
        "/etc/grafana/dashboards/overview.json",
        "/etc/grafana/dashboards/learnsnap.json",
        "/etc/slostack/secrets/grafana-admin-password",
        "/etc/slostack/secrets/grafana-metrics-password",
        "/etc/slostack/secrets/grafana-database-password",
        "/etc/slostack/secrets/grafana-oidc-secret",
        "/etc/slostack/secrets/grafana-secret-key",
    }


def _files(program: Program, template: dict[str, Any]) -> set[str]:
    """Every file that a pod's container sees, from the ConfigMaps and the Secret that are mounted."""
    paths = {mount["name"]: mount["mountPath"] for mount in template["spec"]["containers"][0]["volumeMounts"]}
    maps = {each.name: each.inputs["data"] for each in program.of_type(":ConfigMap")}
    found: set[str] = set()
    for volume in template["spec"]["volumes"]:
        sources = [volume] if "configMap" in volume else volume.get("projected", {}).get("sources", [])
        for source in sources:
            if source["configMap"].get("optional"):
                found |= {f"{paths[volume['name']]}/{key}" for key in maps.get(source["configMap"]["name"], {})}
            else:
                found |= {f"{paths[volume['name']]}/{key}" for key in maps[source["configMap"]["name"]]}
        if "secret" in volume:
            (secret,) = (each for each in program.of_type(":Secret") if each.name == volume["secret"]["secretName"])
            found |= {f"{paths[volume['name']]}/{key}" for key in secret_keys(secret.inputs)}
    return found


def secret_keys(inputs: Any) -> set[str]:
    """The keys of a Secret, whose value the engine was told is secret."""
    data = inputs["stringData"]
    return set(data.get("value", data))

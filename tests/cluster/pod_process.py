"""A rendered pod as a process on this machine: its command, arguments, mounted files, environment and probes.

What is at a host:port in the cluster is at a loopback port of its own here, and each mounted folder is below a folder
of the test: those are the only changes to what the API server was given.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from slostack import plain_yaml
from slostack.deploy.kubernetes.images import software
from slostack.deploy.kubernetes.topology import ACCOUNT_FOLDER
from slostack.servers import Server, ServerUnavailable, obtain
from tests.cluster.manifests import WORKLOADS, data_of
from tests.cluster.volumes import write_volume
from tests.processes import free_port, running, wait_until
from tests.requirements import need

LOOPBACK = "127.0.0.1"
_SERVICE = re.compile(r"([a-z0-9.-]+)\.svc(?:\.cluster\.local)?:(\d+)")
_OUTSIDE = re.compile(r"((?:[a-z0-9-]+\.)*acme\.example):(\d+)")
_UNREACHABLE = """
apiVersion: v1
kind: Config
current-context: none
contexts: [{name: none, context: {cluster: none, user: none}}]
clusters: [{name: none, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: none, user: {}}]
"""
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


@dataclass(frozen=True)
class PodProcess:
    """One container of a pod as a process; `root` has the pod's mounted folders, `probes` are the URLs that it
    answers, `first` what is run before it starts."""

    command: list[str]
    environment: Mapping[str, str]
    root: Path
    url: str
    probes: Mapping[str, str]
    log: Path
    first: Sequence[Sequence[str]] = ()

    def start(self, *more: str) -> AbstractContextManager[Any]:
        """Runs it until the end of the block."""
        for command in self.first:
            subprocess.run(command, check=True)
        return running([*self.command, *more], self.log, self.environment)

    @contextmanager
    def answering(self, seconds: float) -> Iterator[None]:
        """Runs it until the end of the block, which begins once it answers its probes; fails the test where it ends
        before, or answers not within so many seconds."""
        with self.start() as process:
            wait_until(lambda: self.answers() or process.poll() is not None, f"{self.root.name} answers", seconds)
            assert process.poll() is None, self.log.read_text()
            yield

    def answers(self) -> bool:
        """Whether every probe is answered as the kubelet wants it."""
        return all(_succeeds(url) for url in self.probes.values())


def _succeeds(url: str) -> bool:
    try:
        return 200 <= requests.get(url, timeout=3).status_code < 400
    except requests.RequestException:
        return False


@dataclass
class Machine:
    """This machine in place of the cluster; `kubeconfig` takes the place of a pod's token for the API server, which is
    out of reach without one; `shared` are folders of this machine by the path at which every pod sees them."""

    objects: list[dict[str, Any]]
    folder: Path
    kubeconfig: Path | None = None
    shared: Mapping[str, Path] = field(default_factory=dict)
    _ports: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kubeconfig is None:
            self.kubeconfig = self.folder / "unreachable"
            self.kubeconfig.write_text(_UNREACHABLE, encoding="utf-8")

    def port(self, host: str, port: int) -> int:
        """The loopback port of what a host's port is in the cluster; a Service's is that of its first pod."""
        server, _, rest = host.partition(".")
        if server.endswith("-any"):
            host = f"{server.removesuffix('-any')}-0.{server.removesuffix('-any')}.{rest}"
        return self._ports.setdefault((host, port), free_port())

    def at(self, host: str, port: int, here: int) -> None:
        """Says which loopback port takes the place of a host's, before anything is there."""
        self._ports[host, port] = here

    def pod(self, server: str, ordinal: int = 0, sidecar: str | None = None) -> PodProcess:
        """The process of a workload's pod, with its folders filled; or of a container beside it, once that was made."""
        (workload,) = (o for o in self.objects if o["kind"] in WORKLOADS and o["metadata"]["name"] == server)
        namespace, stateful = workload["metadata"]["namespace"], workload["kind"] == "StatefulSet"
        name = f"{server}-{ordinal}"
        host = f"{server}.{namespace}" if not stateful and ordinal == 0 else f"{name}.{server}.{namespace}"
        spec = workload["spec"]["template"]["spec"]
        (container,) = (each for each in spec["containers"] if each["name"] == (sidecar or server))
        root = self.folder / name
        root.mkdir(exist_ok=sidecar is not None)
        folders = {**dict(_folders(spec, container, root)), ACCOUNT_FOLDER: f"{root}{ACCOUNT_FOLDER}"}
        folders |= {path: str(here) for path, here in self.shared.items()}
        if spec["automountServiceAccountToken"]:
            write_volume(Path(folders[ACCOUNT_FOLDER]), self._account())
        text = _Translation(self, host, container, folders, self.kubeconfig)
        for volume, mount in _mounted(spec, container):
            if (files := self._files(volume)) is not None:
                write_volume(Path(text.paths[mount]), {key: text.file(value) for key, value in files.items()})
        environment = {key: text.argument(value) for key, value in _environment(container, name)}
        before = () if sidecar else spec.get("initContainers") or ()
        arguments = [text.argument(_expanded(each, environment)) for each in container.get("args") or ()]
        url = f"http://{LOOPBACK}:{self.port(host, int(container['ports'][0]['containerPort']))}"
        return PodProcess(
            command=[*map(text.argument, _start_of_image(container["name"])), *arguments, *self._own_arguments(server)],
            environment=environment,
            root=root,
            url=url,
            probes={probe: url + container[probe]["httpGet"]["path"] for probe in _PROBES},
            log=root / f"{container['name']}.log",
            first=[[text.moved(part) for part in each["command"]] for each in before],
        )

    def job(self, name: str, folders: Mapping[str, Path]) -> list[str]:
        """What the one container of a CronJob runs, whose folders are these here, by their paths there."""
        (job,) = (o for o in self.objects if o["kind"] == "CronJob" and o["metadata"]["name"] == name)
        (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        paths = {path: str(here) for path, here in folders.items()}
        text = _Translation(self, name, container, paths, self.kubeconfig)
        return [text.moved(each) for each in container["command"]]

    def _account(self) -> dict[str, str]:
        """The files of the pod's account: those that the kubeconfig has."""
        assert self.kubeconfig
        document = plain_yaml.load(self.kubeconfig.read_text(encoding="utf-8"))
        (user,), (cluster,) = document["users"], document["clusters"]
        ca = cluster["cluster"].get("certificate-authority")
        return {"token": user["user"].get("token", ""), "ca.crt": Path(ca).read_text(encoding="utf-8") if ca else ""}

    def _own_arguments(self, server: str) -> list[str]:
        """What kube-state-metrics, which has no config, has to be told of this machine."""
        if server != "kube-state-metrics":
            return []
        return [f"--kubeconfig={self.kubeconfig}", f"--host={LOOPBACK}", f"--telemetry-host={LOOPBACK}"]

    def _files(self, volume: Mapping[str, Any]) -> dict[str, str] | None:
        """The files of a volume of ConfigMaps or a Secret; None of another one."""
        if "secret" in volume:
            return data_of(self._object("Secret", volume["secret"]["secretName"]))
        if "configMap" in volume:
            return data_of(self._object("ConfigMap", volume["configMap"]["name"]))
        if "projected" in volume:
            return self.projected(volume)
        return None

    def projected(self, volume: Mapping[str, Any]) -> dict[str, str]:
        """The files of a projected volume of ConfigMaps, of which optional ones may be missing."""
        names = {source["configMap"]["name"] for source in volume["projected"]["sources"]}
        maps = [o for o in self.objects if o["kind"] == "ConfigMap" and o["metadata"]["name"] in names]
        return {key: value for each in maps for key, value in data_of(each).items()}

    def _object(self, kind: str, name: str) -> dict[str, Any]:
        (found,) = (o for o in self.objects if o["kind"] == kind and o["metadata"]["name"] == name)
        return found


@dataclass(frozen=True)
class _Translation:
    """The texts of one pod with this machine's paths and addresses."""

    machine: Machine
    host: str
    container: Mapping[str, Any]
    paths: Mapping[str, str]
    kubeconfig: Path | None

    def argument(self, text: str) -> str:
        text = self.moved(text)
        for port in {int(each["containerPort"]) for each in self.container["ports"]}:
            own = self.machine.port(self.host, port)
            text = re.sub(rf"=(?:0\.0\.0\.0|\[{re.escape(LOOPBACK)}\])?:{port}$", f"={LOOPBACK}:{own}", text)
        text = re.sub(r"(localhost:)(\d+)", self._own_port, text)
        return re.sub(r"(port=)(\d+)$", self._own_port, text)

    def file(self, text: str) -> str:
        text = re.sub(r"(listen_port: |(?:bind|advertise)_port: |http_port = )(\d+)", self._own_port, self.moved(text))
        text = re.sub(r"listen_address: ''|http_addr =$", rf"\g<0> {LOOPBACK}", text, flags=re.MULTILINE)
        text = text.replace("listen_address: ''", "listen_address:")
        return self._with_kubeconfig(text)

    def _with_kubeconfig(self, text: str) -> str:
        """Prometheus' or Alloy's config with a kubeconfig wherever it asks the API server."""
        asks = r"(kubernetes_sd_configs:\n( *)- role: \w+\n)"
        text = re.sub(asks, rf"\1\2  kubeconfig_file: {self.kubeconfig}\n", text)
        setting = f'kubeconfig_file = "{self.kubeconfig}"'
        text = text.replace('\trole = "pod"\n', f'\trole = "pod"\n\t{setting}\n')
        source = 'loki.source.kubernetes "pods" {\n'
        return text.replace(source, f"{source}\tclient {{\n\t\t{setting}\n\t}}\n")

    def _own_port(self, match: re.Match[str]) -> str:
        return f"{match[1]}{self.machine.port(self.host, int(match[2]))}"

    def moved(self, text: str) -> str:
        """With this machine's addresses and folders."""
        text = _SERVICE.sub(lambda match: f"{LOOPBACK}:{self.machine.port(match[1], int(match[2]))}", text)
        text = _OUTSIDE.sub(lambda match: f"{LOOPBACK}:{self.machine.port(match[1], int(match[2]))}", text)
        longest_first = "|".join(sorted(map(re.escape, self.paths), key=len, reverse=True))
        return re.sub(rf"(?<![\w.-])({longest_first})(?=$|[/\s\"'}}])", lambda match: self.paths[match[1]], text)


def _folders(spec: Mapping[str, Any], container: Mapping[str, Any], root: Path) -> Iterator[tuple[str, str]]:
    """Where each mounted folder is here: below `root`, but for what is the machine's own."""
    for volume, mount in _mounted(spec, container):
        here = volume["hostPath"]["path"] if "hostPath" in volume else str(root) + mount
        Path(here).mkdir(parents=True, exist_ok=True)
        yield mount, here.rstrip("/")


def _mounted(spec: Mapping[str, Any], container: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each mounted volume and its path; a claim of a StatefulSet is an empty one."""
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    for mount in container["volumeMounts"]:
        yield volumes.get(mount["name"], {}), mount["mountPath"]


def _environment(container: Mapping[str, Any], pod: str) -> Iterator[tuple[str, str]]:
    fields = {"metadata.name": pod, "status.podIP": LOOPBACK, "spec.nodeName": "node-a"}
    for variable in container.get("env") or ():
        yield variable["name"], variable.get("value") or fields[variable["valueFrom"]["fieldRef"]["fieldPath"]]


def _expanded(argument: str, environment: Mapping[str, str]) -> str:
    """An argument with the variables that Kubernetes puts into it."""
    return re.sub(r"\$\((\w+)\)", lambda match: environment[match[1]], argument)


def _start_of_image(server: str) -> list[str]:
    """What the server's image starts."""
    found = obtained(software(server).name)
    executable = str(next(iter(found.binaries.values())))
    if server != "grafana":
        return [executable]
    command = [executable] if executable.endswith("-server") else [executable, "server"]
    return [*command, f"--homepath={found.home}", "--config=/etc/grafana/grafana.ini"]


def obtained(server: str) -> Server:
    """A server of the stack; skips the test where it can't be had."""
    try:
        return obtain(server, print)
    except ServerUnavailable as error:
        need(server, str(error))

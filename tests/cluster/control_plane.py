"""A Kubernetes API on this machine: etcd, API server, controllers, scheduler, and nodes that kwok plays."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from slostack import plain_yaml
from tests.cluster.binaries import cluster_binary
from tests.processes import free_ports, held_port, running, wait_until
from tests.requirements import need_command

TOKEN = "administrator-of-the-test-cluster"
_START_SECONDS = 60
_NODES = ("node-a", "node-b", "node-c")
_VOLUMES = 30
STORAGE_CLASSES = ("standard", "ssd-retain")
"""The first is the cluster's own; the other one is what the committed prod stack asks for."""

_APPLY = ("apply", "--server-side", "--field-manager=test", "-f", "-")

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Cluster:
    """A running cluster; its kubeconfig's contexts are all the administrator's. Its nodes have no kubelets; those of
    all would be at one loopback port."""

    kubeconfig: Path
    url: str
    kubelet_port: int
    session: requests.Session = field(default_factory=requests.Session)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl prints; fails the test where it does."""
        ended = self.try_kubectl(*arguments, stdin=stdin)
        assert ended.returncode == 0, f"kubectl {' '.join(arguments)}:\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def try_kubectl(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """How kubectl ends."""
        settings = (f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self.kubeconfig.parent / 'discovery'}")
        command = (str(cluster_binary("kubectl")), *settings, *arguments)
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120, check=False)

    def apply(self, objects: Sequence[Object]) -> None:
        """Applies objects server-side, in their order."""
        self.kubectl(*_APPLY, stdin=_list(objects))

    def refusal(self, an_object: Object) -> str | None:
        """Why the API server would not take an object; None where it would."""
        ended = self.try_kubectl(*_APPLY, "--dry-run=server", stdin=json.dumps(an_object))
        return ended.stderr if ended.returncode else None

    def differs(self, objects: Sequence[Object]) -> str:
        """How objects differ from those in the cluster; empty where they don't."""
        return self.try_kubectl("diff", *_APPLY[1:], stdin=_list(objects)).stdout

    def allows(self, user: str, groups: Sequence[str], attributes: Mapping[str, str]) -> bool:
        """Whether the API server allows what a SubjectAccessReview asks."""
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": user, "groups": list(groups), "resourceAttributes": dict(attributes)},
        }
        answer = self.ask("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", json=review)
        answer.raise_for_status()
        return bool(answer.json()["status"]["allowed"])

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """The API server's own answer."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return self.session.request(method, self.url + path, headers=headers, verify=str(self.certificate), **options)

    @property
    def certificate(self) -> Path:
        """The API server's certificate, which it signs itself."""
        return self.kubeconfig.parent / "api-server" / "apiserver.crt"

    def get(self, kind: str, *arguments: str) -> list[dict[str, Any]]:
        """The objects of a kind."""
        return list(json.loads(self.kubectl("get", kind, "-o", "json", *arguments))["items"])

    def kubeconfig_of(self, namespace: str, account: str, path: Path) -> Path:
        """A kubeconfig with a token of a service account."""
        token = self.kubectl("create", "token", account, "--namespace", namespace).strip()
        self.write_kubeconfig(path, token, [account])
        return path

    def write_kubeconfig(self, path: Path, token: str, contexts: Sequence[str]) -> None:
        """A kubeconfig whose contexts, the first of which is the current one, are all of one user."""
        user = {"name": "user", "user": {"token": token}}
        cluster = {"name": "test", "cluster": {"server": self.url, "certificate-authority": str(self.certificate)}}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [cluster],
            "users": [user],
            "contexts": [{"name": name, "context": {"cluster": "test", "user": "user"}} for name in contexts],
            "current-context": contexts[0],
        }
        path.write_text(plain_yaml.dump(document), encoding="utf-8")


def _list(objects: Sequence[Object]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


@contextmanager
def control_plane(folder: Path, contexts: Sequence[str]) -> Iterator[Cluster]:
    """A cluster with three nodes and volumes for every storage class; nothing of it is left after the block."""
    need_command("openssl", "openssl on PATH, which makes the key that signs service accounts' tokens")
    etcd, peers, api, controllers, scheduler, kwok = free_ports(6)
    processes = ExitStack()
    kubelet = processes.enter_context(held_port())
    store, peer = f"http://127.0.0.1:{etcd}", f"http://127.0.0.1:{peers}"
    cluster = Cluster(folder / "kubeconfig", f"https://127.0.0.1:{api}", kubelet)
    cluster.write_kubeconfig(cluster.kubeconfig, TOKEN, contexts)
    key, tokens = folder / "service-accounts.key", folder / "tokens.csv"
    subprocess.run(("openssl", "genrsa", "-out", key, "2048"), check=True, capture_output=True)
    tokens.write_text(f'{TOKEN},admin,1,"system:masters"\n', encoding="utf-8")
    client = (f"--kubeconfig={cluster.kubeconfig}", "--bind-address=127.0.0.1")
    with processes:

        def start(name: str, *arguments: str) -> None:
            command = (str(cluster_binary(name)), *arguments)
            processes.enter_context(running(command, folder / f"{name}.log"))

        start(
            "etcd",
            *(f"--data-dir={folder / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn"),
            *(f"--listen-client-urls={store}", f"--advertise-client-urls={store}"),
            *(
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
            ),
        )
        start(
            "kube-apiserver",
            *("--bind-address=127.0.0.1", f"--secure-port={api}", f"--cert-dir={folder / 'api-server'}"),
            *(f"--etcd-servers={store}", "--service-cluster-ip-range=10.0.0.0/24"),
            *(f"--token-auth-file={tokens}", "--authorization-mode=RBAC", "--allow-privileged"),
            *(f"--service-account-issuer={cluster.url}", f"--service-account-key-file={key}"),
            f"--service-account-signing-key-file={key}",
        )
        wait_until(lambda: _ready(cluster), f"the API server is ready, see {folder}/kube-apiserver.log", _START_SECONDS)
        start(
            "kube-controller-manager",
            *(*client, f"--secure-port={controllers}", f"--cert-dir={folder / 'controllers'}", "--leader-elect=false"),
            *("--use-service-account-credentials", f"--service-account-private-key-file={key}"),
        )
        start(
            "kube-scheduler",
            *(*client, f"--secure-port={scheduler}", f"--cert-dir={folder / 'scheduler'}", "--leader-elect=false"),
        )
        start(
            "kwok",
            *(client[0], "--manage-all-nodes", "--node-lease-duration-seconds=40"),
            *("--node-ip=127.0.0.1", f"--node-port={kubelet}", f"--server-address=127.0.0.1:{kwok}"),
        )
        cluster.apply([*map(_node, _NODES), *map(_storage_class, STORAGE_CLASSES), *_volumes()])
        cluster.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=60s")
        yield cluster


def _ready(cluster: Cluster) -> bool:
    try:
        return cluster.ask("GET", "/readyz", timeout=5).ok
    except (requests.RequestException, OSError):
        return False


def _node(name: str) -> Object:
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": name.replace("node", "zone"),
    }
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def _storage_class(name: str) -> Object:
    own = {"storageclass.kubernetes.io/is-default-class": str(name == STORAGE_CLASSES[0]).lower()}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": own},
        "provisioner": "kubernetes.io/no-provisioner",
        "reclaimPolicy": "Retain",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _volumes() -> Iterator[Object]:
    for storage_class in STORAGE_CLASSES:
        for number in range(_VOLUMES):
            yield {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": {"name": f"{storage_class}-{number}"},
                "spec": {
                    "storageClassName": storage_class,
                    "capacity": {"storage": "1Ti"},
                    "accessModes": ["ReadWriteOnce"],
                    "hostPath": {"path": f"/volumes/{storage_class}-{number}"},
                },
            }

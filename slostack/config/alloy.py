"""Alloy's config: the logs of the pods on its own node, cleaned and sent to Loki."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from slostack.config.masks import ASSIGNED, MASKS
from slostack.config.topology import Topology
from slostack.settings import LogLimit, LogSettings, Pods, Settings
from slostack.spec import Service

NODE_NAME = "NODE_NAME"
"""The environment variable with the name of the node that an Alloy reads the pods of."""
PUSH_PATH = "/loki/api/v1/push"
_NAMESPACE = "__meta_kubernetes_namespace"
_POD = "__meta_kubernetes_pod_"
_APP = (f"{_POD}label_app_kubernetes_io_name", f"{_POD}label_app")
LABELS = {
    "namespace": (_NAMESPACE,),
    "pod": (f"{_POD}name",),
    "container": (f"{_POD}container_name",),
    "app": _APP,
    "job": _APP,
}
"""The labels of every line beside `level` and `kind`, and what they are read from; of several the first that is set."""
LEVELS = {
    "trace": ("trace", "verbose"),
    "debug": ("debug",),
    "info": ("info", "information", "notice"),
    "warn": ("warn", "warning"),
    "error": ("error", "err", "fatal", "critical", "crit", "panic", "alert", "emergency", "severe"),
}
"""The values of the label `level`, and the words that mean each."""
SECURITY = "security"
"""The value of the label `kind` of security events, which are neither dropped nor sampled, and kept the longest."""
REQUEST_IDS = {
    "request_id": rf"(?i)\b(?:x[_-])?request[_-]?id{ASSIGNED}(?P<request_id>[a-z0-9][a-z0-9._:-]{{3,127}})",
    "trace_id": rf"(?i)\btrace[_-]?id{ASSIGNED}(?P<trace_id>[a-f0-9-]{{16,36}})\b",
}
"""What becomes structured metadata: found by it, but no label, of which each value would be a stream."""
_LEVEL_WORDS = "|".join(word for words in LEVELS.values() for word in words)
_LEVEL_FIELD = rf"(?i)\b(?:level|lvl|severity){ASSIGNED}(?P<level>{_LEVEL_WORDS})\b"
_LEVEL_WORD = rf"^(?:\S+\s+){{0,4}}?\W?(?P<level>{_LEVEL_WORDS.upper()})\b"
"""Of a line without fields: a word in capitals among its first five."""


@dataclass(frozen=True)
class _Block:
    """A block of Alloy's language; `values` are expressions by name."""

    name: str
    values: Mapping[str, str]
    blocks: tuple[_Block, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[str]:
        indent, width = "\t" * depth, max(map(len, self.values), default=0)
        if not self.values and not self.blocks:
            yield f"{indent}{self.name} {{ }}"
            return
        yield f"{indent}{self.name} {{"
        yield from (f"{indent}\t{name:{width}} = {value}" for name, value in self.values.items())
        for number, block in enumerate(self.blocks):
            if number or self.values:
                yield ""
            yield from block.lines(depth + 1)
        yield f"{indent}}}"


def alloy_files(services: tuple[Service, ...], settings: Settings, topology: Topology) -> dict[str, str]:
    """alloy/config.alloy; nothing where no Alloy runs."""
    if not topology.alloy:
        return {}
    logs = settings.logs
    blocks = (
        _Block("logging", {"level": _text("warn")}),
        _discovery(logs),
        _labels(services, settings),
        _Block(
            'loki.source.kubernetes "pods"',
            {"targets": "discovery.relabel.pods.output", "forward_to": "[loki.process.pods.receiver]"},
        ),
        _Block('loki.process "pods"', {"forward_to": "[loki.write.loki.receiver]"}, tuple(_stages(logs))),
        _Block(
            'loki.write "loki"', {}, (_Block("endpoint", {"url": _text(f"http://{topology.loki.address}{PUSH_PATH}")}),)
        ),
    )
    return {"alloy/config.alloy": "\n\n".join("\n".join(block.lines()) for block in blocks) + "\n"}


def _discovery(logs: LogSettings) -> _Block:
    node = _Block("selectors", {"role": _text("pod"), "field": f'"spec.nodeName=" + sys.env("{NODE_NAME}")'})
    namespaces = [_Block("namespaces", {"names": json.dumps(list(logs.namespaces))})] if logs.namespaces else []
    return _Block('discovery.kubernetes "pods"', {"role": _text("pod")}, (node, *namespaces))


def _labels(services: tuple[Service, ...], settings: Settings) -> _Block:
    first = {"regex": _text(";*([^;]+).*")}
    rules = [
        _Block(
            "rule",
            {
                "source_labels": json.dumps(sources),
                **(first if len(sources) > 1 else {}),
                "target_label": _text(label),
            },
        )
        for label, sources in LABELS.items()
    ]
    for service in services:
        watched = settings.watched.get(service.service)
        if not watched:
            continue
        own = {job: said.pods for job, said in watched.jobs.items() if said.pods}
        itself = next((scrape.job for scrape in service.scrape), service.service)
        rules += [_job(job, pods) for job, pods in {itself: watched.pods, **own}.items() if pods]
    return _Block('discovery.relabel "pods"', {"targets": "discovery.kubernetes.pods.targets"}, tuple(rules))


def _job(job: str, pods: Pods) -> _Block:
    """The label `job` of some pods: that of their metrics, whatever the pods are called."""
    selected = {
        f"{_POD}label_{re.sub('[^A-Za-z0-9_]', '_', name)}": value for name, value in sorted(pods.labels.items())
    }
    if pods.annotated:
        selected[f"{_POD}annotation_prometheus_io_scrape"] = "true"
    values = {
        "source_labels": json.dumps([_NAMESPACE, *selected]),
        "regex": _text(";".join(map(re.escape, (pods.namespace, *selected.values())))),
        "target_label": _text("job"),
        "replacement": _text(job),
    }
    return _Block("rule", values)


def _stages(logs: LogSettings) -> Iterator[_Block]:
    """What happens to a line, the cheapest first: what is dropped need not be masked."""
    yield from _level()
    if logs.security:
        yield from _kind(logs.security)
    if logs.drop:
        yield _drop(logs.drop)
    for namespace, limit in sorted(logs.limits.items()):
        yield from _limit(namespace, limit)
    yield _capped(f'{{kind!="{SECURITY}"}}', logs.lines_per_second, "namespace")
    for mask in MASKS:
        yield _Block("stage.replace", {"expression": _raw(mask.expression), "replace": _text(mask.replacement)})
    for expression in REQUEST_IDS.values():
        yield _Block("stage.regex", {"expression": _raw(expression)})
    values = ", ".join(f'{name} = ""' for name in REQUEST_IDS)
    yield _Block("stage.structured_metadata", {"values": f"{{{values}}}"})


def _level() -> Iterator[_Block]:
    """The label `level`, from a line's field of that name or from a word at its beginning."""
    yield _Block("stage.regex", {"expression": _raw(_LEVEL_WORD)})
    yield _Block("stage.regex", {"expression": _raw(_LEVEL_FIELD)})
    names = " ".join(f'"{word}" "{level}"' for level, words in LEVELS.items() for word in words)
    template = f"{{{{ if .Value }}}}{{{{ get (dict {names}) (ToLower .Value) }}}}{{{{ end }}}}"
    yield _Block("stage.template", {"source": _text("level"), "template": _raw(template)})
    yield _Block("stage.labels", {"values": '{level = ""}'})


def _kind(events: tuple[str, ...]) -> Iterator[_Block]:
    """The label `kind` of lines whose field `event` says that they are about security."""
    expression = rf"(?i)\bevent{ASSIGNED}(?P<kind>{'|'.join(map(re.escape, events))})(?:[\s\"'\\,;&}}]|$)"
    yield _Block("stage.regex", {"expression": _raw(expression)})
    yield _Block(
        "stage.template", {"source": _text("kind"), "template": _raw(f"{{{{ if .Value }}}}{SECURITY}{{{{ end }}}}")}
    )
    yield _Block("stage.labels", {"values": '{kind = ""}'})


def _drop(levels: tuple[str, ...]) -> _Block:
    selector = f'{{level=~"{"|".join(levels)}", kind!="{SECURITY}"}}'
    return _Block(
        "stage.match",
        {"selector": _raw(selector), "action": _text("drop"), "drop_counter_reason": _text("level")},
    )


def _limit(namespace: str, limit: LogLimit) -> Iterator[_Block]:
    """What is kept of a namespace: a share of all but errors and security events, and so many lines a second by pod of
    all but the latter."""
    if limit.sample < 1:
        sampling = _Block("stage.sampling", {"rate": str(limit.sample), "drop_counter_reason": _text("sampled")})
        selector = _raw(f'{{namespace="{namespace}", level!="error", kind!="{SECURITY}"}}')
        yield _Block("stage.match", {"selector": selector}, (sampling,))
    if limit.lines_per_second:
        yield _capped(f'{{namespace="{namespace}", kind!="{SECURITY}"}}', limit.lines_per_second, "pod")


def _capped(selector: str, lines_per_second: int, label: str) -> _Block:
    """So many lines a second of each value of a label, and no more."""
    values = {
        "rate": str(lines_per_second),
        "burst": str(2 * lines_per_second),
        "drop": "true",
        "by_label_name": _text(label),
    }
    return _Block("stage.match", {"selector": _raw(selector)}, (_Block("stage.limit", values),))


def _text(value: str) -> str:
    return json.dumps(value)


def _raw(value: str) -> str:
    """A text without escapes, as expressions are best read."""
    return f"`{value}`"

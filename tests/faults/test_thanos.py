"""Thanos' faults, with real servers from their rendered pods and a folder as the bucket: nothing that was measured is
lost, and nobody sees a gap."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from slostack import names, plain_yaml
from slostack.backtest import Prometheus, Span
from slostack.backtest.prometheus import Query
from slostack.backtest.recorded import recorded_counts
from slostack.config import COARSE
from slostack.dashboards.clusters import burn_over_all, left_over_all
from slostack.errors import SlostackError
from slostack.instant_query import instant_query
from slostack.names import REPLICA
from slostack.rules.stack import thanos_groups
from slostack.servers import obtain_binary, versions
from slostack.spec import Duration
from tests.cluster.pod_process import Machine, PodProcess
from tests.cluster.test_exposed import OF_PROMETHEUS_ITSELF, exposed
from tests.cluster.thanos import thanos_machine
from tests.cluster.volumes import write_volume
from tests.components.program import ROOT
from tests.faults.older import older
from tests.faults.stack import AWAY_SECONDS
from tests.processes import wait_until
from tests.unit.backtest.made_up import version
from tests.unit.promql import metric_names

THANOS_PAGE = ROOT / "docs" / "thanos.md"
SECONDS = 60
BEAT = "test:beat"
RULES = {
    "groups": [
        {
            "name": "test",
            "interval": "1s",
            "rules": [
                {"record": BEAT, "expr": "vector(1)"},
                {"alert": "Always", "expr": "vector(1)", "labels": {"severity": "low", "service": "x", "team": "y"}},
            ],
        }
    ]
}
OUTAGE = 25
"""Evaluations, one a second, that the other Prometheus makes alone."""
SEEN_WITHIN = 10
"""Seconds within which something must have been recorded, or there is a gap."""
COMPACTIONS = "prometheus_tsdb_compactions_triggered_total"
HOUR = 3600
SERIES, INTERVAL = 300, 60


class Stack:
    """Processes of a machine's pods, each of which can be killed and started again with its data."""

    def __init__(self, machine: Machine, processes: ExitStack) -> None:
        self.machine, self._processes = machine, processes
        self.bucket = machine.folder / "bucket"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.pods: dict[str, PodProcess] = {}

    def add(self, name: str, server: str, ordinal: int = 0, sidecar: str | None = None) -> PodProcess:
        self.pods[name] = pod = self.machine.pod(server, ordinal, sidecar)
        if server == "prometheus" and not sidecar:
            self.judge(name, RULES)
        return pod

    def judge(self, name: str, rules: dict[str, Any]) -> None:
        """Gives a Prometheus other rules."""
        write_volume(self.pods[name].root / "etc/prometheus/rules", {"test.yaml": plain_yaml.dump(rules)})

    def launch(self, name: str, *more: str) -> None:
        if name in self.running:
            self.kill(name)
        self.running[name] = self._processes.enter_context(self.pods[name].start(*more))

    def start(self, *names: str, more: tuple[str, ...] = ()) -> None:
        for name in names:
            self.launch(name, *more)
        for name in names:
            wait_until(self.pods[name].answers, f"{name} answers", SECONDS)

    def kill(self, *names: str) -> None:
        for name in names:
            self.running[name].kill()
        for name in names:
            self.running.pop(name).wait()

    def ask(self, expr: str, at: float | None = None, *, replicas_once: bool = True) -> list[dict[str, Any]]:
        """What the query says, now or at a time."""
        parameters = {"query": expr, "dedup": str(replicas_once).lower(), **({"time": str(at)} if at else {})}
        answer = requests.get(f"{self.pods['query'].url}/api/v1/query", params=parameters, timeout=30)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"]["result"])

    def metric(self, name: str, metric: str) -> float:
        """The sum of what a server says of itself."""
        lines = requests.get(f"{self.pods[name].url}/metrics", timeout=10).text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{metric} ", f"{metric}{{")))

    def blocks(self) -> set[str]:
        """The blocks that are whole in the bucket."""
        return {path.parent.name for path in self.bucket.glob("*/meta.json")}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    (tmp_path / "bucket").mkdir()
    with ExitStack() as processes:
        yield Stack(thanos_machine(tmp_path, tmp_path / "bucket"), processes)


def test_one_prometheus_killed_is_no_gap_in_a_query_nor_in_an_alert(stack: Stack) -> None:
    first, second = ("prometheus-0", "sidecar-0"), ("prometheus-1", "sidecar-1")
    for number in range(2):
        stack.add(f"prometheus-{number}", "prometheus", number)
        stack.add(f"sidecar-{number}", "prometheus", number, "thanos-sidecar")
    for name in ("query", "store", "compactor"):
        stack.add(name, f"thanos-{name}")
    alertmanager = stack.add("alertmanager", "alertmanager")
    stack.start("alertmanager", *first, *second, "store", "compactor", "query")
    wait_until(lambda: len(stack.ask(BEAT, replicas_once=False)) == 2, "both are asked", SECONDS)
    (one,) = stack.ask(BEAT)
    assert one["metric"] == {"__name__": BEAT, "environment": "prod", "cluster": "eu-1"}
    wait_until(lambda: len(_alerts(alertmanager)) == 1, "the alert is there", 3 * SECONDS)
    since = _alerts(alertmanager)[0]["startsAt"]
    began = time.time()
    wait_until(lambda: _beats(stack, began) >= SEEN_WITHIN, "both have recorded", SECONDS)
    _alerts_read_what_is_exposed(stack)

    stack.kill(*first)
    killed = time.time()
    held_until = _alerts(alertmanager)[0]["endsAt"]

    def seen_meanwhile() -> bool:
        assert stack.ask(f"present_over_time({BEAT}[{SEEN_WITHIN}s])"), "a gap"
        (alert,) = _alerts(alertmanager)
        assert (alert["startsAt"], alert["status"]["state"]) == (since, "active")
        return _beats(stack, killed) >= OUTAGE and alert["endsAt"] > held_until

    wait_until(seen_meanwhile, "the other has gone on, and told the alert again", 3 * SECONDS)
    back = time.time()
    stack.start(*first)
    wait_until(lambda: _replica_beats(stack, back) == 2, "both are asked again", SECONDS)
    ended = time.time()
    steps = range(int(began) + SEEN_WITHIN, int(ended))
    seen = _range(stack, f"present_over_time({BEAT}[{SEEN_WITHIN}s])", steps)
    assert seen == list(steps)
    alone = _range(stack, f'present_over_time({BEAT}{{{REPLICA}="prometheus-0"}}[{SEEN_WITHIN}s])', steps, once=False)
    assert len(alone) < len(steps), "the one that was killed alone has a gap"
    (alert,) = _alerts(alertmanager)
    assert alert["startsAt"] == since


def _alerts(alertmanager: PodProcess) -> list[dict[str, Any]]:
    answer = requests.get(f"{alertmanager.url}/api/v2/alerts", timeout=10).json()
    return [alert for alert in answer if alert["labels"]["alertname"] == "Always"]


def _beats(stack: Stack, since: float) -> int:
    """How often both replicas together, of which each second counts once, recorded since a time."""
    seconds = max(int(time.time() - since), 1)
    return sum(int(each["value"][1]) for each in stack.ask(f"count_over_time({BEAT}[{seconds}s])"))


def _replica_beats(stack: Stack, since: float) -> int:
    """How many replicas have recorded since a time."""
    seconds = max(int(time.time() - since), 1)
    return len(stack.ask(f"count_over_time({BEAT}[{seconds}s])", replicas_once=False))


def _range(stack: Stack, expr: str, steps: range, *, once: bool = True) -> list[int]:
    """The times, of those a second apart, at which there is something."""
    parameters: dict[str, str | int] = {
        "query": expr,
        "start": steps[0],
        "end": steps[-1],
        "step": 1,
        "dedup": str(once).lower(),
    }
    answer = requests.get(f"{stack.pods['query'].url}/api/v1/query_range", params=parameters, timeout=30).json()
    (series,) = answer["data"]["result"]
    return [int(at) for at, _ in series["values"]]


def _alerts_read_what_is_exposed(stack: Stack) -> None:
    """Each metric that the alerts on Thanos read is one that a part of it exposes."""
    read = {name for group in thanos_groups() for rule in group.rules for name in metric_names(rule.expr)}
    parts = ("prometheus-0", "sidecar-0", "query", "store", "compactor")
    there = set().union(*(exposed(f"{stack.pods[name].url}/metrics") for name in parts))
    assert read - there == OF_PROMETHEUS_ITSELF - {"ALERTS"}


def _make_blocks(stack: Stack, hours: int, later: int = 0) -> int:
    """Puts blocks of two hours into the data of the first Prometheus, up to some hours ago and so many later ones; the
    time when they end."""
    end = int(time.time()) // (2 * HOUR) * (2 * HOUR) - (4 + later) * HOUR
    text = stack.machine.folder / "samples"
    with text.open("w", encoding="utf-8") as file:
        file.write("# TYPE test counter\n")
        for number in range(SERIES):
            for at in range(end - hours * HOUR, end, INTERVAL):
                file.write(f'test_total{{series="{number}"}} {at % 100_000 + number} {at}\n')
        file.write("# EOF\n")
    made = stack.machine.folder / "made"
    command = (obtain_binary("promtool", print), "tsdb", "create-blocks-from", "openmetrics", text, made)
    subprocess.run(command, check=True, capture_output=True)
    for block in made.iterdir():
        block.rename(_data(stack) / block.name)
    return end


def _data(stack: Stack) -> Path:
    return stack.pods["prometheus-0"].root / "var/lib/prometheus"


def _local_blocks(stack: Stack) -> set[str]:
    """The blocks that the first Prometheus has."""
    return {path.parent.name for path in _data(stack).glob("*/meta.json")}


def _all_of_it(stack: Stack, end: int, hours: int) -> dict[str, tuple[float, float]]:
    """How many samples of each series there are, and their sum."""
    counts, sums = (
        {
            each["metric"]["series"]: float(each["value"][1])
            for each in stack.ask(f"{over}(test_total[{hours}h])", end - 1)
        }
        for over in ("count_over_time", "sum_over_time")
    )
    return {series: (count, sums[series]) for series, count in counts.items()}


def _expected(end: int, hours: int) -> dict[str, tuple[float, float]]:
    times = range(end - hours * HOUR, end, INTERVAL)
    return {str(n): (float(len(times)), float(sum(at % 100_000 + n for at in times))) for n in range(SERIES)}


def _upload(stack: Stack, hours: int) -> int:
    """Has the sidecar of the first Prometheus upload blocks; the time when they end."""
    stack.start("prometheus-0", "sidecar-0")
    end = _make_blocks(stack, hours)
    wait_until(lambda: len(stack.blocks()) == hours // 2, "every block is uploaded", 2 * SECONDS)
    stack.kill("prometheus-0", "sidecar-0")
    return end


def test_a_compactor_that_is_killed_half_way_loses_no_block(stack: Stack) -> None:
    hours = 48
    stack.add("prometheus-0", "prometheus")
    stack.add("sidecar-0", "prometheus", 0, "thanos-sidecar")
    end = _upload(stack, hours)
    sources = stack.blocks()
    for name in ("compactor", "store", "query"):
        stack.add(name, f"thanos-{name}")
    work = stack.pods["compactor"].root / "var/lib/thanos-compactor"
    half_way: tuple[tuple[str, Callable[[], object]], ...] = (
        ("blocks are being fetched", lambda: any(work.glob("compact/*/*/chunks"))),
        ("a block is being written", lambda: any(work.glob("compact/*/*.tmp-for-creation"))),
        ("a block is being uploaded", lambda: _partial(stack)),
        ("a block is uploaded, and its sources still there", lambda: stack.blocks() - sources),
        ("sources are being deleted", lambda: sources - stack.blocks()),
    )
    at_once = ("--consistency-delay=0s", "--delete-delay=0s")
    seen = [what for what, condition in half_way if _killed_when(stack, condition, at_once)]
    assert len(seen) >= 3, f"killed only when {seen}"
    stack.start("compactor", more=at_once)
    wait_until(lambda: stack.metric("compactor", "thanos_compact_iterations_total") > 0, "it is done", 4 * SECONDS)
    assert stack.metric("compactor", "thanos_compact_halted") == 0
    assert len(stack.blocks()) < len(sources)
    stack.start("store", "query")
    wait_until(lambda: _all_of_it(stack, end, hours) == _expected(end, hours), "all of it is there", SECONDS)


def _partial(stack: Stack) -> bool:
    """Whether a block in the bucket is not yet whole."""
    return any(not (path / "meta.json").exists() for path in stack.bucket.iterdir() if (path / "chunks").exists())


def _killed_when(stack: Stack, condition: Callable[[], object], more: tuple[str, ...]) -> bool:
    """Kills a compactor as soon as something is so; False where it was done before."""
    stack.launch("compactor", *more)
    log = stack.pods["compactor"].log
    end = time.monotonic() + 2 * SECONDS
    while not condition():
        assert time.monotonic() < end
        if "retention apply done" in log.read_text(encoding="utf-8"):
            return False
    stack.kill("compactor")
    return True


def test_a_bucket_that_is_away_for_ten_minutes_gets_everything_afterwards(stack: Stack) -> None:
    hours = 12
    for name in ("store", "compactor", "query"):
        stack.add(name, f"thanos-{name}")
    stack.add("prometheus-0", "prometheus")
    stack.add("sidecar-0", "prometheus", 0, "thanos-sidecar")
    stack.start("prometheus-0", "sidecar-0", "store", "compactor", "query")
    _make_blocks(stack, hours, later=hours)
    wait_until(lambda: len(stack.blocks()) == hours // 2, "every block of before is uploaded", 2 * SECONDS)
    before = _local_blocks(stack)
    _take_away(stack.bucket)
    since = time.monotonic()
    end = _make_blocks(stack, hours)
    new = _local_blocks(stack) - before
    assert len(new) == hours // 2
    complete = _expected(end, 2 * hours)
    wait_until(lambda: _all_of_it(stack, end, 2 * hours) == complete, "Prometheus has the blocks", 3 * SECONDS)
    failures = "thanos_objstore_bucket_operation_failures_total"
    wait_until(lambda: stack.metric("sidecar-0", failures) > 0, "the sidecar fails", 2 * SECONDS)
    triggered = stack.metric("prometheus-0", COMPACTIONS)

    def goes_on() -> bool:
        assert all(stack.pods[name].answers() for name in stack.running)
        assert _all_of_it(stack, end, 2 * hours) == complete, "a gap"
        assert new <= _local_blocks(stack), "compacted before it was uploaded"
        return time.monotonic() - since >= AWAY_SECONDS

    wait_until(goes_on, "the bucket is away for long", AWAY_SECONDS + SECONDS)
    assert stack.metric("prometheus-0", COMPACTIONS) >= triggered + 2, "Prometheus could have compacted them"

    _bring_back(stack.bucket)
    wait_until(lambda: new <= stack.blocks(), "every block is uploaded", 3 * SECONDS)
    wait_until(lambda: not new <= _local_blocks(stack), "now they are compacted", 4 * SECONDS)
    iterations = "thanos_compact_iterations_total"
    done = stack.metric("compactor", iterations)
    wait_until(lambda: stack.metric("compactor", iterations) > done, "the compactor goes on", 7 * SECONDS)
    assert stack.metric("compactor", "thanos_compact_halted") == 0
    stack.kill("prometheus-0", "sidecar-0", "store")
    stack.start("store")
    wait_until(lambda: _all_of_it(stack, end, 2 * hours) == complete, "the bucket has all of it", SECONDS)


def test_a_bucket_that_is_away_when_thanos_is_turned_on_gets_every_block_afterwards(stack: Stack) -> None:
    stack.add("prometheus-0", "prometheus")
    stack.add("sidecar-0", "prometheus", 0, "thanos-sidecar")
    _make_blocks(stack, 12)
    made = _local_blocks(stack)
    _take_away(stack.bucket)
    stack.start("prometheus-0", "sidecar-0")
    wait_until(lambda: stack.metric("prometheus-0", COMPACTIONS) >= 2, "Prometheus could compact them", 4 * SECONDS)
    assert made <= _local_blocks(stack), "compacted before it was uploaded"
    _bring_back(stack.bucket)
    wait_until(lambda: stack.blocks() == made, "every block is uploaded", 2 * SECONDS)


def _take_away(bucket: Path) -> None:
    bucket.rename(bucket.with_name("away"))
    bucket.write_text("no folder", encoding="utf-8")


def _bring_back(bucket: Path) -> None:
    bucket.unlink()
    bucket.with_name("away").rename(bucket)


def test_what_was_compacted_before_there_was_a_sidecar_gets_into_the_bucket_as_documented(stack: Stack) -> None:
    hours = 8
    stack.add("prometheus-0", "prometheus")
    stack.add("sidecar-0", "prometheus", 0, "thanos-sidecar")
    for name in ("store", "query"):
        stack.add(name, f"thanos-{name}")
    end = _make_blocks(stack, hours)
    data = _data(stack)
    metas = {path.parent.name: path for path in data.glob("*/meta.json")}
    compacted = set(sorted(metas)[:2])
    for block in compacted:
        meta = json.loads(metas[block].read_text())
        metas[block].write_text(json.dumps({**meta, "compaction": {**meta["compaction"], "level": 2}}))
    volume = shutil.copytree(data, stack.machine.folder / "snapshot")

    stack.start("prometheus-0", "sidecar-0")
    wait_until(lambda: stack.blocks() == set(metas) - compacted, "the others are uploaded", SECONDS)
    _upload_as_documented(stack, volume)
    assert stack.blocks() == set(metas)
    stack.kill("prometheus-0", "sidecar-0")
    stack.start("store", "query")
    wait_until(lambda: _all_of_it(stack, end, hours) == _expected(end, hours), "the bucket has all of it", SECONDS)


def _upload_as_documented(stack: Stack, blocks: Path) -> None:
    opens = stack.machine.folder / "bucket.yaml"
    opens.write_text(plain_yaml.dump({"type": "FILESYSTEM", "config": {"directory": str(stack.bucket)}}))
    page = THANOS_PAGE.read_text(encoding="utf-8").replace("\\\n", "")
    (command,) = re.findall("^thanos (tools bucket upload-blocks.*)$", page, re.MULTILINE)
    command = command.replace("=bucket.yaml", f"={opens}").replace("=/data", f"={blocks}")
    subprocess.run([obtain_binary("thanos", print), *shlex.split(command)], check=True, capture_output=True)


def test_a_bucket_that_an_older_version_wrote_is_read_and_kept_in_order(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    executable, older_version = older("thanos")
    hours = 48
    stack.add("prometheus-0", "prometheus")
    stack.add("sidecar-0", "prometheus", 0, "thanos-sidecar")
    stack.add("compactor", "thanos-compactor")
    current = {name: stack.pods[name] for name in ("sidecar-0", "compactor")}
    for name, pod in current.items():
        stack.pods[name] = replace(pod, command=[str(executable), *pod.command[1:]])
    end = _upload(stack, hours)
    sources = stack.blocks()
    at_once = ("--consistency-delay=0s", "--delete-delay=0s")
    iterations = "thanos_compact_iterations_total"
    stack.start("compactor", more=at_once)
    wait_until(lambda: stack.metric("compactor", iterations) > 0, "it is done", 4 * SECONDS)
    assert len(stack.blocks()) < len(sources)

    stack.pods |= current
    stack.start("compactor", more=at_once)
    wait_until(lambda: stack.metric("compactor", iterations) > 0, "the newer one is done", 4 * SECONDS)
    assert stack.metric("compactor", "thanos_compact_halted") == 0
    for name in ("store", "query"):
        stack.add(name, f"thanos-{name}")
    stack.start("store", "query")
    wait_until(lambda: _all_of_it(stack, end, hours) == _expected(end, hours), "all of it is there", SECONDS)
    with capsys.disabled():
        print(f"\nthanos {older_version} → {versions()['thanos'].version}")


def test_a_long_view_of_downsampled_blocks_shows_what_was_measured(stack: Stack) -> None:
    """A block of 54 hours, of which the compactor makes samples of five minutes."""
    for name in ("compactor", "store", "query"):
        stack.add(name, f"thanos-{name}")
    long = 54 * HOUR
    end = int(time.time()) // long * long
    start = end - long
    _upload_made(stack, (f'probe_success{{job="x"}} 1 {at}' for at in range(start, end, 15)), "54h")
    stack.start("compactor", more=("--consistency-delay=0s",))
    iterations = "thanos_compact_iterations_total"
    wait_until(lambda: stack.metric("compactor", iterations) > 0, "it is done", 4 * SECONDS)
    assert len(stack.blocks()) == 2, "one as it was, one of samples of five minutes"
    stack.kill("compactor")
    stack.start("store", "query")
    url, counted = stack.pods["query"].url, "count_over_time(probe_success[15m])"
    view: dict[str, str | int] = {"query": counted, "start": start + HOUR, "end": end - HOUR, "step": HOUR}

    def seen(**more: str) -> set[str]:
        answer = requests.get(f"{url}/api/v1/query_range", params={**view, **more}, timeout=30).json()
        return {value for series in answer["data"]["result"] for _, value in series["values"]}

    wait_until(lambda: bool(seen()), "the store has them", SECONDS)
    assert seen() == {"60"}
    assert seen(**dict([COARSE.split("=")])) == {"3"}
    stack.kill("query")
    stack.start("query", more=("--query.auto-downsampling",))
    wait_until(lambda: bool(seen()), "the query asks the store", SECONDS)
    assert seen() == {"3"}
    asked = Query(counted, start * 1000, (end - HOUR) * 1000, HOUR * 1000)
    ((series,),) = Prometheus(url).ask([asked])
    assert set(series.values) == {60}


def _upload_made(stack: Stack, samples: Iterable[str], longest: str) -> None:
    """Puts blocks of samples into the bucket, in the way of docs/thanos.md, as those of the first Prometheus."""
    text, made = stack.machine.folder / "samples", stack.machine.folder / "made"
    text.write_text("\n".join([*samples, "# EOF\n"]), encoding="utf-8")
    promtool = (obtain_binary("promtool", print), "tsdb", "create-blocks-from", "openmetrics")
    subprocess.run((*promtool, f"--max-block-duration={longest}", text, made), check=True, capture_output=True)
    _upload_as_documented(stack, made)


OF_CLUSTERS = version()


def _recorded(left: float, events: int, bad: int) -> dict[str, Any]:
    """Rules that record what those of an SLO of 99 % would; `bad` are those of the last five minutes."""
    values = {
        names.BUDGET: 0.01,
        names.BUDGET_REMAINING: left,
        names.WINDOW_EVENTS: events,
        names.EVENTS: events,
        names.BAD_EVENTS: bad,
    }
    rules = [{"record": name, "expr": f"vector({value})"} for name, value in values.items()]
    labels = {names.SERVICE: OF_CLUSTERS.service.service, names.SLO: OF_CLUSTERS.slo.name}
    return {"groups": [*RULES["groups"], {"name": "slo", "interval": "1s", "labels": labels, "rules": rules}]}


def test_an_slo_is_judged_over_all_clusters_and_one_that_is_away_hides_nothing_of_another(tmp_path: Path) -> None:
    host, grpc = "thanos.us.acme.example", 10901
    asked = {"us-1": {"host": f"{host}:{grpc}", "tls": False}}
    with ExitStack() as processes:
        machines = []
        for name, query in (("eu-1", {"clusters": asked}), ("us-1", {})):
            folder = tmp_path / name
            (folder / "bucket").mkdir(parents=True)
            machines.append(thanos_machine(folder, folder / "bucket", name, **query))
        here, there = (Stack(machine, processes) for machine in machines)
        there.machine.at("thanos-query.slostack", grpc, here.machine.port(host, grpc))
        for stack, recorded in ((here, _recorded(0.9, 9000, 9)), (there, _recorded(0.1, 1000, 9))):
            stack.add("prometheus-0", "prometheus")
            stack.judge("prometheus-0", recorded)
            stack.add("sidecar-0", "prometheus", 0, "thanos-sidecar")
            for part in ("store", "query"):
                stack.add(part, f"thanos-{part}")
            stack.start("prometheus-0", "sidecar-0", "store", "query")

        def clusters() -> set[str]:
            return {each["metric"]["cluster"] for each in here.ask(BEAT)}

        wait_until(lambda: clusters() == {"eu-1", "us-1"}, "one query sees both", SECONDS)
        (over_both,) = here.ask(f"sum({BEAT})")
        assert over_both["value"][1] == "2"
        (left,) = here.ask(left_over_all())
        assert left["metric"] == {"service": OF_CLUSTERS.service.service, "slo": OF_CLUSTERS.slo.name}
        assert float(left["value"][1]) == pytest.approx((0.9 * 9000 + 0.1 * 1000) / 10_000)

        def burn() -> list[float]:
            return [float(each["value"][1]) for each in here.ask(burn_over_all(Duration(10)))]

        expected = pytest.approx([18 / 10_000 / 0.01], rel=0.25)  # one may have recorded once more within them
        wait_until(lambda: burn() == expected, "both have recorded for ten seconds", SECONDS)
        of_each = here.ask(f"min by (service, slo, cluster) ({names.BUDGET_REMAINING})")
        assert {each["metric"]["cluster"]: float(each["value"][1]) for each in of_each} == {"eu-1": 0.9, "us-1": 0.1}
        now, url = int(time.time()) * 1000, here.pods["query"].url
        with pytest.raises(SlostackError, match="of each cluster of 'eu-1', 'us-1'"):
            recorded_counts(Prometheus(url), OF_CLUSTERS, Span(now - 60_000, now))
        one = recorded_counts(Prometheus(url, only={"cluster": "us-1"}), OF_CLUSTERS, Span(now - 60_000, now))
        assert set(one.of(names.EVENTS, ())[1]) == {1000}
        there.kill("query")
        wait_until(lambda: clusters() == {"eu-1"}, "it goes on with its own", SECONDS)
        wait_until(lambda: _is_known_to_be_away(url), "it knows that the other is away", SECONDS)
        with pytest.raises(SlostackError, match="in part only"):
            instant_query(url, names.BUDGET_REMAINING)
        now = int(time.time()) * 1000
        with pytest.raises(SlostackError, match="in part only"):
            recorded_counts(Prometheus(url, only={"cluster": "us-1"}), OF_CLUSTERS, Span(now - 60_000, now))
        one = recorded_counts(Prometheus(url, only={"cluster": "eu-1"}), OF_CLUSTERS, Span(now - 60_000, now))
        assert set(one.of(names.EVENTS, ())[1]) == {9000}


def _is_known_to_be_away(query: str) -> bool:
    """Whether a query has found, when it last looked, that another one that it asks doesn't answer."""
    stores = requests.get(f"{query}/api/v1/stores", timeout=10).json()["data"]
    return not stores.get("query") or any(each["lastError"] for each in stores["query"])

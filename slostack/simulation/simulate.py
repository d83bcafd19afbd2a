"""Runs rule files over a scenario: Prometheus' own storage, engine and rules in simulated time (tools/simulate)."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slostack.errors import SlostackError
from slostack.simulation.binary import obtain_simulator
from slostack.simulation.result import Result, read_result
from slostack.simulation.scenario import START, Query, Scenario, Span
from slostack.simulation.scrapes import Scrape, exposed_series, scrapes

DEFAULT_INTERVAL = 30.0
"""How often groups are evaluated that name no interval."""
NO_QUERIES: Mapping[str, Query] = {}


@dataclass(frozen=True)
class Recording:
    """A scenario whose scrapes are in a file, so that several rule sets see the same."""

    scenario: Scenario
    scrapes: Path


@contextmanager
def recorded(scenario: Scenario) -> Iterator[Recording]:
    """A scenario's scrapes, written once."""
    with tempfile.TemporaryDirectory(prefix="slostack-simulation-") as folder:
        yield record(scenario, Path(folder) / "scrapes.jsonl")


def record(scenario: Scenario, file: Path) -> Recording:
    """`recorded` in a file of one's own, which stays."""
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(map(_line, scrapes(scenario)))
    return Recording(scenario, file)


def simulate(rules: Mapping[str, str], scenario: Scenario, queries: Mapping[str, Query] = NO_QUERIES) -> Result:
    """What the alerts of rule files (texts by file name) do in a scenario, and what queries give.

    Raises SlostackError where a file can't be loaded or a rule or query fails.
    """
    with recorded(scenario) as recording:
        return replay(rules, recording, queries)


def replay(rules: Mapping[str, str], recording: Recording, queries: Mapping[str, Query] = NO_QUERIES) -> Result:
    """`simulate` with scrapes that were recorded before."""
    simulator = obtain_simulator(lambda line: print(line, file=sys.stderr, flush=True))
    with tempfile.TemporaryDirectory(prefix="slostack-simulation-") as name, recording.scrapes.open("rb") as lines:
        folder = Path(name)
        for file, text in rules.items():
            (folder / file).write_text(text, encoding="utf-8")
        (folder / "plan.json").write_text(json.dumps(_plan(tuple(rules), recording.scenario, queries)))
        answer = subprocess.run(
            [simulator, "plan.json"], cwd=folder, stdin=lines, capture_output=True, encoding="utf-8", check=False
        )
    if answer.returncode:
        raise SlostackError(f"the simulation of {', '.join(rules)} failed:\n{answer.stderr.strip()[-4000:]}")
    return read_result(answer.stdout)


def _plan(files: tuple[str, ...], scenario: Scenario, queries: Mapping[str, Query]) -> dict[str, Any]:
    return {
        "start": _milliseconds(0),
        "end": _milliseconds(scenario.length),
        "interval": round(DEFAULT_INTERVAL * 1000),
        "rules": files,
        "down": _spans(scenario.server_down),
        "skips": [{"groups": each.groups, "spans": _spans(each.spans)} for each in scenario.skipped],
        "queries": [
            {"name": name, "expr": query.expr, "at": sorted(map(_milliseconds, query.at))}
            for name, query in queries.items()
        ],
        "targets": [
            {"up": {"__name__": "up", **target.labels}, "series": exposed_series(target)} for target in scenario.targets
        ],
    }


def _line(scrape: Scrape) -> str:
    values = "null"
    if scrape.values is not None:
        values = f"[{','.join('null' if value is None else repr(value) for value in scrape.values)}]"
    gone = ',"gone":true' if scrape.gone else ""
    return (
        f'{{"target":{scrape.target},"at":{_milliseconds(scrape.at)},"seen":{_milliseconds(scrape.seen)},'
        f'"values":{values}{gone}}}\n'
    )


def _spans(spans: tuple[Span, ...]) -> list[list[int]]:
    return sorted([_milliseconds(span.start), _milliseconds(span.end)] for span in spans)


def _milliseconds(at: float) -> int:
    return round((START + at) * 1000)

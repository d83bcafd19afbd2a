"""What is right by its form in an SLO file, but seldom meant: notes, no mistakes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from slostack import names
from slostack.files import shown_path
from slostack.spec import Problem, Service
from slostack.spec.explain import dotted
from slostack.spec.needs import need_job
from slostack.spec.source import KeyPath, Source, parse_yaml, read_text

_JOB = re.compile(r"""\bjob\s*(?P<operator>=~?)\s*(["'])(?P<value>(?:(?!\2)[^\\]|\\.)*)\2""")
_OF_LOGS = ("logs", "log_counts")
_LONG_SECONDS = 100


def doubts(root: Path, services: Mapping[Path, Service]) -> tuple[Problem, ...]:
    """Of all services of a project, by SLO file: jobs that nothing scrapes, where a service says what is scraped of it;
    events counted by one job and all events by another; thresholds of minutes where milliseconds may be meant."""
    jobs = {*names.SERVER_JOBS, *names.COLLECTOR_JOBS}
    for service in services.values():
        jobs |= {scrape.job for scrape in service.scrape}
        jobs |= {names.probe_job(service.service, probe.name) for probe in service.probes}
        jobs |= {need_job(service.service, need) for need in service.needs}
    found: list[Problem] = []
    for path, service in services.items():
        shown = shown_path(path, root)
        source = parse_yaml(read_text(path, shown), shown)
        if service.scrape:
            own = ", ".join(scrape.job for scrape in service.scrape)
            found += _unscraped(source, source.data, (), jobs, own)
        for index, _ in enumerate(service.slos):
            found += _of_two_jobs(source, index)
            found += _long(source, index)
    return tuple(found)


def _unscraped(source: Source, data: Any, path: KeyPath, jobs: Collection[str], own: str) -> Iterator[Problem]:
    if path[-1:] and path[-1] in _OF_LOGS:
        return
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _unscraped(source, value, (*path, key), jobs, own)
    elif isinstance(data, str):
        for asked, pattern in dict(_asked(data, path)).items():
            if not any(_selects(pattern, job) for job in jobs):
                what = f"no scrape job or probe is called {asked!r}, expected {own}, or one of another Prometheus"
                yield source.problem(path, f"{dotted(path)}: {what}")


def _asked(text: str, path: KeyPath) -> Iterator[tuple[str, str]]:
    """The jobs that a text asks for, as they are written and as regular expressions."""
    if path[0] == "signals" and path[-1] == "job":
        yield text, re.escape(text)
    for found in _JOB.finditer(text):
        value = re.sub(r"\\(.)", r"\1", found["value"])
        yield value, value if found["operator"] == "=~" else re.escape(value)


def _selects(pattern: str, job: str) -> bool:
    try:
        return re.fullmatch(pattern, job) is not None
    except re.error:
        return True


def _of_two_jobs(source: Source, index: int) -> Iterator[Problem]:
    path: KeyPath = ("slos", index, "sli", "events")
    events = _at(source.data, path)
    if isinstance(events, dict):
        part = "bad" if "bad" in events else "good"
        some, every = ({found["value"] for found in _JOB.finditer(str(events[key]))} for key in (part, "total"))
        if some and every and some != every:
            what = f"of {', '.join(sorted(every))}, but `{part}` is of {', '.join(sorted(some))}, expected the same job"
            yield source.problem((*path, "total"), f"{dotted((*path, 'total'))}: {what}")


def _long(source: Source, index: int) -> Iterator[Problem]:
    path: KeyPath = ("slos", index, "sli", "latency", "threshold")
    threshold = _at(source.data, path)
    if isinstance(threshold, int | float) and threshold >= _LONG_SECONDS:
        what = f"{threshold} is in seconds, expected {threshold}ms if milliseconds are meant, {threshold}s if not"
        yield source.problem(path, f"{dotted(path)}: {what}")


def _at(data: Any, path: KeyPath) -> Any:
    for key in path:
        if isinstance(data, list) and isinstance(key, int):
            data = data[key]
        elif isinstance(data, dict):
            data = data.get(key)
        else:
            return None
    return data

"""What the demo exposes of a service, its exporters and its probes, and what selectors find there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import promql_parser
from prometheus_client.samples import Sample

from slostack.demo.metrics import families
from slostack.demo.probes import probe_families
from slostack.spec import SLO_FOLDER, load_service
from tests.unit.demo.playing import Play, samples

ROOT = Path(__file__).parents[3]
FROM_PROMETHEUS = {"job", "instance"}


@cache
def exposed_by(service: str) -> tuple[Sample, ...]:
    """Every sample of a service, of its exporters and of its probes, with the label `job` where it isn't its own."""
    play = Play(service=service)
    spec = load_service(ROOT / SLO_FOLDER / f"{service}.yaml", ROOT)
    found = [family for scrape in spec.scrape for family in families(play.service, scrape.path)]
    found += [family for need in spec.needs for family in families(play.service, f"/{need}/metrics")]
    found += [family for probe in spec.probes for family in probe_families(play.service, probe.path or "", play.now)]
    return tuple(samples(found))


def is_exposed(service: str, selector: promql_parser.VectorSelector) -> bool:
    """Whether a selector finds any of it, by its labels but those that Prometheus adds."""
    wanted = [matcher for matcher in selector.matchers.matchers if matcher.name not in FROM_PROMETHEUS]
    return any(
        sample.name == selector.name and all(_holds(m, sample.labels.get(m.name, "")) for m in wanted)
        for sample in exposed_by(service)
    )


def _holds(matcher: promql_parser.Matcher, value: str) -> bool:
    operator = str(matcher.op).split(".")[-1]
    equal = matcher.value == value if operator in ("Equal", "NotEqual") else re.fullmatch(matcher.value, value)
    return bool(equal) != operator.startswith("Not")

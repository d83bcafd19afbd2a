"""A simulated past: which alerts Prometheus' own code fired in it, and the samples that are left of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from slostack import names, plain_yaml
from slostack.playing.needed import needed
from slostack.rules import render_rules
from slostack.simulation import START, Query, Result, Scenario, simulate
from slostack.simulation.scrapes import exposed_series, scrapes
from slostack.spec import Service

STEP = names.EVALUATION_INTERVAL.seconds
COUNT_HEARTBEAT = names.tier(names.WINDOW_EVENTS)
RATIOS = f"slo:(error_ratio|events):rate([0-9]+m|1h)|{names.OBJECTIVE}"
COUNTS = f"{names.BAD_EVENTS}|{names.EVENTS}|{COUNT_HEARTBEAT}"
_EXPRS = {
    "ratios": f'{{__name__=~"{RATIOS}"}}',
    "ratios at": f"timestamp({names.OBJECTIVE})",
    "counts": f'{{__name__=~"{COUNTS}"}}',
    "counts at": f"timestamp({COUNT_HEARTBEAT})",
}
Labels = tuple[tuple[str, str], ...]
Firings = Mapping[str, list[tuple[float, float]]]
"""By tier or alert: from when to when (Unix seconds), without an end where it still fires."""


@dataclass(frozen=True)
class Past:
    """What the rules of a service did in a scenario."""

    scenario: Scenario
    result: Result

    def firings(self, slo: str, until: float) -> Firings:
        """What fired of an SLO up to a time."""
        found: dict[str, list[tuple[float, float]]] = {}
        of_the_slo = {tuple(sorted(each.labels.items())) for each in self.result.transitions}
        for labels in [dict(each) for each in sorted(of_the_slo)]:
            if labels[names.SLO] == slo:
                spans = [(START + span.start, START + span.end) for span in self.result.firing(**labels)]
                name = labels.get(names.TIER) or labels["alertname"]
                found[name] = [(start, end if end <= until else float("inf")) for start, end in spans if start <= until]
        return {name: spans for name, spans in found.items() if spans}

    def an_end(self, slo: str) -> int:
        """A time at which the SLO was evaluated, and its counts less than an evaluation before it (milliseconds)."""
        ratios, counts = (
            {
                round(1000 * s.value)
                for found in self.result.answers[f"{group} at"].values()
                for s in found
                if s.labels[names.SLO] == slo
            }
            for group in ("ratios", "counts")
        )
        return max(at for at in ratios if any(0 <= at - counted < 1000 * STEP for counted in counts))

    def samples(self) -> Iterator[str]:
        """Raw and recorded samples, and those of ALERTS, as OpenMetrics."""
        raw: dict[Labels, dict[float, float]] = {}
        for scrape in scrapes(self.scenario):
            target = self.scenario.targets[scrape.target]
            up = tuple({"__name__": "up", **target.labels}.items())
            raw.setdefault(up, {})[START + scrape.at] = float(scrape.values is not None)
            series = exposed_series(target)
            for labels, value in zip(series, scrape.values or (), strict=bool(scrape.values)):
                if value is not None:
                    raw.setdefault(tuple(labels.items()), {})[START + scrape.at] = value
        recorded = {**self._recorded("ratios"), **self._recorded("counts"), **self._alerts()}
        for key, values in {**raw, **recorded}.items():
            yield from (_line(dict(key), value, at) for at, value in sorted(values.items()))
        yield "# EOF\n"

    def _alerts(self) -> Mapping[Labels, Mapping[float, float]]:
        """1 at each evaluation at which an alert fires."""
        found: dict[Labels, dict[float, float]] = {}
        for labels in {tuple(sorted(each.labels.items())) for each in self.result.transitions}:
            key = (("__name__", "ALERTS"), ("alertstate", "firing"), *labels)
            for span in self.result.firing(**dict(labels)):
                steps = range(math.ceil((min(span.end, self.scenario.length) - span.start) / STEP))
                found.setdefault(key, {}).update({START + span.start + STEP * step: 1.0 for step in steps})
        return found

    def _recorded(self, group: str) -> Mapping[Labels, Mapping[float, float]]:
        """The samples of each evaluation of a rule group, by the time of its heartbeat."""
        found: dict[Labels, dict[float, float]] = {}
        for at, samples in self.result.answers.get(group, {}).items():
            stamps = {sample.labels[names.SLO]: sample.value for sample in self.result.answers[f"{group} at"][at]}
            for sample in samples:
                key = tuple(sorted(sample.labels.items()))
                found.setdefault(key, {})[stamps[sample.labels[names.SLO]]] = sample.value
        return found


def past(service: Service, scenario: Scenario) -> Past:
    """Runs a service's rules over a scenario."""
    return Past(scenario, simulate({"rules.yaml": render_rules(service)}, scenario, _asked(scenario, *_EXPRS)))


def past_counts(service: Service, scenario: Scenario, every: int) -> Past:
    """Runs the rules that count over a scenario, and asks each so many seconds what they counted."""
    queries = _asked(scenario, "counts", "counts at", every=every)
    groups = needed(plain_yaml.load(render_rules(service))["groups"], COUNTS.split("|"))
    return Past(scenario, simulate({"rules.yaml": plain_yaml.dump({"groups": groups})}, scenario, queries))


def _asked(scenario: Scenario, *wanted: str, every: int = STEP) -> Mapping[str, Query]:
    times = [float(at) for at in range(every, int(scenario.length), every)]
    return {name: Query(_EXPRS[name], times) for name in wanted}


def _line(labels: Mapping[str, str], value: float, at: float) -> str:
    matchers = ",".join(f'{name}="{text}"' for name, text in labels.items() if name != "__name__")
    return f"{labels['__name__']}{{{matchers}}} {value!r} {at:.3f}\n"

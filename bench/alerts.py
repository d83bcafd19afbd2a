"""`make bench-alerts`: what the alerts of several rule sets do in simulated months, side by side."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from bench.alerts_month import DAYS, INCIDENTS, SPARSE_DAYS, month, sparse
from bench.alerts_rule_sets import OBJECTIVE, RuleSet, only_pages, pyrra, raw_windows, slostack, sloth
from bench.alerts_score import SEVERE, WORTH_A_PAGE, Score, p90, score
from slostack.simulation import Recording, Scenario, record, replay
from slostack.simulation.binary import obtain_simulator
from slostack.simulation.notifications import notifications

SEEDS = (1, 2, 3)
PROCESSES = 2
SCENARIOS: Mapping[str, Callable[[int], Scenario]] = {"month": month, "sparse": sparse}
MOST_FALSE = 0.1
SEVERE_WITHIN = 90.0
END_WITHIN = 300.0


@dataclass(frozen=True)
class Job:
    """A rule set in one made-up month, whose scrapes are in a file."""

    rule_set: RuleSet
    scenario: str
    seed: int
    scrapes: Path

    def score(self) -> Score:
        scenario = SCENARIOS[self.scenario](self.seed)
        result = replay(only_pages(self.rule_set.rules), Recording(scenario, self.scrapes))
        return score(scenario, result, notifications(result, self.rule_set.alertmanager), OBJECTIVE / 100)


Scores = Mapping[tuple[str, str], Score]
"""By the rule set's name and the scenario's."""


def main() -> bool:
    """Prints the table and the targets; whether all are met."""
    started = time.monotonic()
    obtain_simulator(print)
    print(
        f"{len(SEEDS)} simulated months of {DAYS} days with {INCIDENTS} incidents each: 0.2 % to 100 % errors, "
        f"2 minutes to 7 hours, against {OBJECTIVE} %"
    )
    rule_sets = [slostack(), raw_windows()]
    for command, rule_set in (("sloth", sloth()), ("pyrra", pyrra())):
        if rule_set:
            rule_sets.append(rule_set)
        else:
            print(f"no {command} on PATH: it is left out")
    scores = _scores(rule_sets)
    print("\n".join(["", *_table(scores, rule_sets), ""]))
    targets = list(_targets(scores))
    for name, met in targets:
        print(f"{'met   ' if met else 'MISSED'}  {name}")
    print(f"{time.monotonic() - started:.0f} s")
    return all(met for _, met in targets)


def _scores(rule_sets: Sequence[RuleSet]) -> Scores:
    found: dict[tuple[str, str], Score] = defaultdict(Score)
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(PROCESSES) as pool:
        jobs = [
            Job(rule_set, scenario, seed, Path(folder) / f"{scenario}-{seed}")
            for seed in SEEDS
            for scenario in SCENARIOS
            for rule_set in (rule_sets if scenario == "month" else rule_sets[:1])
        ]
        recordings = {job.scrapes: SCENARIOS[job.scenario](job.seed) for job in jobs}
        list(pool.map(record, recordings.values(), recordings))
        for job, judged in zip(jobs, pool.map(Job.score, jobs), strict=True):
            found[job.rule_set.name, job.scenario] += judged
    return found


def _table(scores: Scores, rule_sets: Iterable[RuleSet]) -> Iterator[str]:
    """The figures as Markdown. Times are in seconds."""
    columns = (
        "rules", "pages", "false", "caught <2 %", "2-10 %", ">10 % of the budget", "time to page, median / p90",
        f"at ≥{SEVERE:.0%} errors", "incident's end to page's end", "notifications per incident, mean / most",
    )  # fmt: skip
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for rule_set in rule_sets:
        judged = scores[rule_set.name, "month"]
        cells = (
            rule_set.name,
            f"{judged.pages}",
            f"{judged.false_share:.1%}",
            *(_caught(judged, *share) for share in ((0, 0.02), (0.02, 0.1), (0.1, float("inf")))),
            *map(_times, (judged.times_to_page(), judged.times_to_page(SEVERE), judged.times_to_end())),
            f"{fmean(judged.notifications()):.2f} / {max(judged.notifications())}",
        )
        yield f"| {' | '.join(cells)} |"


def _caught(judged: Score, least: float, most: float) -> str:
    verdicts = judged.spending(least, most)
    return f"{sum(verdict.to_page is not None for verdict in verdicts)} of {len(verdicts)}"


def _times(seconds: Sequence[float]) -> str:
    return f"{median(seconds):.0f} / {p90(seconds):.0f}" if seconds else "-"


def _targets(scores: Scores) -> Iterator[tuple[str, bool]]:
    ours, raw = scores["slostack", "month"], scores["raw windows", "month"]
    few = scores["slostack", "sparse"]
    big = [verdict for verdict in ours.spending(0.1) if verdict.to_page is None]
    missed = [
        ours_on_it
        for ours_on_it, raw_on_it in zip(ours.verdicts, raw.verdicts, strict=True)
        if ours_on_it.to_page is None and raw_on_it.to_page is not None and ours_on_it.spent > 0.02
    ]
    to_page, raw_to_page = median(ours.times_to_page()), median(raw.times_to_page())
    severe, to_end = median(ours.times_to_page(SEVERE)), median(ours.times_to_end())
    sent, raw_sent = fmean(ours.notifications()), fmean(raw.notifications())
    yield (
        f"under {MOST_FALSE:.0%} of pages false, of incidents that spend less than {WORTH_A_PAGE:.1%} of the budget "
        f"or of none: {ours.false_share:.1%}",
        ours.false_share < MOST_FALSE,
    )
    yield f"no incident missed that spends 10 % of the budget: {len(big)} missed", not big
    yield f"none over 2 % that raw windows catch: {len(missed)} missed", not missed
    yield f"median time to page no later than raw windows' {raw_to_page:.0f} s: {to_page:.0f} s", to_page <= raw_to_page
    yield f"at {SEVERE:.0%} errors and more within {SEVERE_WITHIN:.0f} s: {severe:.0f} s", severe <= SEVERE_WITHIN
    yield f"median from an incident's end to its page's under {END_WITHIN:.0f} s: {to_end:.0f} s", to_end < END_WITHIN
    yield f"no more notifications per incident than raw windows' {raw_sent:.2f}: {sent:.2f}", sent <= raw_sent
    paged = sum(verdict.to_page is not None for verdict in few.verdicts)
    yield (
        f"ten requests an hour, {SPARSE_DAYS * len(SEEDS)} days: no page for single failures: {few.false_pages} pages",
        not few.false_pages,
    )
    yield (
        f"and one for each time that the service breaks: {paged} of {len(few.verdicts)}, "
        f"after {_times(few.times_to_page())} s",
        paged == len(few.verdicts),
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)

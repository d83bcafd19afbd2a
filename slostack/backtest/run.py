"""The backtest: every SLO that an edit changes, replayed as it was and as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from slostack.backtest.detections import detected
from slostack.backtest.history import History
from slostack.backtest.incidents import Incident
from slostack.backtest.model import Backtest, Case, Outcome
from slostack.backtest.replay import replay
from slostack.backtest.source import Source
from slostack.backtest.subjects import Subject, Version, chosen, subjects
from slostack.review import git
from slostack.review.trees import revision_tree, working_tree

AT_ONCE = 2
"""One SLO is replayed while the source is asked about another."""
COMPUTED = "the SLI after the edit was not recorded; it is computed from raw series"
NOTHING_FOUND = "nothing was recorded of it, and its raw series gave nothing"


def backtest(
    root: Path,
    revision: str,
    source: Source,
    *,
    slos: Iterable[str] = (),
    every: bool = False,
    incidents: Sequence[Incident] = (),
    report: Callable[[int, int, str], None] = lambda *_: None,
) -> Backtest:
    """What the SLOs of the project at `root` would have done, as they are and as they were at a git revision.

    Replayed are those that differ, those named in `slos` (`service` or `service/slo`), or `every` one. `report` is
    called before each with its number, how many there are, and its name. Raises SpecError where an SLO file is wrong,
    SlostackError where git or the source can't help.
    """
    new = working_tree(root)
    commit = git.commit(root, revision)
    old, notes = revision_tree(root, commit, new)
    found = subjects(old.services, new.services)
    wanted = chosen(found, slos) if (slos := tuple(slos)) else found
    if not every and not slos:
        wanted = tuple(subject for subject in wanted if subject.is_changed)

    def case(number: int, subject: Subject) -> Case:
        report(number, len(wanted), f"{subject.service}/{subject.slo}")
        return _case(subject, source, incidents)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(case, *each) for each in enumerate(wanted)]
        try:
            cases = [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)
    return Backtest(
        revision=commit if revision.startswith(commit) else f"{revision} ({commit})",
        source=source.name,
        start=source.span.start / 1000,
        end=source.span.end / 1000,
        cases=tuple(cases),
        incidents=tuple(incidents),
        notes=notes,
    )


def _case(subject: Subject, source: Source, incidents: Iterable[Incident]) -> Case:
    concerning = [incident for incident in incidents if incident.concerns(subject.service, subject.slo)]
    recorded = subject.before or subject.after
    slis: dict[str, list[Version]] = {}
    for version in subject.versions:
        slis.setdefault(version.sli, []).append(version)
    notes: list[str] = []
    outcomes: list[tuple[Version, Outcome]] = []
    for sli, versions in slis.items():
        if unknown := _cannot_replay(versions, recorded):
            notes.append(unknown)
            continue
        was_recorded = recorded is not None and recorded.sli == sli
        histories = source.histories(versions, recorded if was_recorded else None)
        if not histories:
            notes.append(NOTHING_FOUND)
        elif not was_recorded:
            notes.append(COMPUTED)
        outcomes += [(version, _outcome(version, histories, source, concerning)) for version in versions]
    return Case(
        service=subject.service,
        slo=subject.slo,
        before=_of(subject.before if subject.is_changed else subject.after, outcomes) if subject.before else None,
        after=_of(subject.after, outcomes),
        same=not subject.is_changed,
        notes=tuple(dict.fromkeys(notes)),
    )


def _of(version: Version | None, outcomes: Iterable[tuple[Version, Outcome]]) -> Outcome | None:
    return next((outcome for of, outcome in outcomes if of is version), None)


def _outcome(version: Version, histories: Sequence[History], source: Source, incidents: Iterable[Incident]) -> Outcome:
    outcome = replay(version.service, version.slo, histories, source.span.start, source.span.end)
    return detected(outcome, incidents)


def _cannot_replay(versions: Sequence[Version], recorded: Version | None) -> str | None:
    """Why an SLI that was not recorded can't be computed, if it can't."""
    if recorded and versions[0].sli != recorded.sli and versions[0].slo.sli.logs:
        return "its log queries changed: only Loki could tell what they would have counted, so it isn't replayed"
    return None

"""From the signals that an SLO file switches on to the alerts and panels that come of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from slostack import names
from slostack.spec.alert import Alert
from slostack.spec.fields import filled_runbook
from slostack.spec.needs import SIGNALS, need_job
from slostack.spec.panel import Panel
from slostack.spec.quantities import Duration, Matcher, PromQL, Selector, mismatch
from slostack.spec.service import Service
from slostack.spec.signal_library import Parameter, Signal, SignalAlert, SignalPanel, library_signal
from slostack.spec.signal_values import KINDS, SPOKEN, Quantity, Words
from slostack.spec.signals import AlertChange, SignalUse, signals_model
from slostack.spec.source import KeyPath
from slostack.spec.syntax import parse_promql, vector_selectors

OFF = (False, "off")
_SCRAPES = 4
"""So many at least are in a short window, so that it tells also where every other scrape fails."""
_SHORT_WINDOWS = {"lately": Duration(120), "gap": Duration(180)}
"""What a signal calls windows that are this long at least."""


class LibraryAlert(Alert):
    """An alert that a signal brought: of which signal, by its name there and the prefix of its use, and under which
    title what it watches is on the signal's page, if it is."""

    signal: str
    in_library: str
    prefix: str
    page: str | None


class LibraryPanel(Panel):
    """A graph that a signal brought."""


@dataclass(frozen=True)
class Expanded:
    """One use of a signal: its name, where the file asks for it, what its parameters' names stand for, the runbook that
    is filled in with that, its alerts by their names in the library, what it says silences them besides, and its
    panels."""

    signal: str
    path: KeyPath
    words: Words
    runbook: str
    alerts: Mapping[str, Alert]
    silencers: Mapping[str, tuple[str, ...]]
    panels: tuple[Panel, ...]


Mistake = tuple[KeyPath, PydanticCustomError]
"""What is wrong, and where in the file."""


def expanded(service: Service, runbooks: Path | None = None) -> Iterator[Expanded | Mistake]:
    """Every use of a signal in a service; what is wrong with one in its place. Runbooks are looked up where given."""
    for name in sorted(service.signals.model_fields_set):
        signal, uses = library_signal(name), service.signals.uses_of(name)
        pages: Counter[str] = Counter()
        for index, use in enumerate(uses if isinstance(uses, tuple) else (uses,) if uses else ()):
            path: KeyPath = ("signals", name, index) if isinstance(uses, tuple) else ("signals", name)
            page = "-".join([*_words_of(use.prefix or ""), name])
            pages[page] += 1
            runbook = filled_runbook(service.service, f"{page}-{pages[page]}" if pages[page] > 1 else page)
            try:
                yield _expand(service, signal, use, path, runbook, runbooks)
            except PydanticCustomError as error:
                yield (*path, *(error.context or {}).get("at", ())), error
    yield from _needed(service, runbooks)


def _needed(service: Service, runbooks: Path | None) -> Iterator[Expanded | Mistake]:
    """The signals of what a service needs, of the exporters that look at it, where the file has none of that name."""
    for index, need in enumerate(service.needs):
        name, parameters = SIGNALS.get(need, (None, {}))
        if name is None or name in service.signals.model_fields_set:
            continue
        written = {name: {"job": need_job(service.service, need), **parameters}}
        use = signals_model(frozenset([name])).model_validate(written).uses_of(name)
        path: KeyPath = ("needs", index)
        try:
            if isinstance(use, SignalUse):
                yield _expand(service, library_signal(name), use, path, filled_runbook(service.service, name), runbooks)
        except PydanticCustomError as error:
            yield path, error


def _words_of(prefix: str) -> list[str]:
    """The words of a prefix in lower case: two of `BigUploads`."""
    return [word.lower() for word in re.findall("[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", prefix)]


def _expand(
    service: Service, signal: Signal, use: SignalUse, path: KeyPath, runbook: str, runbooks: Path | None
) -> Expanded:
    words = _words(service, signal, use)
    filled = (alert for template in signal.alerts if (alert := _filled(template, words)))
    made = {alert.name: _of_service(service, alert) for alert in filled}
    changes = _changes(use)
    for name in changes:
        if name not in made:
            missing = _first_missing(signal, next(each for each in signal.alerts if each.name == name), words)
            raise mismatch(f"{name}, which needs `{missing}`", f"`{missing}` beside it", "alerts", name)
    alerts, silencers = {}, {}
    for name, alert in made.items():
        change = changes.get(name)
        if change in OFF:
            continue
        known = change if isinstance(change, AlertChange) else None
        alerts[name] = _alert(alert, use, signal, known, runbook, runbooks)
        silencers[name] = (known and known.silenced_by) or ()
    if not made:
        needed = dict.fromkeys(filter(None, (_first_missing(signal, alert, words) for alert in signal.alerts)))
        raise mismatch("nothing to alert on", f"one of {', '.join(needed)}")
    panels = tuple(panel for template in signal.panels if (panel := _panel(template, use.prefix, words)))
    return Expanded(signal.name, path, words, runbook, alerts, silencers, panels)


def _words(service: Service, signal: Signal, use: SignalUse) -> Words:
    subject = f"{service.service} ({use.prefix})" if use.prefix else service.service
    job = _job(service, use)
    probes = {"probes": str(service.probe_matcher)} if service.probes else {}
    jobs = dict(_jobs(service, signal, use))
    scrapes = Duration(_SCRAPES * service.interval_of(Selector("up", (job,))).seconds)
    windows = {name: str(max(least, scrapes)) for name, least in _SHORT_WINDOWS.items()}
    words = Words({**jobs, **probes, **windows, "service": service.service}, {"service": subject})
    for name, parameter in signal.parameters.items():
        value = getattr(use, name)
        if value is None and parameter.default is not None:
            value = _default(parameter, words)
        if value is None and parameter.type == "probe":
            value = service.probes[0].name if service.probes else None
        if value is None:
            continue
        if parameter.type == "probe":
            words = _with_probe(service, name, value, words)
            continue
        if isinstance(value, Selector):
            value = _of_job(service, job, value)
            if parameter.type == "amount":
                value = PromQL(f"scalar(max({value}))")
        if parameter.type in SPOKEN:
            value = Quantity(SPOKEN[parameter.type](value), value)
        words = words.with_(name, value)
    return words


def _job(service: Service, use: SignalUse) -> Matcher:
    return Matcher("job", "=", use.job) if use.job else service.job_matcher


def _jobs(service: Service, signal: Signal, use: SignalUse) -> Iterator[tuple[str, str]]:
    """What stands for jobs in expressions: all that the use is of, the service's own, and, in the first use of a
    signal, those that no use of it calls its own, if any."""
    yield "jobs", str(_job(service, use))
    uses = service.signals.uses_of(signal.name)
    every: tuple[SignalUse, ...] = uses if isinstance(uses, tuple) else (use,)
    yield "own_job", str(_own_job(service, use))
    others = service.jobs_beside([_own_job(service, each) for each in every])
    if others and use is every[0]:
        yield "other_jobs", str(others)


def _own_job(service: Service, use: SignalUse) -> Matcher:
    return _job(service, use) if use.job else service.own_job_matcher


def _default(parameter: Parameter, words: Words) -> Any:
    written = parameter.default
    if isinstance(written, str) and "$" in written:
        try:
            written = words.expr(written)
        except KeyError:
            return None
    return TypeAdapter(KINDS[parameter.type]).validate_python(written)


def _of_job(service: Service, job: Matcher, selector: Selector) -> Selector:
    """A selector that names no job is of the given one: of the service's probes, where the metric is a probe's."""
    if any(matcher.label == "job" for matcher in selector.matchers):
        return selector
    of = service.probe_matcher if selector.metric.startswith("probe_") else job
    return Selector(selector.metric, (of, *selector.matchers))


def _with_probe(service: Service, name: str, value: str, words: Words) -> Words:
    probe = next((probe for probe in service.probes if probe.name == value), None)
    if probe is None:
        raise mismatch(f"{value!r}, which is no probe", "the name of one of the service's `probes`", name)
    words = words.with_(name, probe.name).with_(f"{name}_job", names.probe_job(service.service, probe.name))
    return words.with_(f"{name}_interval", probe.interval).with_(f"{name}_timeout", probe.timeout)


def _changes(use: SignalUse) -> dict[str, Any]:
    changes: Any = vars(use)["alerts"]
    return {name: change for name, change in changes if change is not None} if changes else {}


def _filled(alert: SignalAlert, words: Words) -> SignalAlert | None:
    try:
        expr = words.expr(alert.expr.strip())
        texts = {key: words.text(getattr(alert, key)) for key in ("summary", "description")}
    except KeyError:
        return None
    return alert.model_copy(update={"expr": expr, **texts})


def _of_service(service: Service, alert: SignalAlert) -> SignalAlert:
    """An alert as the rest of the file makes it: what silences it, and how long it waits."""
    read = tuple(filter(None, map(Selector.of, vector_selectors(parse_promql(alert.expr)))))
    return alert.model_copy(
        update={"silenced_by": tuple(_causes(service, alert, read)), "for_": _long_enough(service, alert, read)}
    )


def _long_enough(service: Service, alert: SignalAlert, read: tuple[Selector, ...]) -> Duration | None:
    """An alert's `for`, if it has one, in which what it reads is scraped again: one failed check alerts nobody."""
    if alert.for_ is None:
        return None
    seldom = max(service.interval_of(each).seconds for each in read)
    return max(alert.for_, Duration(seldom + names.EVALUATION_INTERVAL.seconds))


def _causes(service: Service, alert: SignalAlert, read: tuple[Selector, ...]) -> Iterator[str]:
    """What silences an alert: `ErrorBudgetBurn` stands for the pages of the SLOs whose bad events it reads, too."""
    identities = set(map(_identity, read))
    for cause in alert.silenced_by:
        if cause != names.BURN_ALERT:
            yield cause
            continue
        for slo in service.slos:
            if slo.sli.events and slo.sli.events.bad and _identity(slo.sli.events.bad) in identities:
                yield names.pages_of(slo.name)


def _identity(selector: Selector) -> tuple[str, frozenset[Matcher]]:
    return selector.metric, frozenset(selector.matchers)


def _first_missing(signal: Signal, alert: SignalAlert, words: Words) -> str | None:
    """The parameter without which an alert isn't there."""
    try:
        words.expr(alert.expr)
        words.text(alert.summary + alert.description)
    except KeyError as error:
        placeholder = str(error.args[0])
        of = (name for name in signal.parameters if placeholder == name or placeholder.startswith(f"{name}_"))
        return max(of, key=len)
    return None


def _alert(
    alert: SignalAlert,
    use: SignalUse,
    signal: Signal,
    change: AlertChange | None,
    runbook: str,
    runbooks: Path | None,
) -> LibraryAlert:
    changed = change.model_dump(by_alias=True, exclude_none=True, exclude={"silenced_by"}) if change else {}
    if "runbook" not in changed and not use.runbook and runbooks and not (runbooks / signal.runbook).is_file():
        expected = "it (`slostack new` brings the shared runbooks), or `runbook:` with another one"
        raise mismatch(f"no file runbooks/{signal.runbook}", expected)
    written = alert.model_dump(by_alias=True, exclude_none=True) | {
        "name": f"{use.prefix or ''}{alert.name}",
        "runbook": use.runbook or runbook,
        "signal": signal.name,
        "in_library": alert.name,
        "prefix": use.prefix or "",
        "page": alert.page,
        **changed,
    }
    try:
        return LibraryAlert.model_validate(written)
    except ValidationError as error:
        detail = error.errors()[0]
        raise mismatch(f"{written['name']}: {detail['msg'].partition(', expected')[0]}", "another value") from None


def _panel(panel: SignalPanel, prefix: str | None, words: Words) -> LibraryPanel | None:
    try:
        return LibraryPanel.model_validate(
            {
                "title": f"{prefix}: {words.text(panel.title)}" if prefix else words.text(panel.title),
                "description": words.text(panel.description),
                "unit": panel.unit,
                "lines": [{"expr": words.expr(line.expr), "legend": line.legend} for line in panel.lines],
            }
        )
    except KeyError:
        return None

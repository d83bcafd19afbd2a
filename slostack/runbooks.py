"""The runbooks of signals' alerts, filled in from the shared ones with what each service says of its signals."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from slostack import names
from slostack.spec import Service
from slostack.spec.alerting import RESPONSE
from slostack.spec.signal_alerts import Expanded, LibraryAlert, expanded
from slostack.spec.signal_library import Signal, library_signal, signal_names
from slostack.spec.signal_values import Words

NOTE = "What begins with `$` is filled in for each service that links to this page."
"""What a shared runbook says of itself."""
_FILLED = "`slostack render` has filled in [the shared runbook]({}) for {}; edit that one, or the SLO file."
_IS_FILLED = re.compile(r"^`slostack render` has filled in \[", re.MULTILINE)
_QUERY = re.compile(r"(```(?:promql|logql)\n.*?```)", re.DOTALL)
_LINK = re.compile(r"\]\(([^():#]+\.md)\)")
_NUMBER = re.compile(r"^[0-9]+\. ", re.MULTILINE)
_BETWEEN_STEPS = re.compile(r"(\n\n(?=[^\s`])|\n(?=- ))")
_OF_ITSELF = ("alerts", "respond")
"""What is filled in beside parameters: the alerts that link to the runbook, and how soon someone responds to each."""

_OF_NOTICES = "not at all, as notices"
_RESPONSES = (*RESPONSE.values(), _OF_NOTICES)

Alerts = Mapping[str, str | None]
"""What the alerts of a shared runbook are called in a service, by their names in the library; None that it lacks."""


def filled_runbooks(services: Iterable[Service], shared: Mapping[str, str]) -> dict[str, str]:
    """Those that alerts or SLOs of the services link to, by their paths below runbooks/; `shared` are the texts of the
    shared ones by theirs."""
    return {path: text for service in services for path, text in _of_service(service, shared)}


def is_filled(text: str) -> bool:
    """Whether a runbook was filled in."""
    return bool(_IS_FILLED.search(text))


def _of_service(service: Service, shared: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    linked = {*(slo.runbook for slo in service.slos), *(alert.runbook for alert in service.alerts)}
    uses = [use for use in expanded(service) if isinstance(use, Expanded)]
    pages = {_shared(use): use.runbook for use in reversed(uses) if use.runbook in linked}
    of_signals = {use.signal: use.words for use in reversed(uses)}
    for use in uses:
        if use.runbook not in linked or _shared(use) not in shared:
            continue
        words = use.words
        for name, others in of_signals.items():
            words = words.with_those_of(name, others)
        words = replace(words, texts={**words.texts, **dict(zip(_OF_ITSELF, _told(service, use.runbook), strict=True))})
        signal = library_signal(use.signal)
        text = _relinked(_filled(shared[_shared(use)], words, signal, _alerts(service, use)), use, pages)
        title, _, rest = text.replace(f"\n{NOTE}\n", "", 1).partition("\n\n")
        source = posixpath.relpath(_shared(use), posixpath.dirname(use.runbook))
        yield use.runbook, f"{title}\n\n{_FILLED.format(source, service.service)}\n\n{rest}"


def _shared(use: Expanded) -> str:
    return library_signal(use.signal).runbook


def _alerts(service: Service, use: Expanded) -> Alerts:
    linked = [each for each in service.alerts if each.runbook == use.runbook and isinstance(each, LibraryAlert)]
    burns = names.BURN_ALERT if any(slo.runbook == use.runbook for slo in service.slos) else None
    known = {alert.in_library: alert.name for alert in linked if alert.signal == use.signal}
    return {names.BURN_ALERT: burns, **{each.name: known.get(each.name) for each in library_signal(use.signal).alerts}}


def _told(service: Service, runbook: str) -> tuple[str, str]:
    """The names of the alerts that link to a runbook, and how soon someone responds to each of them."""
    alerts = [each for each in service.alerts if each.runbook == runbook]
    responses = {alert.name: _OF_NOTICES if alert.notice else RESPONSE[alert.severity] for alert in alerts}
    burns = {slo.alerting.severity(tier) for slo in service.slos if slo.runbook == runbook for tier in slo.tiers}
    if urgent := [response for severity, response in RESPONSE.items() if severity in burns]:
        responses[names.BURN_ALERT] = urgent[0]
    told = {response: [name for name in responses if responses[name] == response] for response in _RESPONSES}
    return ", ".join(responses), "; ".join(f"{', '.join(of)} {response}" for response, of in told.items() if of)


def _filled(text: str, words: Words, signal: Signal, alerts: Alerts) -> str:
    """A runbook without the steps that need what the service doesn't say; those that are left are numbered anew."""
    head, *sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    filled = (_section(section, words, signal, alerts) for section in sections)
    return "\n\n".join([_part(head.rstrip(), words.text, signal) or head.rstrip(), *filled]) + "\n"


def _section(section: str, words: Words, signal: Signal, alerts: Alerts) -> str:
    title, *rest = _BETWEEN_STEPS.split(section.rstrip())
    found, before = [title], ""
    for between, step in zip(rest[::2], rest[1::2], strict=True):
        before = max(before, between, key=len)
        if (told := _of_alerts(step, alerts)) and (filled := _step(told, words, signal)) is not None:
            found += [before, filled]
            before = ""
    numbers = iter(range(1, len(section)))
    return _NUMBER.sub(lambda _: f"{next(numbers)}. ", "".join(found))


def _of_alerts(step: str, alerts: Alerts) -> str | None:
    """A step with the alerts that the service has, as it calls them; None where it tells of none but others."""
    told = [name for name in re.findall(r"`(\w+)`", step) if name in alerts]
    if told and not any(alerts[name] for name in told):
        return None
    for name in told:
        if not alerts[name]:
            step = re.sub(rf"`{name}`, |, `{name}`", "", step)
    return re.sub(r"\w+", lambda found: alerts.get(found[0]) or found[0], step)


def _step(step: str, words: Words, signal: Signal) -> str | None:
    """A step with its queries; None where a parameter that it names has no value."""
    ways = (words.text, words.expr)
    parts = [_part(part, ways[index % 2], signal) for index, part in enumerate(_QUERY.split(step))]
    return None if None in parts else "".join(filter(None, parts))


def _part(part: str, fill: Callable[[str], str], signal: Signal) -> str | None:
    """A text or a query, in which `$` stays before what is no parameter; None where one has no value."""
    while True:
        try:
            return fill(part).replace("\0", "$")
        except KeyError as error:
            name = str(error.args[0])
            if _is_parameter(name, signal):
                return None
            part = part.replace(f"${name}", f"\0{name}")


def _is_parameter(name: str, signal: Signal) -> bool:
    of_other, _, _ = name.partition(".")
    return of_other in signal_names() or any(
        name == each or name.startswith(f"{each}_") for each in (*signal.parameters, "probes")
    )


def _relinked(text: str, use: Expanded, pages: Mapping[str, str]) -> str:
    """A runbook's text with links that lead from its own place, to others that are filled in where there are some."""

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(_shared(use)), found[1]))
        return f"]({posixpath.relpath(pages.get(target, target), posixpath.dirname(use.runbook))})"

    return _LINK.sub(link, text)

"""The runbooks of signals' alerts, filled in from the shared ones with what each service says of its signals."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from slostack.spec import Service
from slostack.spec.signal_alerts import Expanded, expanded
from slostack.spec.signal_library import Signal, library_signal, signal_names
from slostack.spec.signal_values import Words

NOTE = "What begins with `$` is filled in for each service that links to this page."
"""What a shared runbook says of itself."""
_FILLED = "`slostack render` has filled in [the shared runbook]({}) for {}; edit that one, or the SLO file."
_IS_FILLED = re.compile(r"^`slostack render` has filled in \[", re.MULTILINE)
_QUERY = re.compile(r"(```(?:promql|logql)\n.*?```)", re.DOTALL)
_LINK = re.compile(r"\]\(([^():#]+\.md)\)")
_NUMBER = re.compile(r"^[0-9]+\. ", re.MULTILINE)


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
        text = _relinked(_filled(shared[_shared(use)], words, library_signal(use.signal)), use, pages)
        title, _, rest = text.replace(f"\n{NOTE}\n", "", 1).partition("\n\n")
        source = posixpath.relpath(_shared(use), posixpath.dirname(use.runbook))
        yield use.runbook, f"{title}\n\n{_FILLED.format(source, service.service)}\n\n{rest}"


def _shared(use: Expanded) -> str:
    return library_signal(use.signal).runbook


def _filled(text: str, words: Words, signal: Signal) -> str:
    """A runbook without the steps that need what the service doesn't say; those that are left are numbered anew."""
    head, *sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    return "\n\n".join([head.rstrip(), *(_section(section, words, signal) for section in sections)]) + "\n"


def _section(section: str, words: Words, signal: Signal) -> str:
    steps = re.split(r"\n\n(?=[^\s`])", section.rstrip())
    found = [filled for step in steps if (filled := _step(step, words, signal)) is not None]
    numbers = iter(range(1, len(section)))
    return _NUMBER.sub(lambda _: f"{next(numbers)}. ", "\n\n".join(found))


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

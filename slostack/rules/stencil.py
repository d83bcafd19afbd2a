"""The text of an SLO's rules, made once for all ratios of counters that differ in their names alone: the most common.

Such a text is made for stand-ins, cut up at them, and put together again with each SLO's own names.
"""

from __future__ import annotations

import re
from functools import lru_cache

from slostack.names import burn_panel, panel_id
from slostack.rules.model import groups_yaml
from slostack.rules.service import slo_groups
from slostack.spec.alerting import Alerting
from slostack.spec.quantities import Duration, Selector
from slostack.spec.scrape import Scrape
from slostack.spec.service import Service
from slostack.spec.sli import EventRatio, Sli
from slostack.spec.slo import Slo
from slostack.spec.source import TEXT_TAG, plain_tag
from slostack.spec.windows import Calendar

_SHAPED_BY = {"name", "description", "objective", "window", "sli", "alerting", "runbook"}
"""An SLO that sets other keys too has rules of its own."""
_PANEL = f"viewPanel={panel_id(burn_panel('stand-in-slo'))}"
_STAND_INS = re.compile(
    rf"(stand-in-(?:service|team|slo|text)|stand-in/runbook\.md|stand_in_(?:part|total)|{_PANEL}\b)"
)


def slo_text(service: Service, slo: Slo) -> str:
    """The rule groups of one SLO as YAML; the same as `groups_yaml(slo_groups(service, slo))`."""
    events = slo.sli.events
    if events is None or slo.sli.model_fields_set != {"events"} or not slo.model_fields_set <= _SHAPED_BY:
        return groups_yaml(slo_groups(service, slo))
    names = {
        "stand-in-service": service.service,
        "stand-in-team": service.team,
        "stand-in-slo": slo.name,
        "stand-in-text": slo.description,
        "stand-in/runbook.md": slo.runbook,
        "stand_in_part": str(events.good or events.bad),
        "stand_in_total": str(events.total),
    }
    if not all(map(_is_written_like_a_stand_in, names.values())):
        return groups_yaml(slo_groups(service, slo))
    names[_PANEL] = f"viewPanel={panel_id(burn_panel(slo.name))}"
    pieces = _stencil(
        service.scrape_interval,
        service.scrape_timeout,
        slo.objective,
        slo.window,
        slo.alerting,
        events.good is not None,
    )
    return "".join([names.get(piece, piece) for piece in pieces])


def _is_written_like_a_stand_in(text: str) -> bool:
    """Whether YAML quotes a text, and one that it is a part of, as it does a plain word."""
    return text.isprintable() and not ("'" in text or ": " in text or " #" in text) and plain_tag(text) == TEXT_TAG


@lru_cache(maxsize=64)
def _stencil(
    interval: Duration,
    timeout: Duration,
    objective: float,
    window: Duration | Calendar,
    alerting: Alerting,
    part_is_good: bool,
) -> tuple[str, ...]:
    """The text of an SLO's rules, cut up at the stand-ins."""
    part, total = Selector("stand_in_part"), Selector("stand_in_total")
    slo = Slo(
        name="stand-in-slo",
        description="stand-in-text",
        objective=objective,
        window=window,
        sli=Sli(events=EventRatio(good=part, total=total) if part_is_good else EventRatio(bad=part, total=total)),
        alerting=alerting,
        runbook="stand-in/runbook.md",
    )
    service = Service(
        service="stand-in-service",
        description="stand-in",
        team="stand-in-team",
        scrape=(Scrape(job="stand-in", interval=interval, timeout=timeout),),
        slos=(slo,),
    )
    return tuple(_STAND_INS.split(groups_yaml(slo_groups(service, slo))))

"""What changed in dashboards: panels by their row and title, their queries, units and thresholds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from slostack.dashboards.variables import whole
from slostack.errors import SlostackError
from slostack.review.changes import Change, Dashboards, Detail, Json, PanelChange, difference, pairs
from slostack.review.places import PLACE, PanelKey, Panels, matches, moved, place
from slostack.review.promql import changed_promql

_SHORT_QUERY = 30
"""Of longer queries only what differs is shown: a panel's queries mostly change in the same way."""
_LONGEST_QUERY = 200
"""Of what differs in a generated query, which follows from fields that are named elsewhere, so much is shown."""
_COMPARED = ("title", "type", "targets", "fieldConfig")


def read_dashboard(text: str, path: str) -> Json:
    """A dashboard's data; raises SlostackError where its text is no JSON object."""
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise SlostackError(f"{path}: not JSON ({error}), expected a Grafana dashboard") from None
    panels = data.get("panels", []) if isinstance(data, dict) else None
    if not isinstance(panels, list) or not all(isinstance(panel, dict) for panel in panels):
        raise SlostackError(f"{path}: no list of panels, expected a Grafana dashboard (a JSON object)")
    return dict(data)


def panels(dashboard: Json) -> dict[PanelKey, Json]:
    """Every panel of a dashboard but its rows, whether these hold their panels or go before them."""
    found: dict[PanelKey, Json] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for row, panel in _in_rows(dashboard.get("panels", [])):
        place = (row, str(panel.get("title") or panel.get("type", "panel")))
        found[PanelKey(*place, seen[place])] = panel
        seen[place] += 1
    return found


def compared(old: Json | None, new: Json | None, *, generated: bool) -> Dashboards:
    """Two versions of a dashboard with their panels compared."""
    return Dashboards(old, new, tuple(panel_changes(old, new, generated=generated)))


def panel_changes(old: Json | None, new: Json | None, *, generated: bool) -> Iterator[PanelChange]:
    """The panels that were added, removed or changed; one that was moved or retitled keeps its old title here.

    In generated ones the settings beside type, queries, unit and thresholds follow from fields that are named
    elsewhere, and are left out; so do their places but for their order.
    """
    before, after = panels(old or {}), panels(new or {})
    matched = matches(before, after)
    elsewhere = moved(before, after, matched)
    for key, key_now in matched:
        if key is None and key_now is not None:
            yield PanelChange("added", key_now.row, key_now.title, None, after[key_now])
        elif key is not None and key_now is None:
            yield PanelChange("removed", key.row, key.title, before[key], None)
        elif key is not None and key_now is not None:
            was, now = before[key], after[key_now]
            details = (
                *difference("title", key.title, key_now.title),
                *difference("row", key.row, key_now.row),
                *(_moved(generated, (before, key), (after, key_now)) if key_now in elsewhere else ()),
                *(() if generated else _size(was, now)),
                *_details(was, now, generated),
                *(() if generated else _others(was, now)),
            )
            if details:
                yield PanelChange("changed", key.row, key.title, was, now, details)


def _moved(generated: bool, *sides: tuple[Panels, PanelKey]) -> Iterator[Detail]:
    """Where a panel of the same row stood and stands: by what is before it where the lines follow from the order."""
    if len({key.row for _, key in sides}) == 1:
        before, after = (_after(panels, key) if generated else str(place(panels[key])) for panels, key in sides)
        yield Detail("moved", before, after)


def _after(panels: Panels, key: PanelKey) -> str:
    row = [other for other in panels if other.row == key.row]
    at = row.index(key)
    return f"after {row[at - 1].title}" if at else "first"


def _size(old: Json, new: Json) -> Iterator[Detail]:
    was, now = place(old), place(new)
    if was and now:
        yield from difference("size", was.size, now.size)


def dashboard_changes(old: Json, new: Json) -> Iterator[Change]:
    """What changed in a dashboard beside its panels, by the names of its settings."""
    ignored = {"panels", "version", "id", "iteration", "templating"}
    changed = [name for name, was, now in pairs(old, new) if was != now and name not in ignored]
    if changed:
        yield Change("changed", str(new.get("title", "dashboard")), tuple(Detail(name) for name in sorted(changed)))


def variable_changes(old: Json | None, new: Json | None) -> Iterator[Change]:
    """The variables that were added, removed or changed, by their titles."""
    for _, was, now in pairs(_variables(old), _variables(new)):
        title = str((now or was or {}).get("label") or (now or was or {}).get("name"))
        if was is None or now is None:
            yield Change("added" if was is None else "removed", title)
        elif details := tuple(_variable_details(was, now)):
            yield Change("changed", title, details)


def _variables(dashboard: Json | None) -> dict[str, Json]:
    found = ((dashboard or {}).get("templating") or {}).get("list") or []
    return {str(variable.get("name")): variable for variable in found if isinstance(variable, dict)}


def _variable_details(old: Json, new: Json) -> Iterator[Detail]:
    yield from difference("title", old.get("label"), new.get("label"))
    yield from difference("type", old.get("type"), new.get("type"))
    yield from difference("values", _values(old), _values(new))
    named = {"label", "type", "query", "definition"}
    if others := sorted(name for name, was, now in pairs(old, new) if was != now and name not in named):
        yield Detail(f"other settings ({', '.join(others)})")


def _values(variable: Json) -> str:
    """Where a variable's values come from, as this or another Grafana writes it."""
    query = variable.get("query")
    return query if isinstance(query, str) else str(variable.get("definition") or _text(query))


def _in_rows(items: list[Json], row: str = "") -> Iterator[tuple[str, Json]]:
    for item in items:
        if item.get("type") == "row":
            row = str(item.get("title", ""))
            yield from _in_rows(item.get("panels") or [], row)
        else:
            yield row, item


def _details(old: Json, new: Json, generated: bool) -> tuple[Detail, ...]:
    return (
        *difference("type", old.get("type"), new.get("type")),
        *_merged_queries(_queries(old, generated), _queries(new, generated), _LONGEST_QUERY if generated else None),
        *difference("unit", _default(old, "unit"), _default(new, "unit")),
        *difference("thresholds", _thresholds(old), _thresholds(new)),
    )


def _merged_queries(old: Mapping[str, str], new: Mapping[str, str], longest: int | None) -> Iterator[Detail]:
    """Changed queries, in at most so many characters; those that change in the same way are one detail."""
    same: dict[tuple[str | None, str | None], list[str]] = {}
    for name, was, now in pairs(old, new):
        for detail in changed_promql(name, was, now, _SHORT_QUERY):
            same.setdefault((detail.before, detail.after), []).append(name)
    for (before, after), names in same.items():
        yield Detail(f"query {', '.join(names)}", _within(before, longest), _within(after, longest))


def _within(query: str | None, longest: int | None) -> str | None:
    """A query with its middle left out where it is too long."""
    if query is None or longest is None or len(query) <= longest:
        return query
    return f"{query[: longest * 2 // 3].rstrip()} … {query[-longest // 3 :].lstrip()}"


def _queries(panel: Json, generated: bool) -> dict[str, str]:
    """A panel's queries; generated ones without what a dashboard's variables put into all of them."""
    targets = [target for target in panel.get("targets") or [] if isinstance(target, dict)]
    asked = {
        str(t.get("refId", nth)): str(t.get("expr") or _text(_without(t, "refId"))) for nth, t in enumerate(targets)
    }
    return {name: whole(query) for name, query in asked.items()} if generated else asked


def _default(panel: Json, name: str) -> Any:
    return ((panel.get("fieldConfig") or {}).get("defaults") or {}).get(name)


def _thresholds(panel: Json) -> str | None:
    """The steps of a panel's thresholds as text: `red from 1 %`."""
    steps = (_default(panel, "thresholds") or {}).get("steps") or []
    in_percent = _default(panel, "unit") == "percentunit"
    named = [
        _step(step.get("color"), step.get("value"), in_percent) for step in steps if step.get("color") != "transparent"
    ]
    return ", ".join(named) or None


def _step(color: object, value: object, in_percent: bool) -> str:
    if value is None:
        return str(color)
    if not isinstance(value, int | float):
        return f"{color} from {value}"
    return f"{color} from {100 * value:.12g} %" if in_percent else f"{color} from {value:.12g}"


def _others(old: Json, new: Json) -> Iterator[Detail]:
    """Settings that changed beside those with a name of their own."""
    changed = [
        name
        for name, was, now in pairs(_settings(old), _settings(new))
        if was != now and name not in (*_COMPARED, *PLACE)
    ]
    if changed:
        yield Detail(f"other settings ({', '.join(sorted(changed))})")


def _settings(panel: Json) -> Mapping[str, Any]:
    """A panel's own settings, and of its fields what isn't unit or thresholds."""
    field_config = panel.get("fieldConfig") or {}
    defaults = _without(field_config.get("defaults") or {}, "unit", "thresholds")
    targets = [_without(t, "expr") for t in panel.get("targets") or [] if isinstance(t, dict) and "expr" in t]
    return {**panel, "fields": defaults, "overrides": field_config.get("overrides"), "query options": targets}


def _without(data: Json, *names: str) -> Json:
    return {name: value for name, value in data.items() if name not in names}


def _text(data: Any) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=False)

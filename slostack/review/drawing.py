"""Panels and dashboards as SVG."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from markupsafe import Markup

from slostack.review.changes import Json
from slostack.review.figures import Figure
from slostack.review.places import Place, place

WIDTH, HEIGHT = 460, 190
_LEFT, _TOP, _RIGHT, _BOTTOM = 54, 12, 10, 20
_TICKS = 4
_LINES = ("#5794f2", "#b877d9", "#37a2a0", "#c27d2e", "#8ab8ff", "#a16fb0")
_COLORS = {
    "green": "#3d9a45",
    "red": "#e0364f",
    "orange": "#e8791a",
    "yellow": "#c9a200",
    "blue": "#3274d9",
    "purple": "#8f3bb8",
}
"""Of Grafana's names."""
_DRAWN = ("timeseries", "graph", "barchart")
_NUMBERS = ("stat", "gauge", "bargauge")
_SUFFIXES = {"percent": "%", "s": " s", "ms": " ms", "bytes": "B", "decbytes": "B", "reqps": "/s", "cps": "/s"}
"""Of Grafana's units."""
_COLUMN, _LINE = 10, 5
"""A cell of Grafana's grid in a picture of a whole dashboard."""


def drawn(figure: Figure | None, other: Figure | None) -> Markup:
    """A panel, on the scale of what it is compared with; of one that isn't there an empty frame."""
    if figure is None:
        return svg(WIDTH, HEIGHT, [_frame("not there")])
    if figure.kind in _NUMBERS and figure.lines:
        return svg(WIDTH, HEIGHT, [_number(figure)])
    if figure.kind not in _DRAWN or figure.note:
        return svg(WIDTH, HEIGHT, [_frame(figure.note or f"a {figure.kind} panel")])
    return svg(WIDTH, HEIGHT, _graph(figure, _range(figure, other)))


def layout(dashboard: Json | None, marked: Mapping[int, str]) -> Markup:
    """Where the panels of a dashboard stand; those whose identity (`id` of their data) is marked have its CSS class."""
    panels = [(panel, at) for panel in _all_panels(dashboard or {}) if (at := place(panel))]
    height = max((at.y + at.height for _, at in panels), default=4) * _LINE
    shapes = [_cell(panel, at, marked.get(id(panel), "")) for panel, at in panels]
    return svg(24 * _COLUMN, height, shapes)


def _cell(panel: Json, at: Place, mark: str) -> Markup:
    title = str(panel.get("title", ""))
    x, y, width, height = at.x * _COLUMN, at.y * _LINE, at.width * _COLUMN, at.height * _LINE
    if panel.get("type") == "row":
        return Markup('<text class="row" x="2" y="{}">{}</text>').format(y + 5, title)
    shown = title if mark and len(title) * 4.5 < width else ""
    return Markup(
        '<rect class="cell {}" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>'
        '<text class="cell-title" x="{}" y="{}">{}</text>'
    ).format(mark, x + 1, y + 1, width - 2, height - 2, title, x + 5, y + height / 2 + 3, shown)


def _all_panels(dashboard: Json) -> Iterator[Json]:
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panel.get("panels") or []


def _graph(figure: Figure, span: tuple[float, float]) -> Iterator[Markup]:
    low, high = span

    def y(value: float) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - (value - low) / (high - low)), 1)

    for nth in range(_TICKS + 1):
        value = low + (high - low) * nth / _TICKS
        yield Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            _LEFT, WIDTH - _RIGHT, y(value), y(value)
        )
        yield Markup('<text class="tick" x="{}" y="{}">{}</text>').format(
            _LEFT - 6, y(value) + 3, quantity(value, figure.unit)
        )
    for nth, text in enumerate(("6 h ago", "3 h ago", "now")):
        x = _LEFT + (WIDTH - _LEFT - _RIGHT) * nth / 2
        yield Markup('<text class="time" text-anchor="{}" x="{}" y="{}">{}</text>').format(
            ("start", "middle", "end")[nth], x, HEIGHT - 5, text
        )
    for nth, line in enumerate(figure.lines):
        yield Markup('<path class="line" stroke="{}" d="{}"/>').format(_LINES[nth % len(_LINES)], _path(line, y))
    for limit in figure.thresholds:
        at, color = y(limit.value), _color(limit.color)
        yield Markup('<line class="limit" stroke="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            color, _LEFT, WIDTH - _RIGHT, at, at
        )
        yield Markup('<text class="limit-value" fill="{}" x="{}" y="{}">{}</text>').format(
            color, WIDTH - _RIGHT - 2, at - 3, quantity(limit.value, figure.unit)
        )


def _path(line: Iterable[float | None], y: Callable[[float], float]) -> str:
    values = list(line)
    step = (WIDTH - _LEFT - _RIGHT) / max(len(values) - 1, 1)
    parts = []
    pen = "M"
    for nth, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{_LEFT + nth * step:.1f} {y(value)}")
        pen = "L"
    return " ".join(parts)


def _range(figure: Figure, other: Figure | None) -> tuple[float, float]:
    """From zero, or below the lowest value, to above the highest of both sides, in round steps."""
    values = [0.0]
    for side in (figure, other):
        if side:
            values += [limit.value for limit in side.thresholds]
            values += [value for line in side.lines for value in line if value is not None]
    low, high = min(values), max(values)
    rough = (high - low) * 1.05 / _TICKS or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * round_step for round_step in (1, 1.5, 2, 2.5, 5, 10) if power * round_step >= rough)
    low = math.floor(low / step) * step
    return (low, low + _TICKS * step) if low + _TICKS * step >= high else (low, low + (_TICKS + 1) * step)


def _number(figure: Figure) -> Markup:
    values = [value for value in figure.lines[0] if value is not None]
    if not values:
        return _frame("no data")
    reached = [limit for limit in figure.thresholds if values[-1] >= limit.value]
    color = _color(max(reached, key=lambda limit: limit.value).color if reached else "green")
    limits = ", ".join(f"{limit.color} from {quantity(limit.value, figure.unit)}" for limit in figure.thresholds)
    return Markup(
        '<text class="number" fill="{}" x="{}" y="{}">{}</text><text class="empty" x="{}" y="{}">{}</text>'
    ).format(color, WIDTH / 2, HEIGHT / 2 + 8, quantity(values[-1], figure.unit), WIDTH / 2, HEIGHT - 24, limits)


def _frame(text: str) -> Markup:
    return Markup(
        '<rect class="nothing" x="1" y="1" width="{}" height="{}" rx="4"/><text class="empty" x="{}" y="{}">{}</text>'
    ).format(WIDTH - 2, HEIGHT - 2, WIDTH / 2, HEIGHT / 2 + 4, text if len(text) < 70 else f"{text[:68]} …")


def svg(width: float, height: float, shapes: Iterable[Markup]) -> Markup:
    """A picture of some shapes."""
    return Markup('<svg viewBox="0 0 {} {}" role="img">{}</svg>').format(width, height, Markup("").join(shapes))


def _color(name: str) -> str:
    """Grafana's colour as CSS has it: a name without its shade, or a code."""
    if re.fullmatch(r"#[0-9a-fA-F]{3,8}", name):
        return name
    return _COLORS.get(name.rpartition("-")[2], "#888")


def quantity(value: float, unit: str) -> str:
    """A value with its unit, as Grafana names units, in three digits."""
    if unit == "percentunit":
        return f"{100 * value:.3g}%"
    for limit, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{prefix}{_SUFFIXES.get(unit, '')}"
    return f"{value:.3g}{_SUFFIXES.get(unit, '')}"

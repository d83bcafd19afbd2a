"""Each dashboard as Grafana shows it in a browser: no panel has an error, and none is empty without a reason."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from slostack.servers import ServerUnavailable, obtain
from tests.local.pages import logged_in, page
from tests.local.project import Project
from tests.local.test_dashboards import NOTHING_HERE, wait_for_a_step
from tests.requirements import need

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ROW_PIXELS = 38
_PANEL = "Panel container title "


@pytest.fixture(scope="session")
def browser() -> str:
    """A browser that can draw a Grafana that is at hand; else nothing is started for the tests."""
    try:
        obtain("grafana", print)
    except ServerUnavailable as missing:
        need("grafana", str(missing))
    return BROWSER or need("chromium", "needs Chromium on PATH")


@pytest.mark.parametrize("name", ["learnsnap", "overview", "shared-postgres", "slostack"])
def test_no_panel_has_an_error_or_is_empty(browser: str, stack: Project, name: str, tmp_path: Path) -> None:
    """Its picture stays in pytest's folder of the test."""
    wait_for_a_step(stack)
    dashboard = json.loads((stack.folder.config / "grafana" / "dashboards" / f"{name}.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    password = (stack.folder.secrets("grafana") / "grafana-admin-password").read_text()
    picture = tmp_path / f"{name}.png"
    with logged_in(stack.url("grafana"), password) as grafana:
        url = f"{grafana}/d/{dashboard['uid']}?from=now-15m&to=now"
        html = page(browser, url, picture, ROW_PIXELS * (bottom + 4))
    shown = _by_title(html)
    assert all(f">{variable['label']}<" in html for variable in dashboard["templating"]["list"])
    assert set(shown) == {panel["title"] for panel in panels}
    assert [title for title, text in shown.items() if "panel-info-corner--error" in text] == []
    assert {title for title, text in shown.items() if "No data" in text} <= NOTHING_HERE
    for panel in panels:
        assert panel["type"] != "logs" or "logs-row__message" in shown[panel["title"]], "there are no log lines"
    assert picture.stat().st_size > 10_000


def _by_title(html: str) -> dict[str, str]:
    """Each panel's HTML."""
    _, *parts = re.split(rf'aria-label="{_PANEL}', html)
    return {part.partition('"')[0]: part for part in parts}

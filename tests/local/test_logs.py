"""An SLO from logs: Loki counts lines that are pushed to it, Prometheus judges the counts, and a page arrives."""

from __future__ import annotations

import json
import time
from functools import partial

import pytest
import requests

from tests.local.demo_stack import notifications, value
from tests.local.project import Project, wait_until

JUDGED_SECONDS = 120
"""Loki counts every minute, Prometheus judges twice as often."""
PAGE_SECONDS = 60
SHOP = """
service: shop
description: A shop
team: platform
slos:
  - name: answered
    description: Requests are answered
    objective: 99.9
    sli: &logs
      logs:
        bad: '{service="shop"} | json | status >= 500'
        total: '{service="shop"} | json'
    runbook: shop/burn.md
  - name: answered-by-route
    description: Requests are answered
    objective: 99.9
    group_by: [route]
    sli: *logs
    runbook: shop/burn.md
"""


def test_errors_in_logs_are_counted_and_page(project: Project) -> None:
    (project.root / "slos" / "learnsnap.yaml").unlink()
    (project.root / "slos" / "shop.yaml").write_text(SHOP)
    (project.root / "runbooks" / "shop").mkdir()
    (project.root / "runbooks" / "shop" / "burn.md").write_text("# Errors in the shop\n")
    project.set("services", {"shop": {}})
    project.run("up")
    answer = requests.post(
        f"{project.url('loki')}/loki/api/v1/push",
        json={"streams": [{"stream": {"service": "shop"}, "values": lines(round(time.time()))}]},
        timeout=10,
    )
    assert answer.ok, answer.text

    def error_ratio(matchers: str) -> float | None:
        return value(project, f"slo:error_ratio:rate5m{{{matchers}}}")

    wait_until(lambda: error_ratio('slo="answered"'), JUDGED_SECONDS, "the error ratio")
    wait_until(lambda: error_ratio('slo="answered-by-route",route="/pay"'), JUDGED_SECONDS, "that of a route")
    assert error_ratio('slo="answered"') == pytest.approx(0.1)
    assert error_ratio('slo="answered-by-route",route="/pay"') == pytest.approx(0.2)
    assert error_ratio('slo="answered-by-route",route="/cart"') == 0
    assert {frozenset(each["metric"].items()) for each in project.query("slo:log_events:count1m")} == {
        frozenset({"__name__": "slo:log_events:count1m", "service": "shop", **labels}.items())
        for labels in (
            {"slo": "answered"},
            {"slo": "answered-by-route", "route": "/pay"},
            {"slo": "answered-by-route", "route": "/cart"},
        )
    }, "nothing but the SLO's identity"

    for slo, route in (("answered", None), ("answered-by-route", "/pay")):
        paged = partial(notifications, project, alert="ErrorBudgetBurn", status="firing", tier="page-5m", slo=slo)
        (page,) = wait_until(paged, PAGE_SECONDS, f"the page of {slo}")
        assert (page["severity"], page["labels"].get("route")) == ("critical", route)


def lines(now: int) -> list[list[str]]:
    """Two requests a second, two minutes before and four after: a fifth of those for /pay fail; and some noise."""
    found = []
    for second in range(now - 120, now + 240):
        for number, (route, status) in enumerate((("/pay", 500 if second % 5 == 0 else 200), ("/cart", 200))):
            line = {"route": route, "status": status, "request_id": f"{second}-{number}"}
            found.append([str(second * 10**9 + number), json.dumps(line)])
        if second % 10 == 0:
            found.append([str(second * 10**9 + 2), '{"no JSON, which is neither good nor bad'])
    return found

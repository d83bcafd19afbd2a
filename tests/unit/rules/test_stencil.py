"""The text of an SLO's rules that is made from another's is the text that its own rules have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slostack.rules import render_rules, service_groups, stencil
from slostack.rules.model import rules_yaml
from slostack.spec import Duration, Matcher, Selector, Service, Slo
from slostack.spec.alerting import Absence, Alerting, Spent
from slostack.spec.scrape import Scrape
from slostack.spec.windows import CALENDARS

AWKWARD = [
    "it's",
    "a: b",
    "a:",
    "a #b",
    "1.5",
    "~",
    "- a",
    "{a}",
    "stand-in-slo",
    "stand_in_total",
    "a\x86",
    "a\nb",
    "é",
]


def service(called: str = "api", team: str = "web", scrape: Scrape | None = None, **keys: object) -> Service:
    """A service of one SLO, a ratio of counters, with other keys than usual."""
    events = {"bad": Selector("errors", (Matcher("job", "=", called),)), "total": Selector("requests")}
    usual = {"name": "success-rate", "description": "It answers", "objective": 97.7, "runbook": "api/burn.md"}
    slo = Slo.model_validate({**usual, "sli": {"events": events}, **keys})
    return Service(service=called, description="A service", team=team, scrape=(scrape,) if scrape else (), slos=(slo,))


def is_its_own(service: Service) -> bool:
    return render_rules(service) == rules_yaml(service_groups(service), f"slos/{service.service}.yaml")


def events(bad: Selector, total: Selector) -> dict[str, object]:
    return {"events": {"bad": bad, "total": total}}


@pytest.mark.parametrize("text", AWKWARD)
def test_texts_that_yaml_quotes(text: str) -> None:
    plain, labelled, named = Selector("b"), Selector("a", (Matcher("job", "=~", text),)), Selector(text)
    assert is_its_own(service(description=text))
    for selector in (labelled, named):
        assert is_its_own(service(sli=events(selector, plain)))
        assert is_its_own(service(sli=events(plain, selector)))


@pytest.mark.parametrize("name", ["null", "yes", "on", "stand-in-team", "stand-in-slo"])
def test_names_that_yaml_quotes(name: str) -> None:
    assert is_its_own(service(name))
    assert is_its_own(service(team=name))
    assert is_its_own(service(name=name))
    assert is_its_own(service(runbook=f"{name}.md"))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda t: t.strip() and "{{" not in t))
def test_any_text(text: str) -> None:
    assert is_its_own(service(description=text, sli=events(Selector("a", (Matcher("b", "=", text),)), Selector(text))))


@pytest.mark.parametrize(
    "keys",
    [
        {"objective": 99.99},
        *({"window": window} for window in (Duration(7 * 86400), Duration(90 * 86400), *CALENDARS.values())),
        {"alerting": Alerting(page="high", ticket="none")},
        {"alerting": Alerting(least_failures=3, spent=Spent(share=90), absence=Absence(severity="low"))},
        {"scrape": Scrape(job="a", interval=Duration(60), timeout=Duration(30))},
        {"sli": {"events": {"good": Selector("a"), "total": Selector("b")}}},
        {"sli": {**events(Selector("a"), Selector("b")), "up": Selector("up")}},
        {"sli": {"latency": {"histogram": Selector("a"), "threshold": 0.5}}},
        {"group_by": ("route",)},
        {"labels": {"journey": "it's"}},
        {"page_labels": {"key": "a"}, "ticket_labels": {"key": "b"}, "annotations": {"log": "x"}},
        {"maintenance": ({"cron": "0 2 * * 0", "duration": Duration(3600)},)},
        {"runbook": ".x.md"},
        {"runbook": "1/2.md"},
    ],
    ids=str,
)
def test_every_shape(keys: dict[str, object]) -> None:
    render_rules(service())
    assert is_its_own(service(**keys))  # type: ignore[arg-type]
    assert is_its_own(service("web", **keys))  # type: ignore[arg-type]


def test_slos_that_differ_in_names_alone_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = render_rules(service("first"))
    monkeypatch.delattr(stencil, "slo_groups")
    assert render_rules(service("other")) == first.replace("first", "other").replace("other | value", "first | value")

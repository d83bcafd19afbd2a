"""Every alert, and every tier of the burn-rate alert, has fixtures in which it fires and in which it is silent."""

from __future__ import annotations

from functools import cache

import pytest

from tests.rules.expectations import RULE_FILES, Alert, alerts, expectations


@cache
def covered(*, fires: bool) -> frozenset[Alert]:
    """The alerts that some fixture expects to fire, or to be silent."""
    return frozenset(each.alert for each in expectations() if each.fires == fires)


@pytest.mark.parametrize("alert", sorted({alert for path in RULE_FILES for alert in alerts(path)}, key=str), ids=str)
def test_an_alert_has_a_fixture_in_which_it_fires_and_one_in_which_it_is_silent(alert: Alert) -> None:
    missing = [state for state, fires in (("fires", True), ("is silent", False)) if alert not in covered(fires=fires)]
    assert not missing, (
        f"no fixture below tests/rules loads {alert.rule_file.name} and says when {alert} " + " or ".join(missing)
    )

"""The dashboard of the probes: there where something is probed, the worst first."""

from __future__ import annotations

from slostack.dashboards import render_probes_dashboard
from slostack.project import generated_files
from slostack.spec import Service
from tests.unit.dashboards.reading import limits, panel, read


def test_it_is_there_where_a_service_has_probes(learnsnap: Service, odd: Service) -> None:
    assert "dashboards/probes.json" in generated_files([learnsnap, odd])
    assert "dashboards/probes.json" not in generated_files([odd])


def test_probes_that_fail_come_first() -> None:
    table = panel(read(render_probes_dashboard()), "Probes")
    assert table["options"]["sortBy"] == [{"displayName": "Answers", "desc": False}]


def test_certificates_have_the_alerts_threshold_and_runbook() -> None:
    shown = panel(read(render_probes_dashboard()), "Certificate expiring")
    assert limits(shown) == [14 * 86400]
    assert [query["expr"] for query in shown["targets"]] == ["bottomk(10, probe_ssl_earliest_cert_expiry - time())"]
    assert shown["links"][0]["url"].endswith("/slostack/certificate-expiring.md")


def test_what_an_on_call_engineer_reads_of_a_probe_is_in_words_and_days() -> None:
    table = panel(read(render_probes_dashboard()), "Probes")
    columns = {
        override["matcher"]["options"]: {each["id"]: each["value"] for each in override["properties"]}
        for override in table["fieldConfig"]["overrides"]
    }
    assert {each["value"]: each["text"] for each in columns["Answers"]["mappings"]} == {"0": "no", "1": "yes"}
    assert columns["Certificate expires in"]["unit"] == "suffix:days"
    assert table["targets"][4]["expr"].endswith("/ 86400")

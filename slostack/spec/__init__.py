"""The SLO file: its model, and how it is loaded and checked."""

from slostack.spec.load import RUNBOOK_FOLDER, SLO_FOLDER, load_service, load_services, parse_service, slo_file
from slostack.spec.model import (
    Alert,
    Alerting,
    EventRatio,
    LatencyRatio,
    Probe,
    QueryRatio,
    Scrape,
    Service,
    Severity,
    Sli,
    Slo,
)
from slostack.spec.policy import Policy, Tier, policies
from slostack.spec.quantities import Duration, Matcher, PromQL, Selector
from slostack.spec.schema import slo_file_schema
from slostack.spec.source import Problem, SpecError

__all__ = [
    "RUNBOOK_FOLDER",
    "SLO_FOLDER",
    "Alert",
    "Alerting",
    "Duration",
    "EventRatio",
    "LatencyRatio",
    "Matcher",
    "Policy",
    "Probe",
    "Problem",
    "PromQL",
    "QueryRatio",
    "Scrape",
    "Selector",
    "Service",
    "Severity",
    "Sli",
    "Slo",
    "SpecError",
    "Tier",
    "load_service",
    "load_services",
    "parse_service",
    "policies",
    "slo_file",
    "slo_file_schema",
]

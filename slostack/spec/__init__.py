"""The SLO file: its model, and how it is loaded and checked."""

from slostack.spec.alert import Alert
from slostack.spec.alerting import Alerting, Severity
from slostack.spec.load import (
    RUNBOOK_FOLDER,
    SLO_FOLDER,
    load_service,
    load_services,
    named_service,
    parse_service,
    slo_file,
)
from slostack.spec.panel import Panel
from slostack.spec.policy import Policies, Policy, Tier, shipped_policies
from slostack.spec.policy_files import POLICY_FOLDER, load_policies, parse_policy, policy_file_schema
from slostack.spec.quantities import Duration, Matcher, PromQL, Selector
from slostack.spec.schema import slo_file_schema
from slostack.spec.scrape import Probe, Scrape
from slostack.spec.service import Service
from slostack.spec.sli import EventRatio, LatencyRatio, LogRatio, QueryRatio, Sli, Uptime
from slostack.spec.slices import TimeSlices
from slostack.spec.slo import Slo
from slostack.spec.source import Problem, SpecError
from slostack.spec.windows import Calendar

__all__ = [
    "POLICY_FOLDER",
    "RUNBOOK_FOLDER",
    "SLO_FOLDER",
    "Alert",
    "Alerting",
    "Calendar",
    "Duration",
    "EventRatio",
    "LatencyRatio",
    "LogRatio",
    "Matcher",
    "Panel",
    "Policies",
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
    "TimeSlices",
    "Uptime",
    "load_policies",
    "load_service",
    "load_services",
    "named_service",
    "parse_policy",
    "parse_service",
    "policy_file_schema",
    "shipped_policies",
    "slo_file",
    "slo_file_schema",
]

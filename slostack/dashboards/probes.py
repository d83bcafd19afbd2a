"""The dashboard of the probes: what is asked from outside, and the certificates that it shows."""

from __future__ import annotations

from grafana_foundation_sdk.builders import common, table, timeseries

from slostack import names
from slostack.dashboards import house, links, queries, units
from slostack.dashboards.alert_panels import watched_by
from slostack.dashboards.house import Section, Sized, grid
from slostack.dashboards.naming import OVERVIEW_UID
from slostack.dashboards.one_line import OneLine
from slostack.dashboards.stack import stack_alerts
from slostack.dashboards.variables import Variable, places
from slostack.rules.stack import stack_groups
from slostack.spec import Duration, Selector

PROBES = "probes"
MOST_LINES = 10
"""The most lines of a graph: those of the worst probes."""
_DAY = Duration(86400)
_PROBE = "job, instance"
_BY_PROBE = "{{instance}}"
_EXPIRY_ALERT = "CertificateExpiring"
_UP_STEPS: tuple[house.Step, ...] = ((None, house.RED), (1, house.GREEN))


def render_probes_dashboard() -> str:
    """The JSON of the dashboard of all probes; its queries go by label, whatever their number."""
    (expiring,) = (alert for alert in stack_alerts(stack_groups()) if alert.name == _EXPIRY_ALERT)
    return house.render(
        names.dashboard_uid(PROBES),
        "Probes and certificates",
        "What answers when it is asked from outside, how fast, and until when its certificates are valid.",
        tags=["slo", PROBES],
        links=[links.link("All services", links.dashboard_path(OVERVIEW_UID))],
        marked=[],
        sections=[
            Section("Now", (Sized(probes(), house.GRID_WIDTH, 8),)),
            Section("Answers", grid([answers(), DURATIONS.graph(), PHASES.graph()], most=3, height=8)),
            Section("Certificates", grid([watched_by(expiring, most=MOST_LINES)], most=1, height=8)),
        ],
        variables=[
            *places(),
            Variable("job", "probe_success", "Probe", _of_probes),
            Variable("instance", 'probe_success{job=~"$job"}', "Endpoint", _of_probes),
        ],
    )


def _of_probes(selector: Selector) -> bool:
    return selector.metric.startswith("probe_")


def probes() -> table.Panel:
    """Every probe with what it found last; those that fail come first."""
    days_left = f"(min by ({_PROBE}) (probe_ssl_earliest_cert_expiry) - time()) / {_DAY.seconds}"
    panel = house.rows(
        "probes",
        "Probes",
        "Whether each endpoint answers now, how much of the last day it did, how long it takes, its HTTP status, and "
        "in how many days its first certificate expires; those that fail come first.",
        labels={"job": "Probe", "instance": "Endpoint"},
        values={
            "Answers": f"min by ({_PROBE}) (probe_success)",
            "Last day": f"min by ({_PROBE}) (avg_over_time(probe_success[1d]))",
            "Duration": f"max by ({_PROBE}) (probe_duration_seconds)",
            "Status": f"max by ({_PROBE}) (probe_http_status_code)",
            "Certificate expires in": days_left,
        },
    )
    steps = house.thresholds(_UP_STEPS).build()
    return (
        panel.sort_by([common.TableSortByFieldState().display_name("Answers").desc(False)])
        .override_by_name(
            "Answers",
            house.properties(
                mappings=house.YES_OR_NO, thresholds=steps, custom_displayMode="color-background", custom_width=95
            ),
        )
        .override_by_name("Last day", house.properties(unit=units.SHARE, decimals=2, custom_width=95))
        .override_by_name("Duration", house.properties(unit=units.SECONDS, custom_width=95))
        .override_by_name("Status", house.properties(decimals=0, custom_width=95))
        .override_by_name("Certificate expires in", house.properties(unit=units.DAYS, decimals=0, custom_width=170))
    )


def answers() -> timeseries.Panel:
    """Whether the worst probes are answered."""
    return ANSWERS.graph().axis_soft_max(1)


ANSWERS = OneLine(
    "probes/answers",
    "Answers",
    f"Whether each endpoint answers: 1 is yes, 0 is no; the {MOST_LINES} worst.",
    units.NUMBER,
    f"bottomk({MOST_LINES}, probe_success)",
    _BY_PROBE,
)
DURATIONS = OneLine(
    "probes/durations",
    "Slowest probes",
    f"How long the {MOST_LINES} slowest endpoints take to answer.",
    units.SECONDS,
    f"topk({MOST_LINES}, probe_duration_seconds)",
    _BY_PROBE,
)
PHASES = OneLine(
    "probes/phases",
    "Phases",
    "How long each phase of a request takes, of all endpoints the slowest.",
    units.SECONDS,
    "max by (phase) (probe_http_duration_seconds)",
    queries.by_labels(["phase"]),
)

"""Every metric and label name that the rules record and others read, and what dashboards and panels are found by."""

from __future__ import annotations

from zlib import crc32

from slostack.spec.quantities import Duration
from slostack.spec.windows import Calendar

EVALUATION_INTERVAL = Duration(30)
TIER_INTERVAL = Duration(300)

SERVICE = "service"
SLO = "slo"
TEAM = "team"
SEVERITY = "severity"
TIER = "tier"
WINDOW = "window"
STACK_TEAM = "platform"
"""The team of the stack's own alerts, and of alerts that name none that is known."""
RENOTIFY = "renotify"
"""After what time an alert that still fires is notified again, where that isn't its severity's."""
NOTICE = "notice"
"""`true` of what is only to be known, such as a deployment."""
ESCALATION = "escalation"
"""The level that hears of what still fires; only of alerts that escalate others."""
ESCALATES = "escalates"
"""The name of the alert that another one escalates."""
NO_SEVERITY = "none"
"""The severity of the stack's alerts that are no trouble of their own, and so are counted and drawn nowhere."""

REPLICA = "prometheus_replica"
"""Tells what one Prometheus wrote from what its replicas did, beyond itself; alerts don't carry it."""

CLUSTER = "cluster"
"""Tells what one cluster's Prometheus wrote from what those of others did, beyond itself."""
ENVIRONMENT = "environment"
PLACES = (ENVIRONMENT, CLUSTER)
"""Labels of series where one server holds those of several environments or clusters."""

SLO_GROUP = "slo/"
"""Begins the name of the rule group that judges an SLO every 30 s: slo/<service>/<slo>."""
TIER_GROUP = "tier/"
"""Begins the name of the one that counts its events every five minutes: tier/<service>/<slo>."""

BURN_ALERT = "ErrorBudgetBurn"
SPENT_ALERT = "ErrorBudgetSpent"
ABSENCE_ALERT = "SLIAbsent"
SLO_ALERTS = (BURN_ALERT, SPENT_ALERT, ABSENCE_ALERT)
"""The alerts that belong to an SLO."""
STILL_FIRING = "StillFiring"
"""The alert that escalates a critical one that goes on."""
WATCHDOG = "Watchdog"
"""The alert that fires while samples are stored, for a dead man's switch and for nobody else."""

SERVER_JOBS = ("prometheus", "alertmanager", "loki", "grafana")
"""The scrape jobs of the stack's own servers."""
KUBELET_JOBS = ("kubelet", "cadvisor")
"""Those of a cluster's kubelets: what they tell of volumes, and of containers."""
COLLECTOR_JOBS = ("alloy", "blackbox", "kube-state-metrics", "node-exporter", *KUBELET_JOBS)
"""Those of what collects for the servers in a cluster."""

THANOS_JOBS = ("thanos-query", "thanos-sidecar", "thanos-store", "thanos-compactor")
"""Those of Thanos, where it runs."""

PERIOD = "period"
SLI = "sli"
RESERVED_LABELS = frozenset(
    {
        SERVICE,
        SLO,
        TEAM,
        SEVERITY,
        TIER,
        WINDOW,
        RENOTIFY,
        NOTICE,
        ESCALATION,
        ESCALATES,
        PERIOD,
        SLI,
        "le",
        "quantile",
        "alertname",
        "alertstate",
        ENVIRONMENT,
        REPLICA,
    }
)
"""Labels that the generator, Prometheus or Alertmanager sets: no SLO groups by them or sets them."""

BUDGETS_LEFT = "budgets_left"
"""The annotation of a threshold alert that says what is left of its service's error budgets."""
ANNOTATIONS = ("summary", "description", "runbook_url", "dashboard_url", BUDGETS_LEFT)
"""Annotations that the generator writes."""

INFO = "slo:info"
"""1 per SLO, with what people edit as labels: team, window, sli and the SLO's own labels."""
OBJECTIVE = "slo:objective:ratio"
"""The objective, 0 to 1."""
BUDGET = "slo:error_budget:ratio"
"""The error budget: the share of events that may be bad, 0 to 1."""
BUDGET_REMAINING = "slo:error_budget_remaining:ratio"
"""The share of the error budget that is left over the SLO's window: 1 is all, below 0 is overspent."""
EXHAUSTION = "slo:error_budget_exhaustion:seconds"
"""Seconds until the budget is spent if it burns as in the last hour; nothing while nothing burns."""
WINDOW_EVENTS = "slo:window_events:count"
"""All events within the SLO's window."""
WINDOW_BAD_EVENTS = "slo:window_bad_events:count"
"""Bad events within the SLO's window."""
UP = "slo:up:bool"
"""1 while something answers, 0 while nothing does; only of SLOs that name an `up` selector."""
MAINTENANCE = "slo:maintenance:bool"
"""1 during maintenance, else 0; only of SLOs that have some."""
SLICE_VALUE = "slo:slice:value"
"""The value of the slice of time that ends now; only of SLOs that judge slices."""
GROUP_ADMITTED = "slo:group_admitted:bool"
"""1 for each label set that is judged; only of grouped SLOs. Internal."""
GROUPS_REFUSED = "slo:groups_refused:count"
"""Label sets beyond the limit of a grouped SLO, which are not judged."""
PAGE_OVER = "slo:page_over:bool"
"""1 while an incident that was paged is over by what can be told, else nothing. Internal."""
PAGE_ENDED = "slo:page_ended:bool"
"""1 when a page ends because its incident is over, and while another fires within the hour. Internal."""
STORED = "slo:stored:bool"
"""1 per service with alerts on what isn't there, as long as Prometheus stores what it records. Internal."""
BAD_EVENTS = "slo:bad_events:count5m"
"""Bad events of the last five minutes, recorded every five minutes: read it as a range."""
GOOD_EVENTS = "slo:good_events:count5m"
"""Good events of the last five minutes; only of SLOs that count good events. Internal."""
EVENTS = "slo:events:count5m"
"""All events of the last five minutes, recorded every five minutes: read it as a range."""
UNCOUNTED = "slo:uncounted_since:timestamp"
"""Since when events were not counted, in Unix seconds, where counts were missed; else nothing. Internal."""
OUTAGE_EVENTS = "slo:outage_events:count5m"
"""Requests that an outage is taken to have failed in the last five minutes. Internal."""
PERIOD_EVENTS = "slo:period_events:count5m"
"""All events with the calendar period that they count for as a label. Internal."""
PERIOD_BAD_EVENTS = "slo:period_bad_events:count5m"
"""Bad events with the calendar period that they count for as a label. Internal."""
LOG_EVENTS = "slo:log_events:count1m"
"""Log lines of the last minute, as Loki's ruler counts them; only of SLOs from logs."""
LOG_LINES = "log:lines:count"
"""Log lines that Loki's ruler counts for a service's alerts, with the count's name as the label `count`."""
COUNT = "count"
SIGNAL_VALUE = "signal:alert:value"
"""What an alert of a signal watches; only of alerts that are on the signal's page."""
SIGNAL_NEARNESS = "signal:alert:nearness"
"""How near such an alert is: 1 where it begins to fire, above beyond; only of those that compare with a number."""
SIGNAL = "signal"
ALERT = "alert"
"""The name that an alert has in the library of signals, whatever a service calls it."""
PREFIX = "prefix"
"""Tells several uses of a signal in one service apart."""
LOG_BAD_EVENTS = "slo:log_bad_events:count1m"
"""Log lines of bad events of the last minute; only of SLOs from logs."""


def tier(name: str) -> str:
    """A series as the five-minute group records it, before it is shown every 30 s. Internal."""
    return f"{name}:tier"


def event_rate(window: Duration) -> str:
    """The recorded rate of all events over a window of up to an hour, per second, every 30 s."""
    return f"slo:events:rate{window}"


def error_ratio(window: Duration | Calendar) -> str:
    """The recorded share of bad events over a window, 0 to 1, every 30 s."""
    return f"slo:error_ratio:{_over(window)}"


def burn_rate(window: Duration | Calendar) -> str:
    """How many times faster than evenly over its window the budget burns, over a window, every 30 s."""
    return f"slo:burn_rate:{_over(window)}"


def failures(window: Duration) -> str:
    """The recorded number of bad events over a window; only of SLOs whose alerts need some."""
    return f"slo:failures:count{window}"


def _over(window: Duration | Calendar) -> str:
    return f"rate{window}" if isinstance(window, Duration) else str(window)


def identity(service: str, slo: str) -> str:
    """The matchers of one SLO's recorded series: `service="…",slo="…"`."""
    return f'{SERVICE}="{service}",{SLO}="{slo}"'


def probe_job(service: str, probe: str) -> str:
    """The job of a service's probe."""
    return f"{service}/{probe}"


def dashboard_uid(service: str) -> str:
    """The stable uid of a service's dashboard, the last part of its address."""
    return f"slo-{service}"


SHARED_PAGES = ("postgres", "redis", "queue")
"""The signals of which a dashboard shows all services that use them."""


def shared_page(signal: str) -> str:
    """The name of the dashboard of all services that use a signal."""
    return f"shared-{signal}"


LOGS_PANEL = "logs"
"""The key of the panel with a service's logs on its dashboard."""
BUDGET_PANEL = "budget-history"
"""The key of the panel with the budgets of a service's SLOs."""


def burn_panel(slo: str) -> str:
    """The key of the panel with an SLO's burn rates."""
    return f"burn-rate/{slo}"


def alert_panel(alert: str) -> str:
    """The key of the panel with what a threshold alert watches."""
    return f"alert/{alert}"


def pages_of(slo: str) -> str:
    """How an SLO file names the pages of an SLO among alerts."""
    return f"{BURN_ALERT} {slo}"


def panel_id(key: str) -> int:
    """A panel's id from its key: it stays when panels are added, moved, removed or retitled around it."""
    return crc32(key.encode()) >> 1 or 1

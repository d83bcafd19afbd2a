"""What a notification says: what is wrong, how bad, since when, and where to go; of what is over no more than what it
was, and for how long.

Alertmanager fills its own templates, `{{ }}`, when it sends; `[[ ]]` is filled by Jinja2 when they are rendered.
"""

from __future__ import annotations

from jinja2 import Environment, StrictUndefined

from slostack import names
from slostack.figures import TWO_UNITS
from slostack.spec.alerting import RESPONSE

_JINJA = Environment(
    variable_start_string="[[",
    variable_end_string="]]",
    block_start_string="[%",
    block_end_string="%]",
    comment_start_string="[#",
    comment_end_string="#]",
    trim_blocks=True,
    autoescape=False,
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)
_TEXT = """\
{{ define "slostack.service" }}{{ or .GroupLabels.service "?" }}{{ end }}

{{ define "slostack.group" -}}
{{ template "slostack.service" . }}: {{ .GroupLabels.alertname }}{{ with .GroupLabels.slo }} {{ . }}{{ end -}}
{{ end }}

{{ define "slostack.title" -}}
{{ if eq .Status "firing" }}{{ if .CommonLabels.escalation }}[ESCALATED] {{ else -}}
{{ with .CommonLabels.severity }}[{{ . | toUpper }}] {{ end }}{{ end -}}
{{ else }}[RESOLVED] {{ end -}}
{{ with .CommonLabels.environment }}{{ . }}{{ with $.GroupLabels.cluster }} {{ . }}{{ end }}: {{ end -}}
{{ if eq .Status "resolved" }}{{ template "slostack.group" . }}
{{- else }}{{ with .CommonAnnotations.summary }}{{ . }}
{{- else }}{{ template "slostack.group" . }} ({{ len .Alerts }} alerts){{ end }}{{ end -}}
{{ end }}

{{ define "slostack.what" -}}
{{ if eq .Status "firing" }}{{ .Annotations.summary }}
{{- else }}{{ or .Labels.service "?" }}: {{ .Labels.alertname }}{{ with .Labels.slo }} {{ . }}{{ end }}
{{- with .Labels.tier }} ({{ . }}){{ end }}{{ end -}}
{{ end }}

{{ define "slostack.said" -}}
{{ if eq .Status "firing" -}}
{{ with .Annotations.description }}{{ . }}
{{ end -}}
{{ with .Annotations.[[ budgets_left ]] }}Budget left: {{ . }}
{{ end -}}
{{ else }}{{ with .Annotations.summary }}It said: {{ . }}
{{ end }}{{ end -}}
{{ end }}

{{ define "slostack.runbook" }}{{ (index .Alerts 0).Annotations.runbook_url }}{{ end }}

{{ define "slostack.link" -}}
{{ $first := index .Alerts 0 }}{{ or $first.Annotations.dashboard_url $first.GeneratorURL }}
{{- end }}

{{ define "slostack.color" -}}
{{ if eq .Status "resolved" }}good
{{- else if or .CommonLabels.escalation (match "critical|high" (or .CommonLabels.severity "")) }}danger
{{- else }}warning{{ end -}}
{{ end }}

{{ define "slostack.when" -}}
{{ .StartsAt.UTC.Format "2006-01-02 15:04 UTC" }}
{{- if eq .Status "resolved" }} until {{ .EndsAt.UTC.Format "2006-01-02 15:04 UTC" }}{{ end -}}
{{ end }}

{{ define "slostack.severity" -}}
{{ with .Labels.escalation }}critical, escalated to level {{ . }}{{ else }}{{ .Labels.severity }}{{ end -}}
{{ if eq .Status "firing" }}
[%- for severity, when in response.items() %]
{{ if eq .Labels.severity "[[ severity ]]" }}, respond [[ when ]]{{ end }}
[%- endfor %]
{{ end -}}
{{ end }}

{{ define "slostack.since" -}}
{{ template "slostack.when" . }}
{{- if eq .Status "firing" }} ({{ since .StartsAt | humanizeDuration | [[ two_units ]] }} ago)
{{- else }} ({{ .EndsAt.Sub .StartsAt | humanizeDuration | [[ two_units ]] }}){{ end -}}
{{ end }}

{{ define "slostack.dashboard" -}}
{{ $url := .Annotations.dashboard_url }}{{ $and := "?" }}{{ if match "[?]" $url }}{{ $and = "&" }}{{ end -}}
{{ printf "%s%sfrom=%d&to=now" $url $and (.StartsAt.Add -3600000000000).UnixMilli }}
{{- end }}

{{ define "slostack.logs" -}}
{{ $url := reReplaceAll "[?].*" "" .Annotations.dashboard_url -}}
{{ printf "%s?from=%d&to=now&viewPanel=[[ logs_panel ]]" $url (.StartsAt.Add -3600000000000).UnixMilli }}
{{- end }}

{{ define "slostack.silence" -}}
{{ .ExternalURL }}/#/silences/new?filter=%7B
{{- range $index, $pair := .GroupLabels.SortedPairs -}}
{{ if $index }}%2C%20{{ end }}{{ urlquery $pair.Name }}%3D%22{{ urlquery $pair.Value }}%22
{{- end }}%7D
{{- end }}

{{ define "slostack.text" -}}
{{ range .Alerts -}}
{{ if eq .Status "firing" }}FIRING{{ else }}RESOLVED{{ end }}: {{ template "slostack.what" . }}
Severity: {{ template "slostack.severity" . }}
{{- with .Labels.window }}, judged over {{ . }}{{ end }}
Since: {{ template "slostack.since" . }}
{{ template "slostack.said" . -}}
{{ with .Annotations.runbook_url }}Runbook: {{ . }}
{{ end -}}
{{ if .Annotations.dashboard_url }}Dashboard: {{ template "slostack.dashboard" . }}
Logs: {{ template "slostack.logs" . }}
{{ end -}}
{{ with .GeneratorURL }}Query: {{ . }}
{{ end }}
{{ end -}}
Team: {{ .CommonLabels.team }}
Silence: {{ template "slostack.silence" . }}
{{- end }}

{{ define "slostack.slack" -}}
{{ range .Alerts -}}
*{{ if eq .Status "firing" }}Firing{{ else }}Resolved{{ end }}: {{ template "slostack.what" . }}*
{{ template "slostack.severity" . }}; since {{ template "slostack.since" . }}
{{ template "slostack.said" . -}}
{{ with .Annotations.runbook_url }}<{{ . }}|Runbook>{{ end -}}
{{ if .Annotations.dashboard_url }} · <{{ template "slostack.dashboard" . }}|Dashboard>
{{- "" }} · <{{ template "slostack.logs" . }}|Logs>{{ end -}}
{{ with .GeneratorURL }} · <{{ . }}|Query>{{ end }}
{{ end -}}
Team {{ .CommonLabels.team }} · <{{ template "slostack.silence" . }}|Silence>
{{- end }}

{{ define "slostack.html" -}}
<html><body style="font-family: sans-serif">
{{ range .Alerts -}}
<h3>{{ if eq .Status "firing" }}Firing{{ else }}Resolved{{ end }}: {{ template "slostack.what" . }}</h3>
<p>{{ template "slostack.severity" . }}
{{- with .Labels.window }}, judged over {{ . }}{{ end }};
since {{ template "slostack.since" . }}</p>
<p style="white-space: pre-line">{{ template "slostack.said" . }}</p>
<p>
{{ with .Annotations.runbook_url }}<a href="{{ . }}">Runbook</a>{{ end }}
{{ if .Annotations.dashboard_url }}<a href="{{ template "slostack.dashboard" . }}">Dashboard</a>
<a href="{{ template "slostack.logs" . }}">Logs</a>{{ end }}
{{ with .GeneratorURL }}<a href="{{ . }}">Query</a>{{ end }}
</p>
{{ end -}}
<p>Team {{ .CommonLabels.team }}. <a href="{{ template "slostack.silence" . }}">Silence it</a></p>
</body></html>
{{- end }}
"""
TEMPLATES = _JINJA.from_string(_TEXT).render(
    response=RESPONSE,
    logs_panel=names.panel_id(names.LOGS_PANEL),
    budgets_left=names.BUDGETS_LEFT,
    two_units=TWO_UNITS,
)
"""Alertmanager's templates."""

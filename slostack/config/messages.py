"""What a notification says: what is wrong, how bad, since when, and where to go (Alertmanager templates)."""

TEMPLATES = """\
{{ define "slostack.service" }}{{ or .GroupLabels.service "?" }}{{ end }}

{{ define "slostack.title" -}}
{{ if eq .Status "firing" }}{{ with .CommonLabels.severity }}[{{ . | toUpper }}] {{ end -}}
{{ else }}[RESOLVED] {{ end -}}
{{ with .CommonLabels.environment }}{{ . }}: {{ end -}}
{{ with .CommonAnnotations.summary }}{{ . -}}
{{ else }}{{ template "slostack.service" . }}: {{ .GroupLabels.alertname }}
{{- with .GroupLabels.slo }} {{ . }}{{ end }} ({{ len .Alerts }} alerts)
{{- end -}}
{{ end }}

{{ define "slostack.runbook" }}{{ (index .Alerts 0).Annotations.runbook_url }}{{ end }}

{{ define "slostack.link" -}}
{{ $first := index .Alerts 0 }}{{ or $first.Annotations.dashboard_url $first.GeneratorURL }}
{{- end }}

{{ define "slostack.color" -}}
{{ if eq .Status "resolved" }}good
{{- else if match "critical|high" (or .CommonLabels.severity "") }}danger
{{- else }}warning{{ end -}}
{{ end }}

{{ define "slostack.when" -}}
{{ .StartsAt.UTC.Format "2006-01-02 15:04 UTC" }}
{{- if eq .Status "resolved" }} until {{ .EndsAt.UTC.Format "2006-01-02 15:04 UTC" }}{{ end -}}
{{ end }}

{{ define "slostack.text" -}}
{{ range .Alerts -}}
{{ if eq .Status "firing" }}FIRING{{ else }}RESOLVED{{ end }}: {{ .Annotations.summary }}
Severity: {{ .Labels.severity }}{{ with .Labels.window }}, judged over {{ . }}{{ end }}
Since: {{ template "slostack.when" . }}
{{ with .Annotations.description }}{{ . }}
{{ end -}}
{{ with .Annotations.runbook_url }}Runbook: {{ . }}
{{ end -}}
{{ with .Annotations.dashboard_url }}Dashboard: {{ . }}
{{ end -}}
{{ with .GeneratorURL }}Query: {{ . }}
{{ end }}
{{ end -}}
Team: {{ .CommonLabels.team }}. Silence: {{ .ExternalURL }}
{{- end }}

{{ define "slostack.slack" -}}
{{ range .Alerts -}}
*{{ if eq .Status "firing" }}Firing{{ else }}Resolved{{ end }}: {{ .Annotations.summary }}*
{{ .Labels.severity }}, since {{ template "slostack.when" . }}
{{ with .Annotations.description }}{{ . }}
{{ end -}}
{{ with .Annotations.runbook_url }}<{{ . }}|Runbook>{{ end -}}
{{ with .Annotations.dashboard_url }} · <{{ . }}|Dashboard>{{ end -}}
{{ with .GeneratorURL }} · <{{ . }}|Query>{{ end }}
{{ end -}}
{{ end }}

{{ define "slostack.html" -}}
<html><body style="font-family: sans-serif">
{{ range .Alerts -}}
<h3>{{ if eq .Status "firing" }}Firing{{ else }}Resolved{{ end }}: {{ .Annotations.summary }}</h3>
<p>{{ .Labels.severity }}{{ with .Labels.window }}, judged over {{ . }}{{ end }};
since {{ template "slostack.when" . }}</p>
<p>{{ .Annotations.description }}</p>
<p>
{{ with .Annotations.runbook_url }}<a href="{{ . }}">Runbook</a>{{ end }}
{{ with .Annotations.dashboard_url }}<a href="{{ . }}">Dashboard</a>{{ end }}
{{ with .GeneratorURL }}<a href="{{ . }}">Query</a>{{ end }}
</p>
{{ end -}}
<p>Team {{ .CommonLabels.team }}. <a href="{{ .ExternalURL }}">Silence it</a></p>
</body></html>
{{- end }}
"""

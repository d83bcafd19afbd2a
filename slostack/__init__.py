"""SLO-driven observability as code: one YAML file per service in; rules, alerts and dashboards out."""

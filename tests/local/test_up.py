"""Bringing the stack up, again, and down."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import psutil
import requests

from slostack import plain_yaml
from slostack.notifications import NotificationReader, store_folder
from tests.local.project import Project, wait_until

REQUIRED = {"prometheus", "alertmanager", "loki", "notifications", "demo"}


def test_status_says_that_everything_is_ready(stack: Project) -> None:
    status = json.loads(stack.run("status", "--json"))
    programs = {program["name"]: program["state"] for program in status["stack"]["programs"]}
    assert status["ready"] is True
    assert set(programs) >= REQUIRED
    assert set(programs.values()) == {"ready"}


def test_status_shows_servers_slos_and_alerts(stack: Project) -> None:
    wait_until(lambda: len(stack.query("slo:info")) == 6, 60, "all SLOs are judged")
    text = stack.run("status")
    assert f"http://127.0.0.1:{stack.ports.prometheus}" in text
    assert "learnsnap availability" in text
    assert "99.9 % / 30d" in text


def test_backtest_replays_the_demos_month(stack: Project) -> None:
    """By the Prometheus that the command finds by itself."""
    wait_until(lambda: len(stack.query("slo:info")) == 6, 60, "all SLOs are judged")
    git = ("git", "-C", str(stack.root), "-c", "user.name=t", "-c", "user.email=t@example.org")
    for arguments in (("init", "-q"), ("add", "slos"), ("commit", "-q", "-m", "state")):
        subprocess.run([*git, *arguments], check=True)
    found = json.loads(stack.run("backtest", "--all", "--days", "20", "--format", "json"))
    assert found["source"] == stack.url("prometheus")
    outcomes = {slo["slo"]: slo["after"] for slo in found["slos"] if slo["service"] == "learnsnap"}
    month = outcomes["availability"]
    assert month["judged_seconds"] > 19 * 86400
    assert 0.2 < month["budget_spent"] < 0.7
    assert [firing for firing in month["firings"] if firing["page"]] == []


def test_backfill_gives_a_new_slo_the_past_that_raw_series_have(stack: Project) -> None:
    """In blocks of a time before Prometheus' head alone: what the head holds of the time of a block is lost at the next
    start."""
    file = stack.root / "slos" / "learnsnap.yaml"
    text = file.read_text()
    renamed = text.replace("name: availability\n", "name: newcomer\n", 1)
    file.write_text(renamed.replace("ErrorBudgetBurn availability", "ErrorBudgetBurn newcomer"))
    try:
        assert "learnsnap/newcomer: 1h " in stack.run("backfill", "learnsnap/newcomer")
        assert stack.query('sum_over_time(slo:events:count5m{slo="newcomer"}[2h]) > 0')
        assert "nothing to add: recorded since" in stack.run("backfill", "learnsnap/newcomer")
        head = requests.get(f"{stack.url('prometheus')}/api/v1/status/tsdb", timeout=10).json()["data"]["headStats"]
        blocks = [json.loads(meta.read_text()) for meta in stack.folder.data("prometheus").glob("*/meta.json")]
        assert max(block["maxTime"] for block in blocks) <= head["minTime"]
    finally:
        file.write_text(text)


def test_up_again_changes_nothing(stack: Project) -> None:
    before = stack.pids()
    assert set(before) >= REQUIRED
    text = stack.run("up")
    assert stack.pids() == before
    assert "wrote" not in text
    assert "history" not in text


def test_everything_listens_on_loopback_only(stack: Project) -> None:
    listening = {
        connection.laddr.ip
        for process in stack.processes()
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_the_environment_of_the_caller_stays_with_the_caller(small_stack: Project) -> None:
    """`up` was called with a passphrase in its environment."""
    processes = small_stack.processes()
    assert len(processes) > len(small_stack.pids()) > 3
    for process in processes:
        assert "PULUMI_CONFIG_PASSPHRASE" not in process.environ()


def test_a_test_alert_reaches_the_receiver_on_this_machine(stack: Project) -> None:
    said = stack.run("test-alert", "--severity", "high", "--service", "learnsnap", "--for", "1m").splitlines()
    assert said[0] == f"sent TestAlert (high, service learnsnap, team learnsnap) to {stack.url('alertmanager')}"
    assert said[1] == "learnsnap-high: a webhook within 30s"
    reader = NotificationReader(store_folder(stack.root))
    wait_until(lambda: any(each.alert == "TestAlert" for each in reader.read()), 60, "the notification of the test")


def test_a_changed_rule_is_loaded_without_a_restart(stack: Project) -> None:
    before = stack.pids()
    custom = stack.root / "alert_rules" / "custom" / "probe.yaml"
    custom.parent.mkdir(exist_ok=True)
    custom.write_text("groups:\n- name: probe\n  rules:\n  - {record: 'probe:one', expr: vector(1)}\n")
    stack.run("up")
    assert _groups(stack) >= {"probe"}
    custom.unlink()
    stack.run("up")
    assert "probe" not in _groups(stack)
    assert stack.pids() == before


def test_a_rule_that_prometheus_would_refuse_changes_nothing(stack: Project) -> None:
    before = stack.pids(), _groups(stack)
    custom = stack.root / "alert_rules" / "custom" / "broken.yaml"
    custom.parent.mkdir(exist_ok=True)
    custom.write_text("groups:\n- name: broken\n  rules:\n  - {record: 'a:b', expr: 'sum('}\n")
    try:
        text = stack.run("up", exit_code=2)
        assert "alert_rules/custom/broken.yaml:4" in text
        assert not (stack.folder.config / "prometheus" / "rules" / "custom-broken.yaml").exists()
        assert (stack.pids(), _groups(stack)) == before
    finally:
        custom.unlink()


def test_a_changed_receiver_reloads_alertmanager_without_a_restart(small_stack: Project) -> None:
    before = small_stack.pids()
    small_stack.set("receivers", {"webhook": {"host": "127.0.0.1:9"}})
    small_stack.write_secret("alertmanager", "webhook-url", "http://127.0.0.1:9/hook")
    small_stack.run("up")
    status = requests.get(f"{small_stack.url('alertmanager')}/api/v2/status", timeout=10).json()
    receivers = {each["name"]: each for each in plain_yaml.load(status["config"]["original"])["receivers"]}
    assert len(receivers["platform-critical"]["webhook_configs"]) == 2
    assert small_stack.pids() == before


def test_a_changed_loki_config_restarts_only_loki(small_stack: Project) -> None:
    before = small_stack.pids()
    small_stack.set("loki", {"retention": "7d"})
    small_stack.run("up")
    after = small_stack.pids()
    assert {name for name in before if before[name] != after[name]} == {"loki"}


def test_the_demo_can_be_switched_on_and_off(small_stack: Project) -> None:
    without = small_stack.pids()
    small_stack.set_local(demo=["learnsnap"])
    small_stack.run("up")
    with_demo = small_stack.pids()
    assert set(with_demo) - set(without) == {"demo"}
    assert {name: with_demo[name] for name in without} == without
    small_stack.set_local(demo=False)
    small_stack.run("up")
    assert small_stack.pids() == without


def test_down_leaves_no_process_and_keeps_the_data(project: Project) -> None:
    scraped = 'up{job="prometheus"}'
    project.run("up")
    wait_until(lambda: project.query(scraped), 60, "Prometheus has recorded something")
    assert "is down" in project.run("down")
    assert project.processes() == []
    assert not project.folder.socket.exists()
    assert "`slostack up` starts it" in project.run("status", exit_code=1)
    project.run("up")
    assert project.query(f"count_over_time({scraped}[10m])")


def test_down_twice_is_no_mistake(project: Project) -> None:
    assert "is down" in project.run("down")
    assert "is down" in project.run("down")


def test_secrets_are_for_the_user_alone(stack: Project) -> None:
    made_up = {file.name: file.read_text() for file in stack.folder.secrets("grafana").iterdir()}
    assert made_up.keys() == {"grafana-admin-password", "grafana-secret-key", "grafana-metrics-password"}
    assert len(set(made_up.values())) == 3
    assert all(file.stat().st_mode & 0o077 == 0 for file in stack.folder.secrets("grafana").iterdir())
    assert (stack.folder.path / "secrets").stat().st_mode & 0o077 == 0


def test_history_is_there_from_the_start(stack: Project) -> None:
    for slo in ("availability", "quiz-latency-p95", "payment-success"):
        (count,) = stack.query(f'count_over_time(slo:events:count5m{{slo="{slo}"}}[30d])')
        assert float(count["value"][1]) >= 8639
    wait_until(lambda: stack.query('slo:error_ratio:rate1d{slo="availability"}'), 60, "a day's error ratio")
    (scrapes,) = stack.query('count_over_time(up{job="learnsnap"}[1h])')
    assert float(scrapes["value"][1]) > 220


def test_history_is_for_the_demo_alone(project: Project) -> None:
    project.set_local(demo=["learnsnap"])
    project.set("services", {"learnsnap": {"targets": ["127.0.0.1:9"]}})
    assert "making up" not in project.run("up")


def test_a_stack_of_a_cluster_is_not_for_this_machine(project: Project) -> None:
    file = project.root / "stacks" / "Pulumi.dev.yaml"
    urls = "{grafana: 'https://g', prometheus: 'https://p', alertmanager: 'https://a', runbooks: 'https://r'}"
    file.write_text(
        "config:\n  slostack:environment: dev\n  slostack:delivery: kubernetes\n"
        f"  slostack:urls: {urls}\n  slostack:kubernetes: {{context: kind}}\n"
    )
    assert "use `pulumi up -s dev`" in project.run("up", "--env", "dev", exit_code=1)


def test_a_long_path_has_a_socket_too(tmp_path: Path, project: Project) -> None:
    deep = project.root.rename(tmp_path / ("deep" * 30))
    moved = Project(deep, project.ports)
    try:
        moved.run("up")
        assert moved.pids()
        moved.run("down")
        assert moved.processes() == []
    finally:
        moved.end()


def _groups(project: Project) -> set[str]:
    answer = requests.get(f"{project.url('prometheus')}/api/v1/rules", timeout=10).json()
    return {group["name"] for group in answer["data"]["groups"]}

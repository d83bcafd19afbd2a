"""With the real tools, which the project gets for itself."""

import subprocess
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from slostack import promtool
from slostack.promtool import CheckFailed

RECORDING = """
groups:
  - name: a
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
"""

RULES = f"""{RECORDING}
      - alert: Down
        expr: job:up:sum == 0
        labels: {{severity: critical}}
"""

FIXTURE = """
rule_files: [rules.yaml]
tests:
  - name: an outage
    interval: 1m
    input_series:
      - series: up{job="shop"}
        values: "0 0 0"
    alert_rule_test:
      - alertname: Down
        eval_time: 2m
        exp_alerts:
          - exp_labels: {job: shop, severity: critical}
"""

ROUTES = """
route:
  receiver: default
  routes:
    - matchers: ['team="team \\"b\\" & co"']
      receiver: team-b
      continue: true
    - matchers: [severity="critical"]
      receiver: pager
receivers:
  - name: default
  - name: team-b
  - name: pager
"""

LOKI = """
auth_enabled: false
server: {http_listen_port: 3100}
common:
  path_prefix: /tmp/loki
  replication_factor: 1
  ring: {kvstore: {store: inmemory}}
  storage: {filesystem: {chunks_directory: /tmp/loki/chunks, rules_directory: /tmp/loki/rules}}
schema_config:
  configs:
    - {from: 2024-01-01, store: tsdb, object_store: filesystem, schema: v13, index: {prefix: i_, period: 24h}}
"""

LOKI_RULES = """
groups:
  - name: logins
    rules:
      - alert: FailedLogins
        expr: sum by (address) (count_over_time({app="shop"} | json | event="login_failed" [5m])) > 10
        for: 1m
      - record: app:lines:rate5m
        expr: sum by (app) (rate({app="shop"}[5m]))
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_good_rules_pass(tmp_path: Path) -> None:
    promtool.check_rules([write(tmp_path, "a.yaml", RULES), write(tmp_path, "b.yaml", RULES)])


def test_bad_rules_are_named_with_what_is_wrong(tmp_path: Path) -> None:
    good = write(tmp_path, "good.yaml", RULES)
    bad = write(tmp_path, "bad.yaml", RULES.replace("sum by (job) (up)", "sum by (job (up)"))
    with pytest.raises(CheckFailed) as error:
        promtool.check_rules([good, bad])
    assert "promtool says:" in str(error.value)
    assert f"{bad}: 6:" in str(error.value)
    assert 'unexpected "(" in grouping opts' in str(error.value)


def test_mistakes_are_found_in_every_batch_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promtool, "_BATCH", 2)
    files = [
        write(tmp_path, f"{number}.yaml", RULES.replace("== 0", "= 0") if number in (1, 4) else RULES)
        for number in range(5)
    ]
    assert [mistake.file for mistake in promtool.rule_mistakes(files)] == [files[1], files[4]]
    with pytest.raises(CheckFailed, match=r"4\.yaml"):
        promtool.check_rules(files[2:])


def test_a_missing_file_and_no_file_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match=f"no such file: {tmp_path}/none.yaml"):
        promtool.check_rules([tmp_path / "none.yaml"])
    with pytest.raises(CheckFailed, match="no files to check"):
        promtool.check_rules([])


def test_config_with_its_rules(tmp_path: Path) -> None:
    config = write(tmp_path, "prometheus.yml", "rule_files: [rules.yaml]\n")
    write(tmp_path, "rules.yaml", RULES)
    promtool.check_config(config)
    write(tmp_path, "rules.yaml", RULES.replace("sum by (job) (up)", "summ(up)"))
    with pytest.raises(CheckFailed, match='unknown function with name "summ"'):
        promtool.check_config(config)


@pytest.mark.parametrize(
    "discovery",
    [
        "static_configs: [{targets: ['127.0.0.1:9090']}]",
        "file_sd_configs: [{files: ['targets/*.json']}]",
        "http_sd_configs: [{url: 'http://127.0.0.1:1/targets'}]",
        "kubernetes_sd_configs: [{role: pod}]",
    ],
)
def test_the_discoveries_that_the_stack_uses_are_built_in(tmp_path: Path, discovery: str) -> None:
    promtool.check_config(write(tmp_path, "prometheus.yml", f"scrape_configs:\n  - job_name: a\n    {discovery}\n"))


def test_a_fixture_that_passes(tmp_path: Path) -> None:
    write(tmp_path, "rules.yaml", RULES)
    result = promtool.test_rules(write(tmp_path, "fixture.yaml", FIXTURE))
    assert result.passed
    assert "SUCCESS" in result.output


def test_a_fixture_that_fails_shows_the_difference(tmp_path: Path) -> None:
    write(tmp_path, "rules.yaml", RULES.replace("critical", "high"))
    result = promtool.test_rules(write(tmp_path, "fixture.yaml", FIXTURE))
    assert not result.passed
    assert "name: an outage" in result.output
    assert '"severity": "critical" => "high"' in result.output
    assert "\x1b" not in result.output


def test_alertmanager_config(tmp_path: Path) -> None:
    promtool.check_alertmanager_config(write(tmp_path, "am.yml", ROUTES))
    with pytest.raises(CheckFailed, match='undefined receiver "pager" used in route'):
        promtool.check_alertmanager_config(write(tmp_path, "am.yml", ROUTES.replace("  - name: pager", "")))


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({"severity": "low"}, ("default",)),
        ({}, ("default",)),
        ({"severity": "critical"}, ("pager",)),
        ({"severity": "critical", "team": 'team "b" & co'}, ("team-b", "pager")),
        ({"team": 'team "b" & co', "summary": "a, b = ü"}, ("team-b",)),
    ],
)
def test_routes(tmp_path: Path, labels: dict[str, str], receivers: tuple[str, ...]) -> None:
    assert promtool.route_test(write(tmp_path, "am.yml", ROUTES), labels) == receivers


def test_loki_config(tmp_path: Path) -> None:
    promtool.verify_loki_config(write(tmp_path, "loki.yaml", LOKI))
    with pytest.raises(CheckFailed, match="field auth_enable not found"):
        promtool.verify_loki_config(write(tmp_path, "loki.yaml", LOKI.replace("auth_enabled", "auth_enable")))


def test_loki_rules(tmp_path: Path) -> None:
    good = write(tmp_path, "rules.yaml", LOKI_RULES)
    (tmp_path / "of-a-team").mkdir()
    promtool.verify_loki_rules([good, write(tmp_path / "of-a-team", "rules.yaml", LOKI_RULES)])
    bad = write(tmp_path, "bad.yaml", LOKI_RULES.replace("| json |", "| jsn |"))
    with pytest.raises(CheckFailed, match=r"bad.yaml: lokitool says:\n.*parse error"):
        promtool.verify_loki_rules([good, bad])


def test_blocks_from_openmetrics(tmp_path: Path) -> None:
    samples = "# TYPE a gauge\na 1 1700000000\na 2 1700000060\n# EOF\n"
    promtool.create_blocks_from_openmetrics(write(tmp_path, "in.txt", samples), tmp_path / "out")
    [block] = (tmp_path / "out").iterdir()
    assert (block / "meta.json").is_file()
    with pytest.raises(CheckFailed, match="promtool says"):
        promtool.create_blocks_from_openmetrics(write(tmp_path, "in.txt", "a 1"), tmp_path / "out")


def test_blocks_from_rules_over_the_past_of_a_prometheus(tmp_path: Path) -> None:
    values = ",".join(f'[{second},"1"]' for second in range(1700000000, 1700000301, 60))
    result = f'{{"resultType":"matrix","result":[{{"metric":{{"job":"shop"}},"values":[{values}]}}]}}'
    answer = f'{{"status":"success","data":{result}}}'.encode()

    class Prometheus(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Prometheus)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        promtool.create_blocks_from_rules(
            [write(tmp_path, "rules.yaml", RECORDING)],
            tmp_path / "out",
            url=f"http://127.0.0.1:{server.server_port}",
            start=datetime.fromtimestamp(1700000000, UTC),
            end=datetime.fromtimestamp(1700000300, UTC),
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    [block] = (tmp_path / "out").iterdir()
    assert '"numSamples": 6' in (block / "meta.json").read_text()


def test_a_tool_that_hangs_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 120)

    rules = write(tmp_path, "rules.yaml", RULES)
    monkeypatch.setattr(subprocess, "run", hang)
    monkeypatch.setattr(promtool, "_path", Path)
    with pytest.raises(CheckFailed, match=rf"promtool check rules {rules} did not end within 120 s"):
        promtool.check_rules([rules])

"""Exporters of what services need that is managed elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slostack import plain_yaml, promtool
from slostack.deploy.policies import violations
from slostack.errors import SlostackError
from slostack.servers import versions
from slostack.spec import SpecError, load_services
from tests.components.needs_stack import (
    NEEDS,
    SHOP,
    needs_bundle,
    needs_program,
    needs_project,
    needs_settings,
)
from tests.components.program import Program
from tests.components.test_network import allowed
from tests.components.wrong_config import Wrong, check_refusal

SECRETS = {
    "postgres-exporter-shop": {"password": "canary-postgresPassword-shop"},
    "redis-exporter-shop": {
        "passwords.json": json.dumps({"rediss://looker@redis.acme.example:6380": "canary-redisPassword-shop"})
    },
    "cloudwatch-exporter-shop": {"credentials": "canary-awsCredentials-shop"},
    "json-exporter-shop": {"token": "canary-jsonToken-shop"},
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return needs_program(needs_project(tmp_path_factory.mktemp("needs")), needs_settings())


def container(program: Program, server: str) -> dict[str, Any]:
    ((_, template),) = [each for each in program.pods() if each[0] == server]
    (found,) = template["spec"]["containers"]
    return dict(found)


def test_they_violate_no_policy(program: Program) -> None:
    assert [(each.name, what) for each in program.resources for what in violations(each.type, each.inputs)] == []


def test_each_has_its_own_secret_as_a_file_and_no_other(program: Program) -> None:
    secrets = {each.parent: each.inputs["stringData"]["value"] for each in program.of_type(":Secret")}
    assert {server: files for server, files in secrets.items() if "exporter" in server} == SECRETS
    elsewhere = [dict(each.inputs) for each in program.resources if not each.type.endswith(":Secret")]
    assert "canary-" not in json.dumps(elsewhere)


def test_each_runs_the_pinned_version_and_is_told_where_to_look(program: Program) -> None:
    postgres = container(program, "postgres-exporter-shop")
    assert {each["name"]: each["value"] for each in postgres["env"]} == {
        "DATA_SOURCE_URI": (
            "pg.acme.example:5432/shop?sslmode=verify-full&connect_timeout=5"
            "&sslrootcert=/etc/postgres-exporter-shop/ca.pem"
        ),
        "DATA_SOURCE_USER": "looker",
        "DATA_SOURCE_PASS_FILE": "/etc/slostack/secrets/password",
    }
    assert container(program, "redis-exporter-shop")["args"] == [
        "--web.listen-address=:9121",
        "--redis.addr=rediss://redis.acme.example:6380",
        "--redis.user=looker",
        "--redis.password-file=/etc/slostack/secrets/passwords.json",
    ]
    cloudwatch = container(program, "cloudwatch-exporter-shop")
    assert {"name": "AWS_SHARED_CREDENTIALS_FILE", "value": "/etc/slostack/secrets/credentials"} in cloudwatch["env"]
    for server in SECRETS:
        kind = server.removesuffix("-shop")
        assert container(program, server)["image"] == versions()[kind].image


def test_each_may_go_where_it_looks_and_nowhere_else(program: Program) -> None:
    sent, received = allowed(program)
    assert {flow for flow in sent if flow[0] in SECRETS} == {
        ("postgres-exporter-shop", "outside", 5432, "TCP"),
        ("redis-exporter-shop", "outside", 6380, "TCP"),
        ("cloudwatch-exporter-shop", "outside", 443, "TCP"),
        ("json-exporter-shop", "outside", 8443, "TCP"),
    }
    asked = {flow for flow in received if flow[1] in SECRETS}
    assert {flow[:2] for flow in asked} == {("prometheus", server) for server in SECRETS}
    assert asked <= sent


def test_one_goes_to_an_address_or_where_its_name_leads_alone(tmp_path: Path) -> None:
    slos = SHOP.replace("postgres, redis, rds, json", "postgres, redis, json")
    needs = {
        "postgres": {"host": "10.0.0.5:5432"},
        "redis": {"host": "[fd00::5]:6379", "password": False},
        "json": {"url": "https://shop.acme.example/up.json", "addresses": ["10.1.0.0/24", "10.2.0.7/32"]},
    }
    program = needs_program(needs_project(tmp_path, slos), needs_settings(needs))
    blocks = {
        server: [
            (peer["ipBlock"]["cidr"], rule["ports"][0]["port"])
            for rule in program.one(":NetworkPolicy", server).inputs["spec"]["egress"]
            for peer in rule["to"]
        ]
        for server in ("postgres-exporter-shop", "redis-exporter-shop", "json-exporter-shop")
    }
    assert blocks == {
        "postgres-exporter-shop": [("10.0.0.5/32", 5432)],
        "redis-exporter-shop": [("fd00::5/128", 6379)],
        "json-exporter-shop": [("10.1.0.0/24", 443), ("10.2.0.7/32", 443)],
    }


def test_one_without_a_secret_goes_by_its_identity(tmp_path: Path) -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/cw"}
    slos = SHOP.replace("[postgres, redis, rds, json]", "[rds]").replace("json_metrics:", "#")
    slos = "".join(line for line in slos.splitlines(keepends=True) if "uploads_total" not in line)
    settings = needs_settings({"rds": {"instance": "shop-prod", "region": "eu-central-1", "identity": role}})
    program = needs_program(needs_project(tmp_path, slos), settings)
    assert program.one(":ServiceAccount", "cloudwatch-exporter-shop").inputs["metadata"]["annotations"] == role
    assert not [each for each in program.of_type(":Secret") if each.parent == "cloudwatch-exporter-shop"]


def test_prometheus_scrapes_each_as_a_job_of_the_service(tmp_path: Path) -> None:
    files = needs_bundle(needs_project(tmp_path), needs_settings()).files
    (tmp_path / "prometheus.yml").write_text(files["prometheus/prometheus.yml"])
    promtool.check_config_syntax(tmp_path / "prometheus.yml")
    jobs = {each["job_name"]: each for each in plain_yaml.load(files["prometheus/prometheus.yml"])["scrape_configs"]}
    asked = {
        name: (jobs[name]["static_configs"][0]["targets"], jobs[name]["relabel_configs"][0]["replacement"])
        for name in ("shop-postgres", "shop-redis", "shop-rds", "shop-json")
    }
    assert asked == {
        "shop-postgres": (["postgres-exporter-shop.slostack.svc:9187"], "pg.acme.example:5432"),
        "shop-redis": (["redis-exporter-shop.slostack.svc:9121"], "redis.acme.example:6380"),
        "shop-rds": (["cloudwatch-exporter-shop.slostack.svc:5000"], "shop-prod"),
        "shop-json": (["json-exporter-shop.slostack.svc:7979"], "https://shop.acme.example:8443/metrics.json"),
    }
    assert jobs["shop-json"]["params"] == {
        "module": ["shop"],
        "target": ["https://shop.acme.example:8443/metrics.json"],
    }


def test_what_cloudwatch_says_late_is_scraped_as_of_now_and_nothing_is_no_number(tmp_path: Path) -> None:
    files = needs_bundle(needs_project(tmp_path), needs_settings()).files
    jobs = {each["job_name"]: each for each in plain_yaml.load(files["prometheus/prometheus.yml"])["scrape_configs"]}
    assert jobs["shop-rds"]["honor_timestamps"] is False
    (job,) = plain_yaml.load(files["cloudwatch-exporter-shop/config.yml"])["static"]
    assert job["dimensions"] == [{"name": "DBInstanceIdentifier", "value": "shop-prod"}]
    assert {metric["name"] for metric in job["metrics"]} >= {"CPUUtilization", "FreeStorageSpace"}
    for metric in job["metrics"]:
        assert metric["addCloudwatchTimestamp"] is True, "else it would be NaN"
        assert "nilToZero" not in metric


def test_numbers_in_json_become_metrics(tmp_path: Path) -> None:
    files = needs_bundle(needs_project(tmp_path), needs_settings()).files
    module = plain_yaml.load(files["json-exporter-shop/config.yml"])["modules"]["shop"]
    assert module["metrics"] == [
        {
            **{"help": "uploads_total", "name": "uploads_total", "path": "{ .uploads.total }"},
            **{"labels": {"source": "api"}, "type": "value", "valuetype": "counter"},
        }
    ]
    authorization = module["http_client_config"]["authorization"]
    assert authorization == {"type": "Bearer", "credentials_file": "/etc/slostack/secrets/token"}


def test_the_signals_of_what_it_needs_are_on_by_the_exporters_names(tmp_path: Path) -> None:
    (service,) = load_services(needs_project(tmp_path))
    exprs = {alert.name: str(alert.expr) for alert in service.alerts}
    assert exprs["DatabaseDown"] == 'max(pg_up{job="shop-postgres"}) == 0'
    assert 'scalar(max(pg_settings_max_connections{job="shop-postgres"}))' in exprs["DatabaseConnectionsHigh"]
    assert exprs["RedisDown"] == 'max(redis_up{job="shop-redis"}) == 0'
    assert 'aws_rds_cpuutilization_average{job="shop-rds"}' in exprs["DatabaseCpuHigh"]
    bundle = needs_bundle(tmp_path, needs_settings())
    assert "DatabaseDown" in bundle.files["prometheus/rules/shop.yaml"]
    assert "pg_stat_activity_count" in bundle.files["grafana/dashboards/shop.json"]


def test_a_signal_that_the_file_has_is_left_as_it_is(tmp_path: Path) -> None:
    own = "signals:\n  postgres: {job: shop-postgres, reachable: pg_up, limit: 20}\nslos:\n"
    (service,) = load_services(needs_project(tmp_path, SHOP.replace("slos:\n", own)))
    exprs = {alert.name: str(alert.expr) for alert in service.alerts}
    assert "pg_settings_max_connections" not in exprs["DatabaseConnectionsHigh"]


def test_a_need_without_its_place_and_a_place_that_nothing_needs_are_told_by_key_and_stack(tmp_path: Path) -> None:
    root = needs_project(tmp_path, SHOP.replace("postgres, redis, rds", "postgres, redis"))
    with pytest.raises(SlostackError) as told:
        needs_bundle(root, needs_settings({key: NEEDS[key] for key in ("redis", "rds", "json")}))
    assert str(told.value).splitlines() == [
        "stacks/Pulumi.dev.yaml: slostack:services.shop.needs.postgres: missing, as slos/shop.yaml needs postgres, "
        "expected the host of a database, and who may look at it",
        "stacks/Pulumi.dev.yaml: slostack:services.shop.needs.rds: slos/shop.yaml doesn't need rds, "
        "expected `needs: [rds]` there, or it left out here",
    ]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("redis, rds", "redis, redis", "needs[2]: 'redis' again, expected each once"),
        ("rds, json", "rds", "json_metrics: `json_metrics` without the need, expected `needs: [json]` beside them"),
        ("redis, rds", "redis, kafka", "needs[2]: 'kafka'"),
        ("scrape: [{job: shop}]", "scrape: [{job: shop}, {job: shop-rds}]", "the job 'shop-rds' is in"),
    ],
)
def test_a_wrong_need_is_named_in_the_slo_file(before: str, after: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as told:
        load_services(needs_project(tmp_path, SHOP.replace(before, after)))
    assert message in str(told.value)


def edit(need: str, **facts: Any) -> Any:
    return lambda config: config["services"]["learnsnap"].update(needs={need: facts})


WRONG: Wrong = {
    "no host": (edit("postgres"), "slostack:services.learnsnap.needs.postgres.host: missing, expected a value"),
    "a user with an address": (
        edit("postgres", host="pg.acme.example:5432", user="looker@pg"),
        "slostack:services.learnsnap.needs.postgres.user: 'looker@pg' (text), expected a name without",
    ),
    "no such need": (edit("kafka"), "slostack:services.learnsnap.needs.kafka: unknown key"),
    "no region": (edit("rds", instance="a"), "slostack:services.learnsnap.needs.rds.region: missing"),
    "a token in the clear": (
        edit("json", url="http://shop.acme.example/health.json", token=True),
        "slostack:services.learnsnap.needs.json.url: http://, expected https://, as the token can be read on its way",
    ),
    "no CIDR": (
        edit("postgres", host="pg.acme.example:5432", addresses=["10.0.0.5"]),
        "slostack:services.learnsnap.needs.postgres.addresses[0]: '10.0.0.5' (text), expected addresses such as",
    ),
    "the addresses of an address": (
        edit("redis", host="10.0.0.5:6379", addresses=["10.0.0.0/24"]),
        "slostack:services.learnsnap.needs.redis.addresses: `addresses` of 10.0.0.5, expected it left out, as that",
    ),
    "the addresses of a Service": (
        edit("json", url="http://api.shop.svc/up.json", addresses=["10.0.0.0/24"]),
        "slostack:services.learnsnap.needs.json.addresses: `addresses` of api.shop.svc, expected it left out, as that",
    ),
    "another delivery": (
        lambda c: (edit("redis", host="r.acme.example:1")(c), c.update(delivery="operator")),
        "slostack:services.learnsnap.needs: exporters with delivery operator, expected them left out",
    ),
    "a service's name that leaves no room for its exporters'": (
        lambda c: c["services"].update({"a" * 44: {"targets": ["a:1"], "needs": {"redis": {"host": "r:1"}}}}),
        f"slostack:services.{'a' * 44}.needs: needs of a service whose name has 44 characters, expected at most 43",
    ),
    "not needed": (
        edit("redis", host="r.acme.example:1", password=False),
        "slostack:services.learnsnap.needs.redis: slos/learnsnap.yaml doesn't need redis",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_facts_are_refused(wrong: str) -> None:
    check_refusal(*WRONG[wrong])

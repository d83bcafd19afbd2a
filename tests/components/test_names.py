"""What was deployed by a name is known by it for good: Pulumi would delete it, and make it anew, by another one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.components.program import Program, Registered, canaries, run_program, stack_config

LIST = Path(__file__).with_name("names.txt")
"""Type and logical name of whatever a stack has ever registered; a rename adds a line and leaves the old one."""


def names(program: Program) -> set[str]:
    """Type and logical name of each resource, by its aliases as well; but of shards, whose numbers follow from what
    they hold."""
    return {name for each in program.resources for name in _names(each) if "-of-" not in name}


def _names(each: Registered) -> Iterator[str]:
    for name in filter(None, (each.name, *each.aliases)):
        yield f"{each.type.removeprefix('kubernetes:')} {name}"


def everything() -> set[str]:
    """The names of a stack that uses all that there is, by either way to reach Grafana."""
    config = stack_config("prod")
    config["services"]["learnsnap"] |= {"clientCertificate": True}
    config["thanos"] = {"bucket": {"type": "s3"}, "query": {"replicas": 2}, "store": {"replicas": 2}}
    config["loki"] |= {"replicas": 3, "bucket": {"type": "gcs", "name": "logs", "credentials": True}}
    gateway = stack_config("dev")
    gateway["grafana"] = {}
    host = gateway["urls"]["grafana"].removeprefix("https://")
    gateway["kubernetes"]["exposure"] = {"kind": "gateway", "host": host, "gateway": "web", "fromNamespace": "web"}
    gateway["services"]["learnsnap"] = {"pods": {"namespace": "shop", "labels": {"app": "x"}, "port": 1}}
    of_prod = run_program(
        "prod", config, canaries("prod", config) | {"scrapeCertificate-learnsnap": "c", "scrapeKey-learnsnap": "k"}
    )
    return names(of_prod) | names(run_program("dev", gateway, canaries("dev")))


def test_every_name_that_there_was_is_known() -> None:
    listed = LIST.read_text(encoding="utf-8").splitlines()
    assert listed == sorted(listed)
    now = everything()
    assert set(listed) - now == set(), "gone: give the resource an alias of its old name"
    assert now - set(listed) == set(), f"new: add it to {LIST.name}"

"""What services write of secrets and people is not stored: looked for in all that a real Loki has of it."""

from __future__ import annotations

import json

import pytest
import requests

from tests.cluster.log_pipeline import Pipeline, StagesAlone, Stored, last
from tests.logs.sensitive import CANARIES, HARMLESS, LINES


def test_alloy_sends_no_secret_and_nothing_about_people(pipeline: Pipeline) -> None:
    check(pipeline, "canaries")


def test_its_stages_leave_no_secret_and_nothing_about_people(stages: StagesAlone) -> None:
    """As far as Python tells without an Alloy: it reads the stages of the config, and an expression as RE2 does."""
    check(stages, "stages")


def check(way: Stored, namespace: str) -> None:
    """Sends the lines and looks for what may not be stored in lines, labels and structured metadata."""
    way.push(namespace, *LINES, *HARMLESS)
    lines = way.settled(namespace, last)
    assert len(lines) == len(LINES) + len(HARMLESS)
    everything = json.dumps(way.stored(namespace), ensure_ascii=False).replace('\\"', '"').replace("\\\\", "\\")
    assert [canary for canary in CANARIES if canary in everything] == []
    assert [line for line in HARMLESS if line not in lines] == []
    assert {stream.get("kind") for line, stream in way.stored(namespace) if '"event":' in line} == {"security"}
    ids = [stream for line, stream in way.stored(namespace) if "4111aa112233" in line]
    assert [(each["request_id"], each["trace_id"]) for each in ids] == [
        ("4b825dc6-42cb-4e15-9d54-4111aa112233", "4bf92f3577b34da6a3ce929d0e0e4736")
    ]
    series = requests.get(
        f"{way.loki}/loki/api/v1/series", params={"match[]": f'{{namespace="{namespace}"}}'}, timeout=10
    )
    assert [canary for canary in CANARIES if canary in series.text] == []


def test_a_canary_that_is_not_masked_is_found(stages: StagesAlone) -> None:
    with pytest.raises(AssertionError, match=r"ada\+quiz"):
        check(StagesAlone(stages.loki, stages.stages.without("replace")), "unmasked")

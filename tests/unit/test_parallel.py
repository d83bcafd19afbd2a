"""Work in chunks: the same results in the same order from one process or several, and no wait for a killed one."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import pytest

from slostack.errors import SlostackError
from slostack.parallel import WORTH_A_PROCESS, in_chunks

MANY = range(4 * WORTH_A_PROCESS)


def doubled(numbers: Sequence[int]) -> tuple[int, list[int]]:
    return os.getpid(), [2 * number for number in numbers]


def killed(_: Sequence[int]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refused(numbers: Sequence[int]) -> None:
    raise SlostackError(f"{numbers[0]} is wrong")


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)


def test_few_items_are_worked_on_here() -> None:
    assert [*in_chunks(doubled, range(3))] == [(os.getpid(), [0, 2, 4])]


def test_many_items_are_worked_on_elsewhere_and_keep_their_order() -> None:
    results = [*in_chunks(doubled, MANY)]
    assert os.getpid() not in {process for process, _ in results}
    assert [number for _, numbers in results for number in numbers] == [2 * number for number in MANY]


def test_what_is_raised_there_is_raised_here() -> None:
    with pytest.raises(SlostackError, match=r"^0 is wrong$"):
        [*in_chunks(refused, MANY)]


def test_a_killed_process_is_said() -> None:
    with pytest.raises(SlostackError, match=r"^one of 2 processes was killed"):
        [*in_chunks(killed, MANY)]

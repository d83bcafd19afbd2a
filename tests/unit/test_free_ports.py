"""Ports that tests pick are given to one of them alone, whichever process it is in."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from tests.processes import free_ports


def test_processes_that_are_forked_from_one_get_ports_of_their_own() -> None:
    own = free_ports(5)
    with ProcessPoolExecutor(3, multiprocessing.get_context("fork")) as lanes:
        picked = [port for ports in lanes.map(free_ports, [5] * 3) for port in ports]
    assert len({*own, *picked}) == 20

"""Work on many items in several processes, where there are enough of them to be worth it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from slostack.errors import SlostackError

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_A_PROCESS = 100
"""With fewer items each, starting processes takes longer than it saves."""
_MOST_PROCESSES = 8
_CHUNKS_EACH = 4
"""More than one, so that a process that is done early finds more to do."""


def in_chunks(work: Callable[[Sequence[Item]], Result], items: Sequence[Item]) -> Iterator[Result]:
    """What `work` makes of the items, some at a time, in their order. Everything must be picklable.

    Raises what `work` raises, and SlostackError where a process is killed.
    """
    processes = min(os.cpu_count() or 1, len(items) // WORTH_A_PROCESS, _MOST_PROCESSES)
    if processes < 2:
        yield work(items)
        return
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
    from multiprocessing import get_context

    size = -(-len(items) // (processes * _CHUNKS_EACH))
    chunks = [items[start : start + size] for start in range(0, len(items), size)]
    with ProcessPoolExecutor(processes, get_context("fork" if sys.platform == "linux" else None)) as executor:
        try:
            yield from executor.map(work, chunks)
        except BrokenProcessPool:
            raise SlostackError(f"one of {processes} processes was killed, expected memory for all of them") from None

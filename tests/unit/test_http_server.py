"""The server in the background: it ends with what it is for."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from threading import active_count

import pytest

from slostack.http_server import HttpServer, serving


def test_a_block_that_fails_leaves_no_thread() -> None:
    """One that waits at the closed socket would take a processor for ever."""
    before = active_count()
    with pytest.raises(KeyError), serving(HttpServer("127.0.0.1", 0, BaseHTTPRequestHandler)):
        raise KeyError
    assert active_count() == before

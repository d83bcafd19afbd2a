"""A server that can't be reached, refuses, or answers in part only is said to do so; queries are cut into pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

import pytest

from slostack.backtest.prometheus import SPAN, Prometheus, Query, UnansweredError
from slostack.errors import SlostackError
from slostack.http_server import HttpServer, serving
from tests.processes import free_port

SUCCESS = '{"status": "success", "data": {"resultType": "matrix", "result": []}%s}'
A_MINUTE = Query(f"up[{SPAN}]", 0, 60_000)
PART = '"warnings": ["store-2: connection refused"]'
TOO_MANY = "query processing would load too many samples"
asked: list[dict[str, str]] = []


@contextmanager
def server(status: int, answer: str) -> Iterator[str]:
    """The URL of a server that gives one answer to everything."""
    asked.clear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            asked.append(
                {"path": self.path, "auth": self.headers.get("Authorization", "")} | {k: v[0] for k, v in form.items()}
            )
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer.encode())))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            pass

    http = HttpServer("127.0.0.1", 0, Handler)
    with serving(http):
        yield f"http://127.0.0.1:{http.server_port}"


def ask(url: str, query: Query = A_MINUTE, token: str | None = None) -> None:
    Prometheus(url, token).ask([query])


@pytest.mark.parametrize(
    ("status", "answer", "message"),
    [
        (200, SUCCESS % f", {PART}", r"in part only \(store-2: connection refused\), expected all of it: up\["),
        (200, SUCCESS[:-5], r"doesn't answer as a Prometheus does \(200 OK\), expected its API below /api/v1"),
        (404, "<html>", r"doesn't answer as a Prometheus does \(404 Not Found\)"),
        (401, "", r"refuses to answer \(401 Unauthorized\), expected credentials that may read"),
        (403, "", r"refuses to answer \(403 Forbidden\)"),
        (422, json.dumps({"status": "error", "error": TOO_MANY}), f"can't answer up.*: {TOO_MANY}"),
    ],
)  # fmt: skip
def test_what_a_server_does_not_answer_is_an_error(status: int, answer: str, message: str) -> None:
    with server(status, answer) as url, pytest.raises(SlostackError, match=message):
        ask(url)


def test_a_remark_on_the_query_is_none_on_the_answer() -> None:
    with server(
        200, SUCCESS % ', "warnings": ["PromQL warning: quantile"], "infos": ["PromQL info: no counter"]'
    ) as url:
        ask(url)


def test_nobody_answers() -> None:
    url = f"http://user:secret@127.0.0.1:{free_port()}"
    with pytest.raises(SlostackError, match=r"can't be reached \(Connection refused\), expected a Prometheus") as error:
        ask(url)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("url", ["nope", "ftp://x", "http://"])
def test_no_url(url: str) -> None:
    with pytest.raises(SlostackError, match="is no URL of a server, expected one such as http://prometheus:9090"):
        ask(url)


def test_a_token_is_sent_and_never_shown() -> None:
    with server(401, "") as url, pytest.raises(SlostackError, match="expected its credentials") as error:
        ask(url, token="s3cret")
    assert asked[0]["auth"] == "Bearer s3cret"
    assert "s3cret" not in str(error.value) + repr(Prometheus(url, "s3cret"))


def test_samples_are_asked_for_by_a_range_and_values_by_steps() -> None:
    with server(200, SUCCESS % "") as url:
        ask(url, Query(f"up[{SPAN}]", 60_000, 180_500))
        ask(url, Query("up", 60_000, 180_000, 30_000))
    always = {"auth": "", "max_source_resolution": "0s"}
    assert asked[0] == {"path": "/api/v1/query", **always, "query": "up[120500ms]", "time": "180.500"}
    steps = {"query": "up", "start": "90.000", "end": "180.000", "step": "30.000"}
    assert asked[1] == {"path": "/api/v1/query_range", **always, **steps}


def test_series_of_one_cluster_alone_are_read() -> None:
    with server(200, SUCCESS % "") as url:
        of_one = Prometheus(url, only={"cluster": "eu-1", "environment": 'a"b'})
        samples = Query(f'{{__name__=~"up|down",job="x"}}[{SPAN}]', 0, 60_000)
        of_one.ask([samples, Query("sum(rate(a[5m])) / b", 0, 60_000, 30_000)])
    matchers = 'cluster="eu-1",environment="a\\"b"'
    assert {each["query"] for each in asked} == {
        f'{{__name__=~"up|down",job="x",{matchers}}}[60000ms]',
        f"sum(rate(a{{{matchers}}}[5m])) / b{{{matchers}}}",
    }


def test_values_of_a_series_are_read() -> None:
    series = {"metric": {"a": "b"}, "values": [[1.5, "0.25"], [31.5, "NaN"]]}
    with server(200, json.dumps({"status": "success", "data": {"result": [series]}})) as url:
        ((found,),) = Prometheus(url).ask([Query("x", 0, 60_000, 30_000)])
    assert (found.labels, found.times.tolist(), found.values[0]) == ({"a": "b"}, [1500, 31500], 0.25)


@contextmanager
def limited(most: int, error: str) -> Iterator[str]:
    """The URL of a server that gives up on more than so many minutes, and of each minute has its number."""
    asked.clear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = {k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
            asked.append(form)
            last = int(float(form.get("end") or form["time"]) / 60)
            first = int(float(form["start"]) / 60) if "start" in form else last - int(form["query"][2:-3]) // 60_000 + 1
            values = [[60 * minute, str(minute)] for minute in range(first, last + 1)]
            refused = {"status": "error", "errorType": error, "error": TOO_MANY}
            given = {"status": "success", "data": {"result": [{"metric": {"a": "b"}, "values": values}]}}
            text = json.dumps(refused if len(values) > most else given).encode()
            self.send_response(422 if len(values) > most else 200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    http = HttpServer("127.0.0.1", 0, Handler)
    with serving(http):
        yield f"http://127.0.0.1:{http.server_port}"


@pytest.mark.parametrize("step", [60_000, None])
@pytest.mark.parametrize("error", ["execution", "timeout"])
def test_what_is_too_much_at_once_is_asked_for_by_and_by(step: int | None, error: str) -> None:
    planned, answered = [0], [0]

    def report(more: int, done: int) -> None:
        planned[0] += more
        answered[0] += done

    minutes = 512
    query = Query("x" if step else f"x[{SPAN}]", 0, minutes * 60_000, step)
    with limited(100, error) as url:
        ((found,),) = Prometheus(url, report=report).ask([query])
    assert found.values.tolist() == list(range(1, minutes + 1))
    assert (found.times == found.values * 60_000).all()
    assert planned == answered
    assert len(asked) > minutes / 100


def test_what_is_too_much_however_little_is_an_error_and_a_wrong_query_is_asked_once() -> None:
    steps = Query("x", 0, 6_000_000, 60_000)
    for query in (steps, Query(f"x[{SPAN}]", 0, 6_000_000)):
        with limited(0, "execution") as url, pytest.raises(UnansweredError, match=TOO_MANY):
            Prometheus(url).ask([query])
        assert 1 < len(asked) < 10
    with limited(0, "bad_data") as url, pytest.raises(UnansweredError, match=TOO_MANY):
        Prometheus(url).ask([steps])
    assert len(asked) == 1


def test_pieces_follow_on_each_other_and_are_no_longer_than_asked_or_than_prometheus_gives() -> None:
    whole = Query("x", 0, 100_000_000, 1_000)
    pieces = whole.pieces(30_000_000)
    assert [(piece.start, piece.end) for piece in pieces][:2] == [(0, 10_000_000), (10_000_000, 20_000_000)]
    assert pieces[-1].end == whole.end
    assert len(Query("x[SPAN]", 0, 100).pieces(30)) == 4
    assert Query("x", 0, 100_500, 1_000).pieces(10_000)[-1] == Query("x", 90_000, 100_000, 1_000)
    assert Query("x", 0, 999, 1_000).pieces(10_000) == []

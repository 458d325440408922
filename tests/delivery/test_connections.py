"""Answers in every form that HTTP has, over connections that are kept as long as both sides wish."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import urllib3
from urllib3.exceptions import HTTPError

from translator.delivery.answers import cause_of
from translator.delivery.connections import KeptConnections

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Script:
    """A server that answers the requests of its connections with the bytes it was given, in order.

    Args:
        answers: For each request; after an empty one the connection is closed without an answer.
        closes: Whether it closes the connection after each answer.
    """

    def __init__(self, answers: list[bytes], *, closes: bool = False) -> None:
        self._answers = iter(answers)
        self._closes = closes
        self.requests: list[bytes] = []
        self.connections = 0
        self.closed = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/1/envelope/?a=b"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Takes no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # The client may go before it has read all.
        with connection, suppress(OSError):
            data = b""
            while piece := connection.recv(65_536):
                data += piece
                head, end, body = data.partition(b"\r\n\r\n")
                length = re.search(rb"Content-Length: (\d+)", head)
                if not end or length is None or len(body) < int(length[1]):
                    continue
                self.requests.append(data)
                data = b""
                answer = next(self._answers)
                connection.sendall(answer)
                if self._closes or not answer:
                    break
        self.closed.release()


@contextmanager
def served(
    *answers: bytes, closes: bool = False, max_body: int = 1_000
) -> Iterator[tuple[Script, KeptConnections]]:
    """A script, and connections to it."""
    script = Script(list(answers), closes=closes)
    connections = KeptConnections(
        urllib3.PoolManager(),
        script.url,
        {"X-Key": "a"},
        timeout=5.0,
        max_body=max_body,
        clock=time.monotonic,
    )
    try:
        yield script, connections
    finally:
        connections.close()
        script.stop()


def test_a_request_says_what_it_has_to() -> None:
    with served(OK) as (script, connections):
        connections.post(b"body")

    host = script.url.split("/")[2].encode()
    assert script.requests == [
        b"POST /api/1/envelope/?a=b HTTP/1.1\r\nHost: " + host + b"\r\nAccept-Encoding: identity\r\n"
        b"X-Key: a\r\nContent-Length: 4\r\n\r\nbody"
    ]


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (OK, 200, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", 200, b"abc"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"ok"),
        (
            b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n",
            413,
            b"",
        ),
    ],
)
def test_answers_whose_end_is_known_keep_the_connection(answer: bytes, status: int, body: bytes) -> None:
    with served(answer, answer, answer) as (script, connections):
        replies = [connections.post(b"") for _ in range(3)]

    assert [(reply.status, bytes(reply.body)) for reply in replies] == [(status, body)] * 3
    assert "link" not in replies[0].headers
    assert script.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n\r\nok",
    ],
)
def test_answers_that_end_with_the_connection_are_whole(answer: bytes) -> None:
    with served(answer, answer, closes=True) as (script, connections):
        bodies = [bytes(connections.post(b"").body) for _ in range(2)]

    assert bodies == [b"ok", b"ok"]
    assert script.connections == 2


def test_a_connection_that_the_server_has_closed_since_is_not_used() -> None:
    with served(OK, OK, closes=True) as (script, connections):
        connections.post(b"")
        script.closed.acquire()
        connections.post(b"")

    assert script.connections == 2


def test_header_fields_are_found_in_lower_case_and_put_together() -> None:
    answer = b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n"
    with served(answer) as (_, connections):
        assert connections.post(b"").headers == {"retry-after": "7", "x-a": "1, 2", "content-length": "0"}


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"", "the answer broke off: nothing came"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the answer broke off: what came is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", "the answer broke off: only a part of it came"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            "the answer broke off: only a part of it came",
        ),
    ],
)
def test_what_is_no_answer_is_told(answer: bytes, cause: str) -> None:
    with served(answer, closes=True) as (_, connections), pytest.raises(HTTPError) as raised:
        connections.post(b"")

    assert cause_of(raised.value, 5.0) == cause


def test_of_an_endless_answer_only_the_begin_is_read() -> None:
    endless = b"HTTP/1.1 400 Bad\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 50_000
    with served(endless, OK) as (script, connections):
        reply = connections.post(b"")
        assert reply.status == 400
        assert 1_000 <= len(reply.body) <= 50_000
        connections.post(b"")

    assert script.connections == 2


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 O"])
def test_a_head_that_comes_in_drops_is_not_waited_for_longer_than_told(begin: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(begin)
            while not ended.wait(0.02):
                connection.sendall(b"K")

    threading.Thread(target=drip, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    connections = KeptConnections(
        urllib3.PoolManager(), url, {}, timeout=0.3, max_body=1_000, clock=time.monotonic
    )
    with listener, pytest.raises(TimeoutError):
        connections.post(b"body")
    ended.set()

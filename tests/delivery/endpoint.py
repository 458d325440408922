"""An endpoint on loopback that records requests and gives scripted answers, and envelopes to send."""

from __future__ import annotations

import gzip
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from tests.loopback import Answer, Server
from translator.delivery.destination import Destination
from translator.delivery.transport import EnvelopeTransport
from translator.model import Envelope

KEY = "0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 11, 23, 15, 4, 5, 678901, tzinfo=UTC)


class Request(NamedTuple):
    """One request as it came in; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def lines(self) -> list[bytes]:
        """The lines of the envelope, decoded."""
        encoding = self.headers.get("content-encoding")
        body = gzip.decompress(self.body) if encoding == "gzip" else self.body
        return body.split(b"\n")

    @property
    def name(self) -> str:
        """The name that `envelope` was called with."""
        return str(orjson.loads(self.lines[2])["name"])


class Endpoint:
    """The owner of a loopback server; answers 200 when the script has ended."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.script: deque[Answer] = deque()
        self.judge: Callable[[Request], Answer | None] = lambda _: None
        self._came = threading.Condition()
        self._server = Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def server(self) -> Server:
        """The server itself."""
        return self._server

    @property
    def port(self) -> int:
        """Its port."""
        return self._server.server_port

    @property
    def dsn(self) -> str:
        """A DSN that leads here."""
        return f"http://{KEY}@127.0.0.1:{self.port}/7"

    def start(self) -> None:
        """Starts to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answers nothing more, and closes every connection."""
        for answer in self.script:
            if answer.gate is not None:
                answer.gate.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Records a request, and gives the next answer."""
        request = Request(method, path, headers, body)
        with self._came:
            self.requests.append(request)
            answer = self.judge(request) or (self.script.popleft() if self.script else Answer())
            self._came.notify_all()
        if answer.gate is not None:
            answer.gate.wait(30)
        return answer

    def wait_for(self, count: int) -> None:
        """Waits until so many requests have come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.requests) >= count, 20)

    def record_disconnect(self) -> None:
        """Clients that give up are part of these tests."""

    def record_violation(self, finding: str) -> None:
        """Keeps what was not HTTP."""
        self.violations.append(finding)


@contextmanager
def running() -> Iterator[Endpoint]:
    """A started endpoint."""
    endpoint = Endpoint()
    endpoint.start()
    try:
        yield endpoint
    finally:
        endpoint.stop()


@contextmanager
def transport_to(dsn: str, **options: object) -> Iterator[EnvelopeTransport]:
    """A transport that is closed in the end."""
    transport = EnvelopeTransport(Destination.from_dsn(dsn), **options)  # type: ignore[arg-type]
    try:
        yield transport
    finally:
        transport.close()


def envelope(name: str = "one", *, category: str = "span", spans: int = 1, size: int = 0) -> Envelope:
    """An envelope that can be told from others by its name."""
    trace_id = f"{abs(hash(name)):032x}"[:32]
    return Envelope(
        trace_id=trace_id,
        category=category,
        spans=spans,
        header={"sdk": {"name": "test", "version": "1"}, "trace": {"trace_id": trace_id}},
        item_header={"type": category, "item_count": spans},
        payload=orjson.dumps({"name": name, "filler": "x" * size}),
        span_ids=(),
    )

"""A Sentry on loopback that records what comes and finds what breaks Sentry's rules."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from tests.loopback import Answer, Fault, Server
from tests.rules import Verdict, inspect
from tests.span_rules import attribute
from tests.strict import Json, is_hex_id, is_unix_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from tests.framing import Envelope

__all__ = ["Answer", "Fault", "Receiver", "Request", "SpotlightReceiver"]

PUBLIC_KEY = "0123456789abcdef0123456789abcdef"
GATE_SECONDS = 60.0

T = TypeVar("T")


@dataclass
class Request:
    """One request as it came, with what was found in it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    time: float
    verdict: Verdict
    answer: Answer


class Receiver:
    """A server that knows one DSN.

    Use it as a context manager. `start` after `stop` listens on the same port again, with
    everything recorded before still there.

    Args:
        project: The project in the DSN.
        clock: The server's clock in Unix seconds, for `sent_at`.

    Attributes:
        requests: Every request, also those that were refused.
        envelopes: The envelopes taken.
        spans: The spans of the envelopes taken, in order of arrival.
        transactions: The transaction events of the envelopes taken.
        events: The error events of the envelopes taken.
        client_reports: What the SDK says it has dropped.
        latest: The last version of each span, by trace id and span id.
        violations: Every rule broken, with the number of the request.
        disconnects: How often a client went away in the middle of a request.
        expect_violations: Set by tests that break rules on purpose.
    """

    stream = False

    def __init__(self, project: int = 1, clock: Callable[[], float] = time.time) -> None:
        self.requests: list[Request] = []
        self.envelopes: list[Envelope] = []
        self.spans: list[Json] = []
        self.transactions: list[Json] = []
        self.events: list[Json] = []
        self.client_reports: list[Json] = []
        self.latest: dict[tuple[str, str], Json] = {}
        self.violations: list[str] = []
        self.disconnects = 0
        self.expect_violations = False
        self._project = project
        self._clock = clock
        self._changed = threading.Condition()
        self._script: deque[Answer] = deque()
        self._gates: list[threading.Event] = []
        self._port = 0
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen."""
        self._server = Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="receiver"
        )
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and listen no more; without effect when stopped."""
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self._server = None
        server.shutdown()
        thread.join()
        server.close_connections()
        for gate in self._gates:
            gate.set()
        server.server_close()

    @property
    def url(self) -> str:
        """Where the server listens; for Spotlight add `/stream`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def dsn(self) -> str:
        """The one DSN that the server knows."""
        return f"http://{PUBLIC_KEY}@127.0.0.1:{self._port}/{self._project}"

    def script(self, answers: Iterable[Answer | int | Fault]) -> None:
        """Say how to answer the next requests, one each; after them all is well again.

        Args:
            answers: Whole answers, or just a status, or just a fault.
        """
        whole = [_answer(answer) for answer in answers]
        with self._changed:
            self._script.extend(whole)
            self._gates.extend(answer.gate for answer in whole if answer.gate is not None)

    def behave(self) -> None:
        """Answer well from now on, whatever the script still says."""
        with self._changed:
            self._script.clear()

    def wait_for(self, predicate: Callable[[Receiver], T], timeout: float = 10.0) -> T:
        """Wait until something is true of what was received.

        Args:
            predicate: Called with the receiver after every change.
            timeout: How long to wait, in seconds.

        Returns:
            What the predicate returned.

        Raises:
            AssertionError: If it did not come true in time.
        """
        with self._changed:
            result = self._changed.wait_for(lambda: predicate(self), timeout)
            if not result:
                raise AssertionError(f"not within {timeout} s; received {self.summary()}")
            return result

    def summary(self) -> str:
        """What was received, in one line and a line per violation."""
        counts = (
            f"{len(self.requests)} requests, {len(self.envelopes)} envelopes taken, "
            f"{len(self.spans)} spans, {len(self.transactions)} transactions, "
            f"{self.disconnects} disconnects, {len(self.violations)} violations"
        )
        return "\n  ".join([counts, *self.violations])

    def assert_clean(self) -> None:
        """Fail if any rule was broken.

        Raises:
            AssertionError: With every violation.
        """
        if self.violations:
            raise AssertionError(f"Sentry's rules were broken: {self.summary()}")

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Judge and record one request, called by the server's threads.

        Returns:
            The answer to send.
        """
        now = self._clock()
        if method == "POST":
            verdict = inspect(path, headers, body, dsn=self.dsn, now=now, stream=self.stream)
        else:
            verdict = Verdict(405, [f"{method} {path:.80}: only POST is expected"])
        with self._changed:
            answer = self._script.popleft() if self._script else _default(verdict)
            self.requests.append(Request(method, path, headers, body, now, verdict, answer))
            number = len(self.requests)
            self.violations.extend(f"request {number}: {text}" for text in verdict.findings)
            self._changed.notify_all()
        if answer.gate is not None and not answer.gate.wait(GATE_SECONDS):
            self.record_violation(f"request {number}: its gate was never opened")
        if answer.takes:
            self._take(verdict, number)
        return answer

    def _take(self, verdict: Verdict, number: int) -> None:
        with self._changed:
            if verdict.envelope is not None:
                self.envelopes.append(verdict.envelope)
            self.transactions.extend(verdict.transactions)
            self.events.extend(verdict.events)
            self.client_reports.extend(verdict.client_reports)
            for span in verdict.spans:
                self.spans.append(span)
                self._take_span(span, number)
            self._changed.notify_all()

    def _take_span(self, span: Json, number: int) -> None:
        key = (span.get("trace_id"), span.get("span_id"))
        if not is_hex_id(key[0], 32) or not is_hex_id(key[1], 16):
            return
        before = self.latest.get((str(key[0]), str(key[1])))
        self.latest[str(key[0]), str(key[1])] = span
        if before is None:
            return
        name = f"request {number}: span {key[1]} sent again"
        starts = [version.get("start_timestamp", 0) for version in (before, span)]
        if all(is_unix_seconds(start) for start in starts) and int(starts[0]) != int(starts[1]):
            self.violations.append(f"{name} with another start second: {starts[0]}, {starts[1]}")
        parents = [version.get("parent_span_id") for version in (before, span)]
        if parents[0] != parents[1]:
            self.violations.append(f"{name} with another parent: {parents[0]}, {parents[1]}")

    def named(self, name: str) -> list[Json]:
        """The last version of every span of that name."""
        return [span for span in self.latest.values() if span.get("name") == name]

    def attributes(self, key: str) -> list[Any]:
        """The values of one attribute over the last version of every span, where present."""
        values = (attribute(span, key) for span in self.latest.values())
        return [value for value in values if value is not None]

    def record_disconnect(self) -> None:
        """Count a client that went away in the middle of a request."""
        with self._changed:
            self.disconnects += 1
            self._changed.notify_all()

    def record_violation(self, finding: str) -> None:
        """Record a violation that no rule for envelopes covers."""
        with self._changed:
            self.violations.append(finding)
            self._changed.notify_all()


class SpotlightReceiver(Receiver):
    """Spotlight's side: transactions at `POST /stream`, without authentication."""

    stream = True

    @property
    def stream_url(self) -> str:
        """Where to post envelopes."""
        return f"{self.url}/stream"


def _answer(answer: Answer | int | Fault) -> Answer:
    if isinstance(answer, Answer):
        return answer
    if isinstance(answer, int):
        return Answer(answer) if answer == 200 else Answer(answer, body=b'{"detail":"scripted"}')
    return Answer(fault=answer)


def _default(verdict: Verdict) -> Answer:
    if verdict.status == 200:
        return Answer()
    body = json.dumps({"detail": verdict.findings[0]})
    return Answer(verdict.status, body=body.encode())

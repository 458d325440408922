"""The receiver: what it records, how it answers, and how it fails on request."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import sentry_sdk
import sentry_sdk.traces

from tests.examples import (
    AGENT,
    CHAT,
    START,
    TRACE_ID,
    attr,
    compress,
    encode,
    envelope_headers,
    request_headers,
    span_item,
    trace_spans,
    transaction,
)
from tests.judges import assessment, kafka_schema
from tests.loopback import ACCEPTED, Answer, Fault
from tests.receiver import Receiver, SpotlightReceiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.strict import Json


class Client:
    """A connection to a receiver, as an SDK keeps it open."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.connection = http.client.HTTPConnection(urlsplit(receiver.url).netloc, timeout=10)
        self.answers: list[http.client.HTTPResponse] = []

    def send(
        self, body: bytes, path: str = "/api/1/envelope/", fields: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        """Post a body and read the answer's head."""
        headers = request_headers(self.receiver.dsn) if fields is None else fields
        self.connection.request("POST", path, body, headers)
        self.answers.append(self.connection.getresponse())
        return self.answers[-1]

    def close(self) -> None:
        """Close the connection, also where an answer was not read to its end."""
        for answer in self.answers:
            answer.close()
        self.connection.close()

    def post(self, spans: list[Json]) -> tuple[int, Any]:
        """Post spans; the status and the parsed body of the answer."""
        answer = self.send(self.envelope(spans))
        return answer.status, json.loads(answer.read())

    def envelope(self, spans: list[Json]) -> bytes:
        """A body with spans, as of now."""
        headers = envelope_headers(self.receiver.dsn, time.time())
        return compress(encode(headers, span_item(spans)))


@pytest.fixture
def client(receiver: Receiver) -> Iterator[Client]:
    opened = Client(receiver)
    yield opened
    opened.close()


def test_a_valid_envelope_is_taken(client: Client, receiver: Receiver) -> None:
    status, answer = client.post(trace_spans())

    assert status == 200
    assert answer == json.loads(ACCEPTED)
    assert receiver.spans == trace_spans()
    assert len(receiver.envelopes) == len(receiver.requests) == 1
    assert len(receiver.latest) == len(trace_spans())
    assert [span["name"] for span in receiver.named("invoke_agent Triage")] == ["invoke_agent Triage"]
    assert receiver.attributes("error.type") == ["TimeoutError"]


def test_a_transaction_is_taken(client: Client, receiver: Receiver) -> None:
    headers = envelope_headers(receiver.dsn, time.time())
    answer = client.send(compress(encode(headers, ({"type": "transaction"}, transaction()))))

    assert answer.status == 200
    assert receiver.transactions == [transaction()]


def test_one_connection_serves_many_requests(client: Client, receiver: Receiver) -> None:
    for span in trace_spans():
        client.post([span])

    assert receiver.spans == trace_spans()


def test_the_dsn_has_a_key_of_32_hex_digits(receiver: Receiver) -> None:
    parts = urlsplit(receiver.dsn)

    assert parts.hostname == "127.0.0.1"
    assert parts.username is not None
    assert len(bytes.fromhex(parts.username)) == 16


@pytest.mark.expect_violations
def test_violations_are_recorded_with_the_request(client: Client, receiver: Receiver) -> None:
    spans = trace_spans()
    client.post(spans)
    spans[CHAT]["status"] = "failed"
    status, _ = client.post(spans)

    assert status == 200
    assert receiver.violations == [f"request 2: span {CHAT}: status: neither ok nor error: 'failed'"]
    with pytest.raises(AssertionError, match="neither ok nor error"):
        receiver.assert_clean()


@pytest.mark.expect_violations
def test_what_a_strict_server_refuses_is_not_taken(client: Client, receiver: Receiver) -> None:
    answer = client.send(gzip.compress(b"[]"))

    assert answer.status == 400
    assert json.loads(answer.read()) == {"detail": "envelope header is not an object"}
    assert receiver.envelopes == []
    assert receiver.violations == ["request 1: envelope header is not an object"]


@pytest.mark.expect_violations
def test_only_post_is_expected(client: Client, receiver: Receiver) -> None:
    client.connection.request("GET", "/health")
    client.answers.append(client.connection.getresponse())

    assert client.answers[0].status == 405
    assert receiver.violations == ["request 1: GET /health: only POST is expected"]


@pytest.mark.expect_violations
def test_a_request_says_its_length(receiver: Receiver) -> None:
    address = ("127.0.0.1", urlsplit(receiver.url).port or 0)
    with socket.create_connection(address) as connection:
        connection.sendall(b"POST /api/1/envelope/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        with connection.makefile("rb") as answer:
            status = answer.readline()

    assert status.split()[1] == b"411"
    assert receiver.violations == ["Content-Length is no size: ''"]


def test_a_span_sent_again_with_the_same_start_is_safe(client: Client, receiver: Receiver) -> None:
    first, second = trace_spans()[AGENT], trace_spans()[AGENT]
    second["end_timestamp"] += 1
    client.post([first])
    client.post([second])

    assert receiver.spans == [first, second]
    assert list(receiver.latest.values()) == [second]


@pytest.mark.expect_violations
@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"start_timestamp": START - 1}, f"with another start second: {START}, {START - 1}"),
        ({"parent_span_id": "f" * 16}, f"with another parent: None, {'f' * 16}"),
    ],
)
def test_a_span_sent_again_differently_is_a_violation(
    client: Client, receiver: Receiver, change: Json, finding: str
) -> None:
    span = trace_spans()[AGENT]
    client.post([span])
    client.post([{**span, **change}])

    assert receiver.violations == [f"request 2: span {span['span_id']} sent again {finding}"]


def test_scripted_answers_come_once_each_and_take_nothing(client: Client, receiver: Receiver) -> None:
    limit = Answer(429, {"X-Sentry-Rate-Limits": "60:span:key", "Retry-After": "60"}, b"{}")
    receiver.script([503, limit])
    statuses = [client.post(trace_spans())[0]]
    answer = client.send(client.envelope(trace_spans()))
    answer.read()
    statuses += [answer.status, client.post(trace_spans())[0]]

    assert statuses == [503, 429, 200]
    assert answer.headers["X-Sentry-Rate-Limits"] == "60:span:key"
    assert len(receiver.requests) == 3
    assert len(receiver.envelopes) == 1


def test_a_scripted_200_takes_the_envelope(client: Client, receiver: Receiver) -> None:
    receiver.script([Answer(headers={"X-Sentry-Rate-Limits": "60::organization"})])
    client.post(trace_spans())

    assert len(receiver.envelopes) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset", ConnectionResetError),
        ("half", http.client.IncompleteRead),
        ("garbage", http.client.BadStatusLine),
    ],
)
def test_faults(client: Client, receiver: Receiver, fault: Fault, error: type[Exception]) -> None:
    receiver.script([fault])
    with pytest.raises(error):
        client.post(trace_spans())
    client.close()
    client.post(trace_spans())

    assert len(receiver.requests) == 2
    assert len(receiver.envelopes) == 1


def test_an_envelope_may_be_taken_although_the_answer_is_lost(client: Client, receiver: Receiver) -> None:
    receiver.script([Answer(fault="reset", taken=True)])
    with pytest.raises(ConnectionResetError):
        client.post(trace_spans())

    assert len(receiver.envelopes) == 1


def test_an_answer_waits_for_its_gate(client: Client, receiver: Receiver) -> None:
    gate = threading.Event()
    receiver.script([Answer(gate=gate)])
    poster = threading.Thread(target=client.post, args=(trace_spans(),))
    poster.start()
    receiver.wait_for(lambda r: r.requests)

    assert receiver.envelopes == []
    gate.set()
    poster.join()
    assert len(receiver.envelopes) == 1


def test_stopping_closes_connections_and_then_opens_the_gates() -> None:
    with Receiver() as receiver:
        receiver.script([Answer(gate=threading.Event())])
        client = Client(receiver)
        client.connection.request(
            "POST",
            "/api/1/envelope/",
            client.envelope(trace_spans()),
            request_headers(receiver.dsn),
        )
        receiver.wait_for(lambda r: r.requests)
        answer = client.connection.getresponse
    with pytest.raises(http.client.RemoteDisconnected):
        answer()
    client.close()

    assert "receiver" not in {thread.name for thread in threading.enumerate()}


def test_waiting_returns_what_was_waited_for(client: Client, receiver: Receiver) -> None:
    poster = threading.Thread(target=client.post, args=(trace_spans(),))
    poster.start()
    found = receiver.wait_for(lambda r: r.named("cleanup"))
    poster.join()

    assert [span["name"] for span in found] == ["cleanup"]


def test_waiting_in_vain_says_what_was_received(receiver: Receiver) -> None:
    with pytest.raises(AssertionError, match=r"not within 0.01 s; received 0 requests"):
        receiver.wait_for(lambda r: r.spans, timeout=0.01)


def test_a_client_that_goes_away_is_no_violation(receiver: Receiver) -> None:
    address = ("127.0.0.1", urlsplit(receiver.url).port or 0)
    with socket.create_connection(address) as connection:
        connection.sendall(b"POST /api/1/envelope/ HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf")
    receiver.wait_for(lambda r: r.disconnects)

    assert receiver.requests == []


def test_after_a_stop_it_listens_on_the_same_port_again(client: Client, receiver: Receiver) -> None:
    client.post(trace_spans())
    dsn = receiver.dsn
    receiver.stop()
    client.close()
    with pytest.raises(ConnectionRefusedError):
        client.post(trace_spans())
    client.close()
    receiver.start()
    client.post(trace_spans())

    assert receiver.dsn == dsn
    assert len(receiver.envelopes) == 2


@pytest.mark.expect_violations
def test_the_time_of_the_send_is_compared_with_the_clock() -> None:
    with Receiver(project=7, clock=lambda: START) as receiver:
        client = Client(receiver)
        headers = envelope_headers(receiver.dsn, START)
        answer = client.send(compress(encode(headers, span_item(trace_spans()))), "/api/7/envelope/")
        client.close()

    assert answer.status == 200
    receiver.assert_clean()


def test_spotlight_takes_transactions_at_its_stream() -> None:
    with SpotlightReceiver() as spotlight:
        client = Client(spotlight)
        headers = {"sent_at": envelope_headers(spotlight.dsn, time.time())["sent_at"]}
        body = encode(headers, ({"type": "transaction"}, transaction()))
        answer = client.send(body, urlsplit(spotlight.stream_url).path, {})
        client.close()

    assert answer.status == 200
    assert spotlight.transactions == [transaction()]
    spotlight.assert_clean()


def test_spotlight_shows_no_spans() -> None:
    with SpotlightReceiver() as spotlight:
        client = Client(spotlight)
        client.send(client.envelope(trace_spans()), "/stream").read()
        client.close()

    assert spotlight.violations == ["request 1: Spotlight does not show span items"]


def test_the_environment_is_clean() -> None:
    unwanted = [
        name
        for name in os.environ
        if name.startswith(("SENTRY_", "TRANSLATOR_")) or name.lower().endswith("_proxy")
    ]

    assert unwanted == ["TRANSLATOR_OLDER_THAN_RETENTION"], "and this so that no log of a test grows too old"
    assert os.environ["XDG_STATE_HOME"].startswith(os.environ["HOME"])


@pytest.fixture
def sdk(receiver: Receiver) -> Iterator[None]:
    """An SDK of Sentry that sends spans to the receiver."""
    sentry_sdk.init(
        dsn=receiver.dsn,
        traces_sample_rate=1.0,
        default_integrations=False,
        _experiments={"trace_lifecycle": "stream"},
    )
    yield
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


@pytest.mark.usefixtures("sdk")
def test_an_sdk_of_sentry_keeps_the_rules(receiver: Receiver) -> None:
    with sentry_sdk.traces.start_span(name="invoke_agent") as span:
        span.set_attribute("sentry.op", "gen_ai.invoke_agent")
        span.set_attribute("gen_ai.operation.name", "invoke_agent")
    sentry_sdk.flush(timeout=5)
    receiver.wait_for(lambda r: r.named("invoke_agent"))

    assert kafka_schema(receiver.spans) == []
    assert assessment(receiver.spans, skip={"attributes"}) == []


def test_spans_of_many_connections_arrive_whole(receiver: Receiver) -> None:
    def send(number: int) -> None:
        span = trace_spans()[AGENT]
        span["span_id"] = f"{number:016x}"
        span["attributes"]["sentry.segment.id"] = attr(span["span_id"])
        sender = Client(receiver)
        sender.post([span])
        sender.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(1, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(receiver.latest) == {(TRACE_ID, f"{number:016x}") for number in range(1, 21)}

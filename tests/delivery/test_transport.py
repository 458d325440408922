"""One attempt: what goes out, and what each answer means."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone

import orjson
import pytest

from tests.delivery.endpoint import KEY, NOW, Endpoint, envelope, running, transport_to
from tests.loopback import Answer, Fault
from translator.delivery.destination import Destination
from translator.delivery.transport import EnvelopeTransport, serialize
from translator.model import Acknowledged, Refused, Retry


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with running() as started:
        yield started


def _retry(answer: object) -> Retry:
    assert isinstance(answer, Retry), answer
    assert KEY not in answer.detail
    return answer


def test_the_bytes_of_an_envelope() -> None:
    sent = envelope("name")
    header, item, payload, end = serialize(sent, NOW).split(b"\n")

    assert orjson.loads(header) == {**sent.header, "sent_at": "2026-11-23T15:04:05.678901Z"}
    assert orjson.loads(item) == {**sent.item_header, "length": len(sent.payload)}
    assert payload == sent.payload
    assert end == b""


def test_the_time_of_sending_is_utc_whatever_zone_it_comes_in() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert serialize(envelope(), elsewhere) == serialize(envelope(), NOW)


def test_a_request_as_sentry_wants_it(endpoint: Endpoint) -> None:
    with transport_to(endpoint.dsn) as transport:
        answer = transport.send(envelope(size=5_000), NOW)

    assert answer == Acknowledged(200)
    (request,) = endpoint.requests
    assert (request.method, request.path) == ("POST", "/api/7/envelope/")
    assert request.headers["content-type"] == "application/x-sentry-envelope"
    assert request.headers["content-encoding"] == "gzip"
    assert f"sentry_key={KEY}" in request.headers["x-sentry-auth"]
    assert request.headers["user-agent"].startswith("sentry.python/")
    assert len(request.body) < 1_000
    assert b"\n".join(request.lines) == serialize(envelope(size=5_000), NOW)


def test_without_compression_the_bytes_go_as_they_are(endpoint: Endpoint) -> None:
    with transport_to(endpoint.dsn, gzip_level=0) as transport:
        transport.send(envelope(), NOW)

    assert endpoint.requests[0].body == serialize(envelope(), NOW)
    assert "content-encoding" not in endpoint.requests[0].headers


def test_each_try_carries_its_own_time(endpoint: Endpoint) -> None:
    endpoint.script.append(Answer(503))
    with transport_to(endpoint.dsn) as transport:
        transport.send(envelope(), NOW)
        transport.send(envelope(), NOW + timedelta(minutes=55))

    first, second = (orjson.loads(request.lines[0])["sent_at"] for request in endpoint.requests)
    assert (first, second) == ("2026-11-23T15:04:05.678901Z", "2026-11-23T15:59:05.678901Z")


def test_a_time_in_the_header_of_the_envelope_does_not_win() -> None:
    stale = envelope()
    stale.header["sent_at"] = "2020-01-01T00:00:00Z"

    assert orjson.loads(serialize(stale, NOW).split(b"\n")[0])["sent_at"].startswith("2026")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_2xx_is_an_acknowledgement(endpoint: Endpoint, status: int) -> None:
    endpoint.script.append(Answer(status, body=b""))
    with transport_to(endpoint.dsn) as transport:
        assert transport.send(envelope(), NOW) == Acknowledged(status)


@pytest.mark.parametrize("body", [b"<html><body>Sign in", b" \n<!DOCTYPE html>"])
def test_a_web_page_is_no_acknowledgement(endpoint: Endpoint, body: bytes) -> None:
    endpoint.script.append(Answer(200, body=body))
    with transport_to(endpoint.dsn) as transport:
        answer = _retry(transport.send(envelope(), NOW))

    assert (answer.after, answer.reason, answer.status) == (None, "server_error", 200)
    assert "web page" in answer.detail


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "malformed"), (409, "malformed"), (411, "malformed"), (422, "malformed"), (451, "malformed"),
     (413, "too_large"), (401, "unauthorized"), (403, "unauthorized")],
)  # fmt: skip
def test_refusals_hand_on_the_words_of_the_server(endpoint: Endpoint, status: int, reason: str) -> None:
    said = {"detail": "bad\x1b[31m\nenvelope", "causes": ["header", "\u202elength"]}
    endpoint.script.append(Answer(status, body=orjson.dumps(said)))
    with transport_to(endpoint.dsn) as transport:
        answer = transport.send(envelope(), NOW)

    assert isinstance(answer, Refused)
    assert (answer.reason, answer.status) == (reason, status)
    assert answer.detail.endswith("bad [31m envelope: header: length")


@pytest.mark.parametrize("status", [404, 405])
def test_where_nothing_takes_envelopes_the_dsn_is_wrong_and_not_the_data(
    endpoint: Endpoint, status: int
) -> None:
    endpoint.script.append(Answer(status, body=b"<html>not here"))
    with transport_to(endpoint.dsn) as transport:
        answer = transport.send(envelope(), NOW)

    assert isinstance(answer, Refused)
    assert (answer.reason, answer.status) == ("unauthorized", status)
    assert "DSN's path and project" in answer.detail


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", ""),
        (b"plain\ttext", "plain text"),
        (b'{"detail":7}', '{"detail":7}'),
        (b'{"detail":"why","causes":"no list"}', "why"),
        (b"[1]", "[1]"),
        (b"\xff\x00", "\ufffd"),
        (orjson.dumps({"detail": "x" * 9_000}), "x" * 500),
        (b"y" * 300_000, "y" * 500),
        (orjson.dumps({"detail": f"unknown key {KEY}"}), "unknown key ***"),
    ],
)
def test_whatever_a_server_says_is_short_and_harmless(endpoint: Endpoint, body: bytes, detail: str) -> None:
    endpoint.script.append(Answer(400, body=body))
    with transport_to(endpoint.dsn) as transport:
        assert transport.send(envelope(), NOW) == Refused("malformed", detail, 400)


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308, 407, 408, 425, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again(endpoint: Endpoint, status: int) -> None:
    location = f"http://127.0.0.1:{endpoint.port}/elsewhere"
    endpoint.script.append(Answer(status, {"Location": location}, b'{"detail":"later"}'))
    with transport_to(endpoint.dsn) as transport:
        answer = _retry(transport.send(envelope(), NOW))

    assert (answer.after, answer.reason, answer.status) == (None, "server_error", status)
    assert f"127.0.0.1:{endpoint.port} answered {status}" in answer.detail
    assert [request.path for request in endpoint.requests] == ["/api/7/envelope/"]


def test_a_time_that_a_server_in_trouble_names_is_kept(endpoint: Endpoint) -> None:
    endpoint.script.append(Answer(503, {"Retry-After": "17"}))
    with transport_to(endpoint.dsn) as transport:
        assert _retry(transport.send(envelope(), NOW)).after == 17
        assert transport.limited_until("span") is None


def test_nothing_is_sent_while_the_limit_lasts(endpoint: Endpoint) -> None:
    now = 100.0
    endpoint.script.append(Answer(429, {"X-Sentry-Rate-Limits": "30:span:key"}))
    with transport_to(endpoint.dsn, clock=lambda: now) as transport:
        first = _retry(transport.send(envelope(), NOW))
        now += 10
        second = _retry(transport.send(envelope(), NOW))
        other = transport.send(envelope(category="transaction"), NOW)
        now += 20
        third = transport.send(envelope(), NOW)

    assert (first.after, first.reason, first.status) == (30, "rate_limited", 429)
    assert (second.after, second.reason, second.status) == (20, "rate_limited", None)
    assert other == third == Acknowledged(200)
    assert len(endpoint.requests) == 3


def test_a_limit_that_comes_with_a_200_holds_the_next(endpoint: Endpoint) -> None:
    endpoint.script.append(Answer(200, {"X-Sentry-Rate-Limits": "30::organization"}))
    with transport_to(endpoint.dsn, clock=lambda: 5.0) as transport:
        assert transport.send(envelope(), NOW) == Acknowledged(200)
        assert transport.limited_until("span") == transport.limited_until("transaction") == 30
        assert _retry(transport.send(envelope(), NOW)).reason == "rate_limited"


def test_a_429_without_a_word_holds_for_a_minute(endpoint: Endpoint) -> None:
    endpoint.script.append(Answer(429, body=b""))
    with transport_to(endpoint.dsn, clock=lambda: 5.0) as transport:
        assert _retry(transport.send(envelope(), NOW)).after == 60


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("reset", "the answer broke off: Connection reset by peer"),
        ("half", "the answer broke off: only a part of it came"),
        ("garbage", "the answer broke off: what came is not HTTP"),
    ],
)
def test_half_an_answer_is_none(endpoint: Endpoint, fault: Fault, cause: str) -> None:
    endpoint.script.append(Answer(fault=fault))
    with transport_to(endpoint.dsn) as transport:
        answer = _retry(transport.send(envelope(), NOW))

    assert answer == Retry(None, "network", f"127.0.0.1:{endpoint.port}: {cause}")


def test_a_slow_answer_is_not_waited_for_longer_than_told(endpoint: Endpoint) -> None:
    gate = threading.Event()
    endpoint.script.append(Answer(gate=gate))
    with transport_to(endpoint.dsn, timeout=0.1) as transport:
        answer = _retry(transport.send(envelope(), NOW))
        gate.set()

        assert answer == Retry(None, "network", f"127.0.0.1:{endpoint.port}: no answer within 0.1 s")
        assert transport.send(envelope(), NOW) == Acknowledged(200)


def test_where_nobody_listens_there_is_no_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        with transport_to(f"http://{KEY}@{host}/7") as transport:
            answer = _retry(transport.send(envelope(), NOW))

    assert answer == Retry(None, "network", f"{host}: no connection: Connection refused")


def test_a_connection_is_used_again_unless_it_was_closed(endpoint: Endpoint) -> None:
    with transport_to(endpoint.dsn) as transport:
        for _ in range(3):
            assert transport.send(envelope(), NOW) == Acknowledged(200)
        (pool,) = transport._pool.pools._container.values()
        assert pool.num_connections == 1
        transport.close()
        transport.close()

        assert transport.send(envelope(), NOW) == Acknowledged(200)


def test_several_threads_may_send_at_once(endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    names = {f"envelope {number}" for number in range(200)}
    with transport_to(endpoint.dsn) as transport, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda name: transport.send(envelope(name), NOW), sorted(names)))

    assert set(answers) == {Acknowledged(200)}
    assert {request.name for request in endpoint.requests} == names
    assert len(endpoint.requests) == len(names)
    assert "pool is full" not in caplog.text


def test_spotlight_gets_the_same_envelope_at_its_own_address(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    destination = Destination.from_spotlight(f"http://127.0.0.1:{endpoint.port}")
    assert destination is not None
    transport = EnvelopeTransport(destination)

    assert transport.send(envelope(), NOW) == Acknowledged(200)
    transport.close()
    assert endpoint.requests[0].path == "/stream"
    assert b"\n".join(endpoint.requests[0].lines) == serialize(envelope(), NOW)


def test_nothing_of_the_sdk_runs_in_the_background(endpoint: Endpoint) -> None:
    before = set(threading.enumerate())
    with transport_to(endpoint.dsn) as transport:
        transport.send(envelope(), NOW)
        transport.flush(5.0)

        started = set(threading.enumerate()) - before
        assert not any("sentry" in thread.name.lower() for thread in started)
        with pytest.raises(NotImplementedError, match="use send"):
            transport.capture_envelope(None)  # type: ignore[arg-type]

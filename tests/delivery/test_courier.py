"""Envelopes that one thread sends without waiting for the answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from tests.delivery.endpoint import Endpoint, envelope, running, transport_to
from tests.loopback import Answer as Scripted
from tests.loopback import Fault
from translator.backfill.outbox import Taken
from translator.delivery.courier import Courier
from translator.model import Acknowledged, Answer, Refused, Retry


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with running() as started:
        yield started


def taken(row: int) -> Taken:
    return Taken(row, envelope(str(row)))


def answers(courier: Courier, count: int, *, patience: int = 500) -> dict[int, Answer]:
    """The next answers, by row."""
    found: dict[int, Answer] = {}
    for _ in range(patience):
        found.update((one.row, answer) for one, answer in courier.answers(0.05))
        if len(found) >= count:
            break
    return found


def test_many_are_under_way_at_once(endpoint: Endpoint) -> None:
    gate = threading.Event()
    endpoint.script.extend(Scripted(gate=gate) for _ in range(4))
    with transport_to(endpoint.dsn) as transport:
        courier = Courier(transport, most=4)
        assert [courier.post(taken(row)) for row in range(4)] == [None] * 4
        endpoint.wait_for(4)
        assert (courier.free, courier.busy, courier.answers(0.0)) == (False, True, [])
        gate.set()

        assert answers(courier, 4) == dict.fromkeys(range(4), Acknowledged(200))
        assert (courier.free, courier.busy) == (True, False)


def test_answers_come_in_any_order(endpoint: Endpoint) -> None:
    gate = threading.Event()
    endpoint.judge = lambda request: Scripted(gate=gate) if request.name == "0" else None
    with transport_to(endpoint.dsn) as transport:
        courier = Courier(transport)
        for row in range(3):
            courier.post(taken(row))

        assert answers(courier, 2).keys() == {1, 2}
        gate.set()
        assert answers(courier, 1).keys() == {0}


@pytest.mark.parametrize(
    ("scripted", "expected"),
    [
        (Scripted(413), lambda answer: isinstance(answer, Refused) and answer.reason == "too_large"),
        (Scripted(400), lambda answer: isinstance(answer, Refused) and answer.reason == "malformed"),
        (Scripted(503), lambda answer: isinstance(answer, Retry) and answer.reason == "server_error"),
        (
            Scripted(429, {"Retry-After": "7"}),
            lambda answer: isinstance(answer, Retry) and 6 < (answer.after or 0) <= 7,
        ),
    ],
    ids=["413", "400", "503", "429"],
)
def test_each_answer_is_told(
    scripted: Scripted, expected: Callable[[Answer], bool], endpoint: Endpoint
) -> None:
    endpoint.script.append(scripted)
    with transport_to(endpoint.dsn) as transport:
        courier = Courier(transport)
        courier.post(taken(1))

        assert expected(answers(courier, 1)[1])


@pytest.mark.parametrize("fault", ["reset", "half", "garbage"])
def test_what_is_no_answer_is_tried_again(fault: Fault, endpoint: Endpoint) -> None:
    endpoint.script.append(Scripted(fault=fault))
    with transport_to(endpoint.dsn) as transport:
        courier = Courier(transport)
        courier.post(taken(1))
        told = answers(courier, 1)[1]
        courier.post(taken(2))

        assert isinstance(told, Retry)
        assert answers(courier, 1) == {2: Acknowledged(200)}


def test_a_rate_limit_holds_the_next(endpoint: Endpoint) -> None:
    endpoint.script.append(Scripted(headers={"X-Sentry-Rate-Limits": "9:span:project"}))
    with transport_to(endpoint.dsn) as transport:
        courier = Courier(transport)
        courier.post(taken(1))
        assert answers(courier, 1) == {1: Acknowledged(200)}

        told = courier.post(taken(2))
        assert isinstance(told, Retry)
        assert told.reason == "rate_limited"
        assert len(endpoint.requests) == 1


def test_an_answer_that_does_not_come_is_given_up(endpoint: Endpoint) -> None:
    gate = threading.Event()
    endpoint.script.append(Scripted(gate=gate))
    with transport_to(endpoint.dsn, timeout=0.2) as transport:
        courier = Courier(transport)
        courier.post(taken(1))
        told = answers(courier, 1)[1]

        assert isinstance(told, Retry)
        assert told.reason == "network"
        assert not courier.busy
    gate.set()


def test_what_is_under_way_at_the_end_is_given_back(endpoint: Endpoint) -> None:
    gate = threading.Event()
    endpoint.script.append(Scripted(gate=gate))
    with transport_to(endpoint.dsn) as transport:
        courier = Courier(transport)
        courier.post(taken(1))
        endpoint.wait_for(1)

        assert [one.row for one in courier.close()] == [1]
        assert not courier.busy
    gate.set()


def test_nobody_to_send_to_is_an_answer() -> None:
    with running() as gone:
        dsn = gone.dsn
    with transport_to(dsn) as transport:
        told = Courier(transport).post(taken(1))

    assert isinstance(told, Retry)
    assert told.reason == "network"

"""Sending until acknowledged, with answers from a script instead of a network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import orjson
import pytest

from tests.delivery.endpoint import KEY, NOW, envelope, running, transport_to
from tests.loopback import Answer as HttpAnswer
from tests.state.memory import MemoryStore
from translator.delivery.backoff import Backoff
from translator.delivery.sender import MAX_HELD, Sender
from translator.errors import StateError
from translator.model import Acknowledged, Answer, Envelope, Refused, Retry
from translator.state.store import Commit, Stored

DOWN = Retry(None, "server_error", "test answered 503", 503)
CUT = Retry(None, "network", "test: no answer within 30 s")
QUICK = Backoff(lambda: 0.001)
NEVER = Backoff(lambda: 1.0, base=3_600, cap=3_600)


class Script:
    """Gives the answers of a function, and remembers what was sent when."""

    def __init__(self, answer: Callable[[str, int], Answer] = lambda _name, _number: Acknowledged()) -> None:
        self.sent: list[str] = []
        self.times: list[datetime] = []
        self._answer = answer
        self._came = threading.Condition()

    def send(self, envelope: Envelope, sent_at: datetime) -> Answer:
        name = str(orjson.loads(envelope.payload)["name"])
        with self._came:
            self.sent.append(name)
            self.times.append(sent_at)
            number = len(self.sent)
            self._came.notify_all()
        return self._answer(name, number)

    def wait_for(self, count: int) -> None:
        """Waits until so many attempts have begun."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.sent) >= count, 20)


@pytest.fixture
def store(tmp_path: Path) -> MemoryStore:
    return MemoryStore(tmp_path / "state", clock=time.time)


def _no_split(_: Envelope) -> list[Envelope]:
    return []


@contextmanager
def _sending(
    store: MemoryStore,
    script: Script,
    *,
    backoff: Backoff = QUICK,
    split: Callable[[Envelope], list[Envelope]] = _no_split,
    concurrency: int = 1,
) -> Iterator[Sender]:
    sender = Sender(store, script, split=split, clock=NOW.timestamp, backoff=backoff, concurrency=concurrency)
    sender.start()
    try:
        yield sender
    finally:
        assert sender.stop(20)


def _wait_until(sender: Sender, true: Callable[[], bool]) -> None:
    """Waits for something that is true after some change of the sender."""
    with sender._wake:
        assert sender._wake.wait_for(true, 20)


def _first(count: int, answer: Answer) -> Script:
    return Script(lambda _, number: answer if number <= count else Acknowledged())


def test_the_oldest_goes_first(store: MemoryStore) -> None:
    script = Script()
    names = [f"{number}" for number in range(50)]
    store.commit(Commit(envelopes=[envelope(name, spans=2) for name in names]))
    with _sending(store, script) as sender:
        assert sender.drain(20)

    assert script.sent == names
    assert (sender.counters.acknowledged_envelopes, sender.counters.acknowledged_spans) == (50, 100)
    assert sender.counters.last_answer == Acknowledged()
    assert sender.counters.last_answer_time == NOW.timestamp()
    assert sender.problem is None


def test_what_comes_later_is_sent_without_being_asked_for(store: MemoryStore) -> None:
    script = Script()
    with _sending(store, script) as sender:
        for number in range(1, 20):
            store.commit(Commit(envelopes=[envelope(f"{number}")]))
            script.wait_for(number)
        assert sender.drain(20)

    assert len(script.sent) == 19


@pytest.mark.parametrize("answer", [DOWN, CUT, msgspec.structs.replace(DOWN, after=0.01)])
def test_it_goes_on_until_it_is_acknowledged(store: MemoryStore, answer: Answer) -> None:
    script = _first(7, answer)
    store.commit(Commit(envelopes=[envelope("one"), envelope("two")]))
    with _sending(store, script) as sender:
        assert sender.drain(20)

    assert sorted(set(script.sent)) == ["one", "two"]
    assert len(script.sent) == 9
    counters = sender.counters
    assert (counters.retries, counters.acknowledged_envelopes) == (7, 2)
    assert counters.network_errors == (7 if answer is CUT else 0)


def test_the_time_of_sending_is_that_of_each_try(store: MemoryStore) -> None:
    times = iter(range(1_000, 2_000))
    script = _first(1, DOWN)
    store.commit(Commit(envelopes=[envelope()]))
    sender = Sender(store, script, split=_no_split, clock=lambda: float(next(times)), backoff=QUICK)
    sender.start()
    assert sender.drain(20)
    assert sender.stop()

    assert script.times[0] < script.times[1]
    assert script.times[0].utcoffset() is not None


def test_one_that_always_fails_does_not_block_the_others(store: MemoryStore) -> None:
    script = Script(lambda name, _: DOWN if name == "bad" else Acknowledged())
    store.commit(Commit(envelopes=[envelope("bad"), *(envelope(f"{number}") for number in range(20))]))
    with _sending(store, script) as sender:
        _wait_until(sender, lambda: sender.counters.acknowledged_envelopes == 20)

    assert store.pending == 1
    assert [stored.attempts for stored in store.take(5)] == [1]


def test_while_the_server_is_down_few_are_taken_and_one_at_a_time_tries(store: MemoryStore) -> None:
    overtaken: list[bool] = []

    def down(_name: str, number: int) -> Answer:
        if number == 40:
            with script._came:
                overtaken.append(script._came.wait_for(lambda: len(script.sent) > 40, 0.1))
        return DOWN

    script = Script(down)
    store.commit(Commit(envelopes=[envelope(f"{number}") for number in range(50)]))
    with _sending(store, script, concurrency=4, backoff=Backoff(lambda: 0.0)):
        script.wait_for(500)

    assert len(set(script.sent)) <= MAX_HELD + 4
    assert overtaken == [False]
    assert store.pending == 50


def test_a_rate_limit_holds_everything_and_keeps_the_order(store: MemoryStore) -> None:
    script = _first(1, Retry(0.05, "rate_limited", "wait", 429))
    store.commit(Commit(envelopes=[envelope("one"), envelope("two")]))
    begun = time.monotonic()
    with _sending(store, script) as sender:
        assert sender.drain(20)

    assert time.monotonic() - begun >= 0.05
    assert script.sent == ["one", "one", "two"]
    assert (sender.counters.rate_limited, sender.counters.retries) == (1, 1)


def test_stopping_does_not_wait_for_a_limit(store: MemoryStore) -> None:
    script = _first(1, Retry(3_600.0, "rate_limited", "wait", 429))
    store.commit(Commit(envelopes=[envelope("one")]))
    with _sending(store, script) as sender:
        script.wait_for(1)
        assert not sender.drain(0.05)

    assert script.sent == ["one"]
    assert [stored.attempts for stored in store.take(1)] == [1]


def test_stopping_does_not_wait_for_a_backoff(store: MemoryStore) -> None:
    script = _first(1, DOWN)
    store.commit(Commit(envelopes=[envelope("one"), envelope("two")]))
    with _sending(store, script, backoff=NEVER) as sender:
        _wait_until(sender, lambda: sender.counters.retries == 1)

    assert script.sent == ["one"]
    assert store.pending == len(store.take(5)) == 2


def test_draining_tries_at_once_what_waits_after_failures(store: MemoryStore) -> None:
    script = _first(1, DOWN)
    store.commit(Commit(envelopes=[envelope("one"), envelope("two")]))
    with _sending(store, script, backoff=NEVER) as sender:
        _wait_until(sender, lambda: sender.counters.retries == 1)
        assert sender.drain(20)

    assert script.sent == ["one", "two", "one"]


def test_a_success_ends_the_row_of_failures(store: MemoryStore) -> None:
    class Recorder(Backoff):
        attempts: list[int] = []  # noqa: RUF012

        def delay(self, attempt: int) -> float:
            self.attempts.append(attempt)
            return 0.0

    script = Script(lambda _, number: DOWN if number % 2 else Acknowledged())
    store.commit(Commit(envelopes=[envelope(f"{number}") for number in range(6)]))
    with _sending(store, script, backoff=Recorder(lambda: 0.0)) as sender:
        assert sender.drain(20)

    everything, _each = Recorder.attempts[::2], Recorder.attempts[1::2]
    assert set(everything) == {1}


def test_when_draining_has_ended_everything_is_counted(store: MemoryStore) -> None:
    gate = threading.Event()

    def hold() -> None:
        """Holds the sending thread between acknowledging and counting."""
        gate.wait(20)

    store.commit(Commit(envelopes=[envelope()]))
    store.subscribe(hold)
    with _sending(store, Script()) as sender:
        threading.Timer(0.05, gate.set).start()
        assert sender.drain(20)
        assert sender.counters.acknowledged_envelopes == 1


def test_waiting_hurries_nothing(store: MemoryStore) -> None:
    script = _first(1, DOWN)
    store.commit(Commit(envelopes=[envelope("one")]))
    with _sending(store, script, backoff=NEVER) as sender:
        _wait_until(sender, lambda: sender.counters.retries == 1)
        assert not sender.wait(0.05)
        assert script.sent == ["one"]


def test_draining_gives_up_when_the_time_is_over(store: MemoryStore) -> None:
    script = Script(lambda *_: DOWN)
    store.commit(Commit(envelopes=[envelope("one")]))
    with _sending(store, script) as sender:
        assert not sender.drain(0.05)

    assert store.pending == 1


def test_a_wrong_key_ends_the_sending_and_keeps_everything(store: MemoryStore) -> None:
    refused = Refused("unauthorized", "sentry.test answered 403: the key is disabled", 403)
    script = Script(lambda _, number: DOWN if number == 1 else refused)
    store.commit(Commit(envelopes=[envelope("one"), envelope("two"), envelope("three")]))
    with _sending(store, script) as sender:
        assert not sender.drain()

        assert sender.problem == refused.detail
        store.commit(Commit(envelopes=[envelope("four")]))
        assert not sender.drain()
    assert len(script.sent) == 2
    assert len(store.take(9)) == store.pending == 4
    assert sender.counters.last_answer == refused


def test_what_is_malformed_is_set_aside_and_the_rest_goes_on(store: MemoryStore) -> None:
    script = _first(1, Refused("malformed", "no", 400))
    store.commit(Commit(envelopes=[envelope("bad", spans=3), envelope("good")]))
    with _sending(store, script) as sender:
        assert sender.drain(20)

    assert script.sent == ["bad", "good"]
    assert (sender.counters.rejected_malformed, sender.counters.rejected_spans) == (1, 3)
    assert sender.counters.acknowledged_envelopes == 1
    assert store.rejected == {"malformed": 1}


def test_what_is_too_large_goes_on_in_parts(store: MemoryStore) -> None:
    def split(whole: Envelope) -> list[Envelope]:
        name = str(orjson.loads(whole.payload)["name"])
        if len(name) == 1:
            return []
        middle = len(name) // 2
        return [envelope(part, spans=len(part)) for part in (name[:middle], name[middle:])]

    large = Refused("too_large", "too large", 413)
    script = Script(lambda name, _: large if len(name) > 2 or name == "X" else Acknowledged())
    store.commit(Commit(envelopes=[envelope("abcdeX", spans=6), envelope("z")]))
    with _sending(store, script, split=split) as sender:
        assert sender.drain(20)

    assert script.sent[0] == "abcdeX"
    assert script.sent[-1] == "z"
    counters = sender.counters
    assert counters.acknowledged_spans + counters.rejected_spans == 6 + 1
    assert (counters.rejected_too_large, counters.rejected_malformed) == (0, 0)


def test_a_single_span_that_is_too_large_is_set_aside(store: MemoryStore) -> None:
    script = _first(1, Refused("too_large", "too large", 413))
    store.commit(Commit(envelopes=[envelope("large")]))
    with _sending(store, script) as sender:
        assert sender.drain(20)

    assert store.rejected == {"too_large": 1}
    assert (sender.counters.rejected_too_large, sender.counters.split_envelopes) == (1, 0)


def test_what_cannot_be_set_aside_now_is_tried_again(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    reject, tries = store.reject, []

    def full_at_first(row: int, reason: str, detail: str) -> None:
        tries.append(row)
        if len(tries) == 1:
            raise StateError("the disk is full", where="here", hint="make room")
        reject(row, reason, detail)

    monkeypatch.setattr(store, "reject", full_at_first)
    store.commit(Commit(envelopes=[envelope("bad")]))
    with _sending(store, _first(9, Refused("malformed", "bad", 400))) as sender:
        assert sender.drain(20)

    assert len(tries) == 2
    assert store.rejected == {"malformed": 1}


def test_a_state_that_cannot_be_read_ends_the_sending_with_its_words(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_limit: int) -> list[Stored]:
        raise StateError("the state file is damaged", where="here", hint="start again")

    monkeypatch.setattr(store, "take", unreadable)
    with _sending(store, Script()) as sender:
        store.commit(Commit(envelopes=[envelope("one")]))
        assert not sender.drain(20)

    assert sender.problem == "here: the state file is damaged"


def test_several_threads_send_each_envelope_once(store: MemoryStore) -> None:
    together = threading.Barrier(4)

    def answer(_: str, number: int) -> Answer:
        if number <= 4:
            together.wait(20)
        return Acknowledged()

    script = Script(answer)
    store.commit(Commit(envelopes=[envelope(f"{number}") for number in range(100)]))
    with _sending(store, script, concurrency=4) as sender:
        assert sender.drain(20)

    assert sorted(script.sent, key=int) == [f"{number}" for number in range(100)]
    assert sender.counters.acknowledged_envelopes == 100


def test_an_answer_that_comes_after_the_stop_still_counts(store: MemoryStore) -> None:
    gate = threading.Event()

    def answer(_name: str, _number: int) -> Answer:
        gate.wait(20)
        return Acknowledged()

    script = Script(answer)
    store.commit(Commit(envelopes=[envelope("one"), envelope("two")]))
    with _sending(store, script) as sender:
        script.wait_for(1)
        assert not sender.stop(0.01)
        gate.set()

    assert script.sent == ["one"]
    assert store.pending == len(store.take(5)) == 1


def test_a_failure_that_comes_after_the_stop_gives_the_envelope_back(store: MemoryStore) -> None:
    gate = threading.Event()

    def answer(_name: str, _number: int) -> Answer:
        gate.wait(20)
        return DOWN

    script = Script(answer)
    store.commit(Commit(envelopes=[envelope("one")]))
    with _sending(store, script) as sender:
        script.wait_for(1)
        assert not sender.stop(0.01)
        gate.set()
        for thread in sender._threads:
            thread.join(20)

        assert len(store.take(5)) == 1


def test_a_mistake_of_the_program_is_told_and_loses_nothing(store: MemoryStore) -> None:
    def answer(_name: str, _number: int) -> Answer:
        raise RuntimeError("boom")

    store.commit(Commit(envelopes=[envelope("one"), envelope("two")]))
    with _sending(store, Script(answer)) as sender:
        assert not sender.drain(20)

    assert sender.problem is not None
    assert "RuntimeError" in sender.problem
    assert store.pending == 2


def test_stopping_and_draining_without_a_start_is_harmless(store: MemoryStore) -> None:
    sender = Sender(store, Script(), split=_no_split)

    assert sender.drain(0.01)
    assert sender.stop()
    assert sender.stop()


def test_over_real_http_every_envelope_arrives(store: MemoryStore) -> None:
    store.commit(Commit(envelopes=[envelope(f"{number}") for number in range(20)]))
    with running() as endpoint:
        limited = HttpAnswer(200, {"X-Sentry-Rate-Limits": "1:span:key"})
        endpoint.script.extend(
            [HttpAnswer(503), HttpAnswer(fault="reset"), HttpAnswer(fault="half"), limited]
        )
        with transport_to(f"http://{KEY}@127.0.0.1:{endpoint.port}/7") as transport:
            sender = Sender(store, transport, split=_no_split, backoff=QUICK, concurrency=2)
            sender.start()
            assert sender.drain(30)
            assert sender.stop()

        assert {request.name for request in endpoint.requests} == {f"{number}" for number in range(20)}
        assert len(endpoint.requests) == 23
    assert (sender.counters.server_errors, sender.counters.network_errors) == (1, 2)
    # What waited for a limit that was known is no attempt.
    assert sender.counters.rate_limited == 0
    assert sender.counters.statuses == {"503": 1, "none": 2, "200": 20}

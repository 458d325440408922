"""From the spans of whole traces to acknowledged envelopes, in threads of its own; or into a sink."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import msgspec

from translator.backfill.notes import Notes
from translator.backfill.outbox import Done, MemoryOutbox
from translator.backfill.parts import TracePart
from translator.delivery.courier import Courier
from translator.delivery.sender import Sender
from translator.delivery.transport import EnvelopeTransport
from translator.model import Acknowledged, Envelope
from translator.pipeline.outgoing import Outgoing
from translator.pipeline.sinks import Sink, Step

ROOM_BYTES = 4 * 1024 * 1024
"""Payloads that may wait to be sent; above it nothing more is encoded."""

_STOP_SECONDS = 5.0


class LaneSetup(msgspec.Struct, frozen=True):
    """What one that sends needs to know.

    Attributes:
        outgoing: How spans become envelopes, and where they go.
        connections: Envelopes under way at once.
        limits: Rate limits that hold already: seconds by category, "" for all.
        max_rate: Spans a second at most; None for as many as the server takes.
        sent: Fingerprints of what has been acknowledged before an interruption.
    """

    outgoing: Outgoing
    connections: int = 4
    limits: dict[str, float] = {}
    max_rate: float | None = None
    sent: frozenset[bytes] = frozenset()


class Sent(msgspec.Struct):
    """How far a lane has come; totals since its start.

    Attributes:
        handed_on: Spans that were handed on.
        acknowledged: Those of them that the server has taken or will never take.
        known: Those of them that were acknowledged before an interruption, and not sent again.
        settled: Envelopes that need not be sent again, also of spans that are not acknowledged wholly.
        counts: What became of envelopes, by the names of the summary.
        changed: What was changed in spans.
        limited: Seconds for which the server has asked to wait; 0 for none.
        paced: Seconds for which the pace that is wanted holds back what comes next; 0 for none.
        problem: Why nothing is sent any more, in words for a person; None while all is well.
        trouble: What went wrong with the last attempt, if it has to be made again.
    """

    handed_on: int = 0
    acknowledged: int = 0
    known: int = 0
    settled: int = 0
    counts: dict[str, int] = {}
    changed: dict[str, int] = {}
    limited: float = 0.0
    paced: float = 0.0
    problem: str | None = None
    trouble: str | None = None


class Lane(Protocol):
    """Takes parts of traces to where they go."""

    @property
    def room(self) -> bool:
        """Whether it would take another part now."""

    @property
    def busy(self) -> bool:
        """Whether it wants to be tended soon."""

    def tend(self, seconds: float) -> None:
        """Does what there is to do, or waits for it for some seconds."""

    def take(self, part: TracePart, notes: Notes, done: Callable[[], None]) -> None:
        """Takes a part.

        Args:
            part: The spans.
            notes: Takes note that they have been acknowledged.
            done: Called then, in any thread.
        """

    def send(self, envelopes: Sequence[Envelope], done: Callable[[], None]) -> None:
        """Takes envelopes that are ready, and that need not be noted."""

    def impose(self, limits: Mapping[str, float]) -> None:
        """Holds to rate limits that another one was told of."""

    def sent(self) -> Sent:
        """How far it has come."""

    def close(self) -> None:
        """Stops; what has not been acknowledged is not done."""


class SendingLane:
    """Encodes spans and sends them.

    Args:
        setup: What it needs to know.
        on_set_aside: Told of an envelope that the server will never take, with its reason and detail.
        on_limits: Told of the seconds that the server asks to wait, by category, "" for all.
    """

    def __init__(
        self,
        setup: LaneSetup,
        on_set_aside: Callable[[Envelope, str, str], None],
        on_limits: Callable[[dict[str, float]], None],
    ) -> None:
        outgoing = setup.outgoing
        self._known = setup.sent
        self._encoder = outgoing.encoder()
        self._packer = outgoing.packer()
        self._outbox = MemoryOutbox(on_set_aside)

        def tell(limits: Mapping[str | None, float]) -> None:
            on_limits({category or "": seconds for category, seconds in limits.items()})

        self._transport = EnvelopeTransport(outgoing.destination, on_limits=tell)
        self._sender = Sender(
            self._outbox,
            self._transport,
            split=outgoing.split,
            concurrency=setup.connections,
            max_rate=setup.max_rate,
        )
        self._courier = Courier(self._transport)
        self._lock = threading.Lock()
        self._handed_on = self._acknowledged = self._known_spans = 0
        self.impose(setup.limits)
        self._sender.start()

    @property
    def room(self) -> bool:
        """Whether it would take another part now."""
        return self._outbox.size < ROOM_BYTES

    @property
    def busy(self) -> bool:
        """Whether answers are awaited, or envelopes wait for the courier."""
        return self._courier.busy or (self._outbox.waiting and self._sender.well)

    def tend(self, seconds: float) -> None:
        """Sends what there is, and hears the answers; waits for these, or for room, for some seconds."""
        self._go_on()
        if self._courier.busy:
            for taken, answer in self._courier.answers(seconds):
                self._sender.settle(taken, answer)
            self._go_on()
        else:
            time.sleep(seconds)

    def take(self, part: TracePart, notes: Notes, done: Callable[[], None]) -> None:
        """Encodes and sends a part, but for one that has been acknowledged before an interruption."""
        spans = len(part.spans)
        self._handed_on += spans
        finished = partial(self._done, spans, notes, part.fingerprint, done)
        if part.fingerprint in self._known:
            self._known_spans += spans
            finished(0)
            return
        envelopes = self._packer.pack(map(self._encoder.encode, part.spans))
        self._put(envelopes + self._packer.drain(), finished)

    def send(self, envelopes: Sequence[Envelope], done: Callable[[], None]) -> None:
        """Sends envelopes."""
        self._put(envelopes, lambda _: done())

    def impose(self, limits: Mapping[str, float]) -> None:
        """Holds to rate limits."""
        self._transport.limits.impose({category or None: seconds for category, seconds in limits.items()})

    def sent(self) -> Sent:
        """How far it has come."""
        counters = self._sender.counters
        last = counters.last_answer
        return Sent(
            self._handed_on,
            self._acknowledged,
            self._known_spans,
            counters.settled,
            {
                "envelopes": counters.acknowledged_envelopes,
                "tried_again": counters.retries,
                "set_aside": counters.rejected_spans,
            },
            dict(self._encoder.counts),
            self._sender.limited_for(),
            self._sender.paced_for(),
            self._sender.problem,
            None if last is None or isinstance(last, Acknowledged) else last.detail,
        )

    def close(self) -> None:
        """Stops sending, but hears the answers that come soon."""
        deadline = time.monotonic() + _STOP_SECONDS
        while self._courier.busy and time.monotonic() < deadline:
            for taken, answer in self._courier.answers(_STOP_SECONDS):
                self._sender.settle(taken, answer)
        self._courier.close()
        self._sender.stop(_STOP_SECONDS)
        self._transport.close()

    def _put(self, envelopes: Sequence[Envelope], done: Done) -> None:
        self._outbox.add(envelopes, done)
        for taken, answer in self._courier.answers(0.0):
            self._sender.settle(taken, answer)
        self._go_on()

    def _go_on(self) -> None:
        """Has the courier send while all is well, and the sender otherwise."""
        if not self._outbox.waiting:
            return
        if not self._sender.well:
            self._outbox.tell()
            return
        while self._courier.free and self._sender.well:
            for taken in self._outbox.take(1):
                answer = self._courier.post(taken)
                if answer is not None:
                    self._sender.settle(taken, answer)
                break
            else:
                return

    def _done(
        self, spans: int, notes: Notes, fingerprint: bytes, done: Callable[[], None], refused: int
    ) -> None:
        # Noted before anybody is told. What was refused is not: until it is set aside, which another process
        # does and the next snapshot waits for, it must come again after a kill.
        if not refused:
            notes.add(fingerprint)
        with self._lock:
            self._acknowledged += spans
        done()


class SinkLane:
    """A file or the terminal in the place of a server: what it has taken is done.

    Args:
        sink: Takes the spans.
    """

    room = True
    busy = False

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._spans = 0

    def tend(self, seconds: float) -> None:
        """There is nothing to do."""

    def take(self, part: TracePart, notes: Notes, done: Callable[[], None]) -> None:  # noqa: ARG002
        """Hands the spans to the sink."""
        self._spans += len(part.spans)
        self._sink.put(part.spans, Step())
        done()

    def send(self, envelopes: Sequence[Envelope], done: Callable[[], None]) -> None:  # noqa: ARG002
        """Envelopes are for servers."""
        done()

    def impose(self, limits: Mapping[str, float]) -> None:
        """Nothing limits it."""

    def sent(self) -> Sent:
        """How far it has come."""
        return Sent(self._spans, self._spans)

    def close(self) -> None:
        """Lets the sink end."""
        self._sink.finish([], ended=True)

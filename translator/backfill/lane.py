"""One that encodes and sends: works go in, replies come out; it runs in any process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import msgspec

from translator.backfill.notes import Notes
from translator.backfill.parts import TracePart
from translator.backfill.work import Done, Limits, Order, Reply, SetAside, Standing, WorkOutbox
from translator.delivery.sender import Sender
from translator.delivery.transport import EnvelopeTransport
from translator.model import Acknowledged, Envelope, Span
from translator.pipeline.outgoing import Outgoing
from translator.spans.revive import revived

REPORT_SECONDS = 0.5
"""How often it tells how it is getting on."""

_STOP_SECONDS = 5.0

_decode = msgspec.msgpack.Decoder(Span).decode


class LaneSetup(msgspec.Struct, frozen=True):
    """What one that sends needs to know.

    Attributes:
        outgoing: How spans become envelopes, and where they go.
        connections: Envelopes under way at once.
        limits: Rate limits that hold already: seconds by category, "" for all.
        max_rate: Spans a second at most; None for as many as the server takes.
    """

    outgoing: Outgoing
    connections: int = 4
    limits: dict[str, float] = {}
    max_rate: float | None = None


def restored(part: TracePart) -> Iterable[Span]:
    """The spans of a part, with the times with which they are sent."""
    for data in part.spans:
        span = revived(_decode(data))
        if part.shift:
            span.start += part.shift
            span.end += part.shift
            span.shifted = part.shift
        yield span


class Lane:
    """Encodes spans and sends them, in threads of its own.

    Args:
        setup: What it needs to know.
        reply: Told of all that happens, in any thread; must be quick.
        member: Its name among those that send.
    """

    def __init__(self, setup: LaneSetup, reply: Callable[[Reply], None], member: str) -> None:
        outgoing = setup.outgoing
        self._reply = reply
        self._member = member
        self._notes = Notes("", member)
        self._encoder = outgoing.encoder()
        self._packer = outgoing.packer()
        self._outbox = WorkOutbox(
            lambda number: reply(Done(number)),
            lambda envelope, reason, detail: reply(SetAside(envelope, reason, detail)),
        )
        self._transport = EnvelopeTransport(outgoing.destination, on_limits=self._tell_limits)
        self._impose(setup.limits)
        self._sender = Sender(
            self._outbox,
            self._transport,
            split=outgoing.split,
            concurrency=setup.connections,
            max_rate=setup.max_rate,
        )
        self._told = Standing()
        self._ending = threading.Event()
        self._reporter = threading.Thread(target=self._report, name="report", daemon=True)
        self._sender.start()
        self._reporter.start()

    def take(self, order: Order) -> None:
        """Does what it is told."""
        if isinstance(order, Limits):
            self._impose(order.seconds)
            return
        if order.notes != self._notes.name:
            self._notes.close()
            self._notes = Notes(order.notes, self._member)
        units = [self._unit(part) for part in order.parts]
        self._outbox.add(order.number, [*units, (order.envelopes, lambda: None)])

    def close(self) -> None:
        """Stops sending; what has not been acknowledged is not done."""
        self._ending.set()
        self._sender.stop(_STOP_SECONDS)
        self._transport.close()
        self._reporter.join()
        self._notes.close()
        self._reply(self.standing())

    def _unit(self, part: TracePart) -> tuple[list[Envelope], Callable[[], None]]:
        """The envelopes of a part; that they are done is noted before anybody is told."""
        envelopes = self._packer.pack(map(self._encoder.encode, restored(part)))
        return envelopes + self._packer.drain(), partial(self._notes.add, part.fingerprint)

    def standing(self) -> Standing:
        """How it is getting on."""
        counters = self._sender.counters
        last = counters.last_answer
        return Standing(
            {
                "envelopes": counters.acknowledged_envelopes,
                "tried_again": counters.retries,
                "set_aside": counters.rejected_spans,
            },
            dict(self._encoder.counts),
            self._sender.limited_for(),
            self._sender.problem,
            None if last is None or isinstance(last, Acknowledged) else last.detail,
        )

    def _report(self) -> None:
        while not self._ending.wait(REPORT_SECONDS):
            standing = self.standing()
            if standing != self._told:
                self._told = standing
                self._reply(standing)

    def _tell_limits(self, limits: Mapping[str | None, float]) -> None:
        self._reply(Limits({category or "": seconds for category, seconds in limits.items()}))

    def _impose(self, limits: Mapping[str, float]) -> None:
        self._transport.limits.impose({category or None: seconds for category, seconds in limits.items()})

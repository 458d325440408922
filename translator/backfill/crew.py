"""Those that rebuild and send: in this process, or in others."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from threading import Event, Lock, Thread
from typing import Protocol

import msgspec

from translator.backfill.lane import Lane, LaneSetup, SendingLane, SinkLane
from translator.backfill.member import Member
from translator.backfill.orders import (
    Batch,
    Failed,
    Limits,
    Order,
    Reply,
    SetAside,
    Taken,
    Unread,
)
from translator.backfill.share import Share, ShareSetup
from translator.errors import StateError
from translator.formats.records import Unreadable, looks_like_event
from translator.model import Line
from translator.pipeline.sinks import Sink
from translator.pipeline.translation import SkipListener

MOST_UNDER_WAY = 4
"""Batches that one may have at once: enough that it never waits, few enough to hold in memory."""

REPORT_SECONDS = 0.5
"""How often one tells how it is getting on."""

_WAIT_SECONDS = 0.02
"""How long one that has no room waits before it looks again."""

_ENDING_SECONDS = 10.0

_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What a terminal, or who stops a group, sends to all processes; only the one that reads is to heed it."""

_encode = msgspec.msgpack.Encoder().encode
_decode_order: Callable[[bytes], Order] = msgspec.msgpack.Decoder(Order).decode
_decode_reply: Callable[[bytes], Reply] = msgspec.msgpack.Decoder(Reply).decode


class Crew(Protocol):
    """All that rebuild and send.

    Attributes:
        members: How many they are; who they are is a number below that.
    """

    members: int

    def free(self, member: int) -> bool:
        """Whether a member would read another batch soon."""

    def tell(self, member: int, order: Order) -> None:
        """Gives a member an order; one that has ended by itself is told of by `replies`."""

    def replies(self, timeout: float) -> list[tuple[int, Reply]]:
        """What they have told since they were asked last, with who it was.

        Args:
            timeout: Seconds to wait where none of them has told anything.

        Raises:
            StateError: One of them has ended by itself, and all that it told has been given.
        """

    def close(self) -> list[tuple[int, Reply]]:
        """Ends them; what has not been acknowledged is not done. Gives their last words."""


class LocalCrew:
    """One, in this process.

    Args:
        shares: What its shares need to know.
        lane: Takes spans to where they go, and is given who is told of what the server will never take, and
            of its limits.
        on_skip: Told of each line that is no event but looks as if it should be.
        alone: Whether one share takes all.
    """

    members = 1

    def __init__(
        self,
        shares: ShareSetup,
        lane: Callable[[Callable[[Reply], None]], Lane],
        on_skip: SkipListener,
        *,
        alone: bool = False,
    ) -> None:
        self._replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        self._member = _member("local", shares, lane, self._replies.put, on_skip, alone=alone)

    def free(self, member: int) -> bool:  # noqa: ARG002
        """Whether it would read another batch now."""
        return self._member.free

    def tell(self, member: int, order: Order) -> None:  # noqa: ARG002
        """Gives it an order."""
        self._member.take(order)

    def replies(self, timeout: float) -> list[tuple[int, Reply]]:
        """What it has told."""
        self._member.tend(min(timeout, _WAIT_SECONDS) if self._replies.empty() else 0.0)
        return [*self._told(), (0, self._member.standing())]

    def close(self) -> list[tuple[int, Reply]]:
        """Ends it."""
        # It is not tended any more: what it would send then, nobody would hear the answers to.
        self._member.close()
        return self._told()

    def _told(self) -> list[tuple[int, Reply]]:
        told: list[tuple[int, Reply]] = []
        with suppress(queue.Empty):
            while True:
                told.append((0, self._replies.get_nowait()))
        return told


class ProcessCrew:
    """Several, each in a process of its own.

    Args:
        shares: What the shares of each need to know.
        setup: What its lane needs to know.
        members: How many.
        prepare: What each process does first, and what gives it who is told of skipped lines; it must be
            possible to give it to another process.
    """

    def __init__(
        self, shares: ShareSetup, setup: LaneSetup, members: int, prepare: Callable[[], SkipListener]
    ) -> None:
        self.members = members
        # Spawned, not forked: threads and locks of this process must not be copied.
        context = multiprocessing.get_context("spawn")
        self._connections: list[Connection] = []
        self._under_way = [0] * members
        self._processes = []
        for number in range(members):
            ours, theirs = context.Pipe()
            name = f"translator-worker-{number}"
            arguments = (theirs, shares, setup, str(number), prepare)
            process = context.Process(target=work_process, args=arguments, name=name, daemon=True)
            with _held_back(_ENDING_SIGNALS):
                process.start()
            theirs.close()
            self._connections.append(ours)
            self._processes.append(process)

    def free(self, member: int) -> bool:
        """Whether a member would read another batch soon."""
        return self._under_way[member] < MOST_UNDER_WAY

    def tell(self, member: int, order: Order) -> None:
        """Gives a member an order."""
        self._under_way[member] += isinstance(order, Batch)
        with suppress(OSError):
            self._connections[member].send_bytes(_encode(order))

    def replies(self, timeout: float) -> list[tuple[int, Reply]]:
        """What they have told.

        Raises:
            StateError: One of them has ended by itself.
        """
        told: list[tuple[int, Reply]] = []
        for ready in wait(self._connections, timeout):
            number = self._connections.index(ready)  # type: ignore[arg-type] # they are all of that type
            told += [(number, reply) for reply in self._heard(number)]
        return told

    def close(self) -> list[tuple[int, Reply]]:
        """Ends them."""
        last: list[tuple[int, Reply]] = []
        for connection in self._connections:
            try:
                connection.send_bytes(b"")
            except OSError:
                continue
        for number, connection in enumerate(self._connections):
            try:
                while connection.poll(_ENDING_SECONDS):
                    last.append((number, _decode_reply(connection.recv_bytes())))
            except (EOFError, OSError):
                pass
            connection.close()
        for process in self._processes:
            process.join(_ENDING_SECONDS)
            if process.is_alive():
                process.kill()
        return last

    def _heard(self, number: int) -> list[Reply]:
        connection = self._connections[number]
        heard: list[Reply] = []
        try:
            while connection.poll():
                reply = _decode_reply(connection.recv_bytes())
                self._under_way[number] -= isinstance(reply, Taken)
                heard.append(reply)
        except (EOFError, OSError):
            if not heard:
                raise self._lost(number) from None
        return heard

    def _lost(self, number: int) -> StateError:
        process = self._processes[number]
        process.join(1.0)
        code = process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return StateError(
            f"a worker process has ended by itself ({how})",
            hint="run the same command again: it goes on; with fewer --workers if memory was short",
        )


def sending(setup: LaneSetup, reply: Callable[[Reply], None]) -> Lane:
    """A lane to a server, which tells who reads of what the server says."""
    return SendingLane(
        setup,
        lambda envelope, reason, detail: reply(SetAside(envelope, reason, detail)),
        lambda seconds: reply(Limits(seconds)),
    )


def into(sink: Sink, reply: Callable[[Reply], None]) -> Lane:  # noqa: ARG001
    """A lane into a sink, which never says anything."""
    return SinkLane(sink)


def _member(
    name: str,
    shares: ShareSetup,
    lane: Callable[[Callable[[Reply], None]], Lane],
    reply: Callable[[Reply], None],
    on_skip: SkipListener,
    *,
    alone: bool = False,
) -> Member:
    def make(number: int, listener: SkipListener, is_all: bool) -> Share:  # noqa: FBT001 - see Member
        return Share(number, shares, time.time, listener, alone=is_all)

    def skipped(line: Line, why: Unreadable) -> None:
        on_skip(line, why)
        if looks_like_event(line, why):
            reply(Unread(line, why.reason, why.detail))

    return Member(name, make, lane(reply), reply, skipped, alone=alone)


@contextmanager
def _held_back(signals: Iterable[signal.Signals]) -> Iterator[None]:
    """Holds signals back for a while, and for good in processes that begin in it: none goes lost here."""
    # Where it has to begin first, it would let them through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """Ends this process at once when the one that reads is gone: who goes on must not find it sending."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)


def work_process(
    connection: Connection,
    shares: ShareSetup,
    setup: LaneSetup,
    name: str,
    prepare: Callable[[], SkipListener],
) -> None:
    """What a worker process does: takes orders until the other end is closed."""
    # They have been held back since before it began.
    for number in _ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    on_skip = prepare()
    lock = Lock()

    def reply(said: Reply) -> None:
        data = _encode(said)
        with lock:
            try:
                connection.send_bytes(data)
            except OSError:
                # Nobody is there any more to do it for.
                os._exit(1)

    Thread(target=_end_with_parent, name="parent", daemon=True).start()
    member = _member(name, shares, lambda told: sending(setup, told), reply, on_skip)
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    ending = Event()
    Thread(target=_hear, args=(connection, orders, ending), name="orders", daemon=True).start()
    told_at = 0.0
    while not ending.is_set():
        if not member.free or (member.busy and orders.empty()):
            member.tend(_WAIT_SECONDS)
        else:
            try:
                member.take(orders.get(timeout=REPORT_SECONDS))
            except queue.Empty:
                pass
            except StateError as error:
                reply(Failed(error.message, error.hint))
                break
        if time.monotonic() - told_at >= REPORT_SECONDS:
            told_at = time.monotonic()
            reply(member.standing())
    member.close()
    connection.close()


def _hear(connection: Connection, orders: queue.SimpleQueue[Order], ending: Event) -> None:
    """Hears orders until there are no more: so that who waits for a server hears of the end."""
    try:
        while data := connection.recv_bytes():
            orders.put(_decode_order(data))
    except (EOFError, OSError):
        os._exit(1)
    ending.set()
    orders.put(Limits({}))

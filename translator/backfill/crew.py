"""Those that encode and send: in this process, in others, or a sink that is no server."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from threading import Lock, Thread
from typing import Protocol

import msgspec

from translator.backfill.lane import Lane, LaneSetup, restored
from translator.backfill.work import Done, Limits, Order, Reply, SetAside, Standing, Work
from translator.errors import StateError
from translator.pipeline.sinks import Sink, Step

MOST_UNDER_WAY = 4
"""Works that one may have at once: enough that it never waits, few enough to do again after a failure."""

_ENDING_SECONDS = 10.0

_encode = msgspec.msgpack.Encoder().encode
_decode_order: Callable[[bytes], Order] = msgspec.msgpack.Decoder(Work | Limits).decode
_decode_reply: Callable[[bytes], Reply] = msgspec.msgpack.Decoder(Done | SetAside | Limits | Standing).decode


class Crew(Protocol):
    """All that encode and send."""

    @property
    def free(self) -> bool:
        """Whether one of them can take a work now."""

    def submit(self, work: Work) -> None:
        """Gives a work to the one that has least to do."""

    def impose(self, limits: Limits, but: int) -> None:
        """Tells all of the server's rate limits, but the one that has told of them."""

    def replies(self, timeout: float) -> list[tuple[int, Reply]]:
        """What they have told since they were asked last, with who it was.

        Args:
            timeout: Seconds to wait where none of them has told anything.
        """

    def close(self) -> list[tuple[int, Reply]]:
        """Ends them; what has not been acknowledged is not done. Gives their last words."""


class LocalCrew:
    """One that sends, in threads of this process.

    Args:
        setup: What it needs to know.
    """

    def __init__(self, setup: LaneSetup) -> None:
        self._replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        self._lane = Lane(setup, self._replies.put, "local")
        self._under_way = 0

    @property
    def free(self) -> bool:
        """Whether it can take a work now."""
        return self._under_way < MOST_UNDER_WAY

    def submit(self, work: Work) -> None:
        """Encodes and sends."""
        self._under_way += 1
        self._lane.take(work)

    def impose(self, limits: Limits, but: int) -> None:
        """It knows."""

    def replies(self, timeout: float) -> list[tuple[int, Reply]]:
        """What it has told."""
        told: list[tuple[int, Reply]] = []
        try:
            while True:
                reply = self._replies.get(block=not told and timeout > 0, timeout=timeout)
                self._under_way -= isinstance(reply, Done)
                told.append((0, reply))
        except queue.Empty:
            return told

    def close(self) -> list[tuple[int, Reply]]:
        """Stops sending."""
        self._lane.close()
        return self.replies(0)


class SinkCrew:
    """A file or the terminal in the place of a server.

    Args:
        sink: Takes the spans; what it has taken is done.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._done: list[tuple[int, Reply]] = []

    @property
    def free(self) -> bool:
        """Always: writing waits until there is room."""
        return True

    def submit(self, work: Work) -> None:
        """Hands the spans to the sink."""
        for part in work.parts:
            self._sink.put(list(restored(part)), Step())
        self._done.append((0, Done(work.number)))

    def impose(self, limits: Limits, but: int) -> None:
        """Nothing limits it."""

    def replies(self, timeout: float) -> list[tuple[int, Reply]]:  # noqa: ARG002
        """What is done."""
        done, self._done = self._done, []
        return done

    def close(self) -> list[tuple[int, Reply]]:
        """Lets the sink end."""
        self._sink.finish([], ended=True)
        return self.replies(0)


class ProcessCrew:
    """Several that send, each in a process of its own.

    Args:
        setup: What each needs to know.
        members: How many.
        prepare: What each process does first; it must be possible to give it to another one.
    """

    def __init__(self, setup: LaneSetup, members: int, prepare: Callable[[], None]) -> None:
        if setup.max_rate is not None:
            setup = msgspec.structs.replace(setup, max_rate=setup.max_rate / members)
        # Spawned, not forked: threads and locks of this process must not be copied.
        context = multiprocessing.get_context("spawn")
        self._connections: list[Connection] = []
        self._under_way = [0] * members
        self._processes = []
        for number in range(members):
            ours, theirs = context.Pipe()
            name = f"translator-worker-{number}"
            process = context.Process(
                target=work_process, args=(theirs, setup, str(number), prepare), name=name, daemon=True
            )
            process.start()
            theirs.close()
            self._connections.append(ours)
            self._processes.append(process)

    @property
    def free(self) -> bool:
        """Whether one of them can take a work now."""
        return min(self._under_way) < MOST_UNDER_WAY

    def submit(self, work: Work) -> None:
        """Gives a work to the one that has least to do."""
        number = self._under_way.index(min(self._under_way))
        self._under_way[number] += 1
        self._tell(number, work)

    def impose(self, limits: Limits, but: int) -> None:
        """Tells all but one of the server's rate limits."""
        for number in range(len(self._connections)):
            if number != but:
                self._tell(number, limits)

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
        for number, connection in enumerate(self._connections):
            try:
                connection.send_bytes(b"")
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

    def _tell(self, number: int, order: Order) -> None:
        try:
            self._connections[number].send_bytes(_encode(order))
        except OSError:
            raise self._lost(number) from None

    def _heard(self, number: int) -> list[Reply]:
        connection = self._connections[number]
        heard: list[Reply] = []
        try:
            while connection.poll():
                reply = _decode_reply(connection.recv_bytes())
                self._under_way[number] -= isinstance(reply, Done)
                heard.append(reply)
        except (EOFError, OSError):
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


def _end_with_parent() -> None:
    """Ends this process at once when the one that reads is gone: who goes on must not find it sending."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)


def work_process(connection: Connection, setup: LaneSetup, member: str, prepare: Callable[[], None]) -> None:
    """What a worker process does: takes orders until the other end is closed."""
    prepare()
    # A terminal sends its signals to all processes; the one that reads tells the others when to end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    lock = Lock()

    def reply(said: Reply) -> None:
        with lock:
            try:
                connection.send_bytes(_encode(said))
            except OSError:
                # Nobody is there any more to do it for.
                os._exit(1)

    Thread(target=_end_with_parent, name="parent", daemon=True).start()
    lane = Lane(setup, reply, member)
    try:
        while data := connection.recv_bytes():
            lane.take(_decode_order(data))
    except EOFError:
        os._exit(1)
    lane.close()
    connection.close()

"""What goes between the process that reads and those that send, and the outbox of one of these."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Mapping, Sequence

import msgspec

from translator.backfill.parts import TracePart
from translator.model import Envelope


class Work(msgspec.Struct, tag=True):
    """Something to send.

    Attributes:
        number: Its number; it is done when all that is in it has been acknowledged or set aside.
        notes: The file that takes the fingerprints of the parts that are; empty for none.
        parts: Spans, by trace.
        envelopes: Envelopes that are ready.
    """

    number: int
    notes: str = ""
    parts: list[TracePart] = []
    envelopes: list[Envelope] = []


class Limits(msgspec.Struct, tag=True):
    """The server's rate limits: seconds to wait by category, "" for all."""

    seconds: dict[str, float]


Order = Work | Limits
"""What the process that reads tells those that send."""


class Done(msgspec.Struct, tag=True):
    """All of a work has been acknowledged or set aside."""

    number: int


class SetAside(msgspec.Struct, tag=True):
    """The server will never take this envelope."""

    envelope: Envelope
    reason: str
    detail: str


class Standing(msgspec.Struct, tag=True):
    """How one that sends is getting on; totals since its start.

    Attributes:
        counts: Totals by the names of the summary, and what was changed in spans.
        limited: Seconds for which the server has asked to wait; 0 for none.
        problem: Why nothing is sent any more, in words for a person; None while all is well.
        trouble: What went wrong with the last attempt, if it has to be made again.
    """

    counts: dict[str, int] = {}
    changed: dict[str, int] = {}
    limited: float = 0.0
    problem: str | None = None
    trouble: str | None = None


Reply = Done | SetAside | Limits | Standing
"""What those that send tell the process that reads."""


class _Unit(msgspec.Struct):
    """What is done when all its envelopes are."""

    number: int
    left: int
    done: Callable[[], None]


class _Entry(msgspec.Struct):
    envelope: Envelope
    position: int
    unit: _Unit
    taken: bool = False


class Taken(msgspec.Struct, frozen=True):
    """An envelope that is being sent."""

    row: int
    envelope: Envelope


class WorkOutbox:
    """The envelopes of works, in memory: the logs hold them still.

    Args:
        on_done: Told of the number of each work that is done, in the thread that made it so.
        on_set_aside: Told of an envelope that the server will never take, with its reason and detail.
    """

    def __init__(
        self, on_done: Callable[[int], None], on_set_aside: Callable[[Envelope, str, str], None]
    ) -> None:
        self._on_done = on_done
        self._on_set_aside = on_set_aside
        self._entries: dict[int, _Entry] = {}
        self._waiting: list[tuple[int, int]] = []
        self._left: dict[int, int] = {}
        self._last_row = 0
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def pending(self) -> int:
        """How many envelopes are in the outbox, those that are taken included."""
        return len(self._entries)

    def add(self, number: int, units: Sequence[tuple[Sequence[Envelope], Callable[[], None]]]) -> None:
        """Takes the envelopes of a work.

        Args:
            number: Its number.
            units: Envelopes that are done together, and what is called then.
        """
        with self._lock:
            self._left[number] = 1 + len(units)
            for envelopes, done in units:
                unit = _Unit(number, len(envelopes), done)
                for envelope in envelopes:
                    self._put(envelope, unit, None)
        for envelopes, done in units:
            if not envelopes:
                self._settle(number, done)
        self._settle(number, _nothing)
        self._tell()

    def take(self, limit: int) -> list[Taken]:
        """Takes at most `limit` envelopes, oldest first."""
        with self._lock:
            taken: list[Taken] = []
            while self._waiting and len(taken) < limit:
                _, row = heapq.heappop(self._waiting)
                entry = self._entries[row]
                entry.taken = True
                taken.append(Taken(row, entry.envelope))
            return taken

    def acknowledge(self, row: int) -> None:
        """Forgets a taken envelope: the server has it."""
        self._forget(row)

    def defer(self, row: int) -> None:
        """Gives a taken envelope back to its old place."""
        with self._lock:
            entry = self._taken(row)
            entry.taken = False
            heapq.heappush(self._waiting, (entry.position, row))
        self._tell()

    def replace(self, row: int, envelopes: Sequence[Envelope]) -> None:
        """Puts envelopes in the place of a taken one."""
        with self._lock:
            whole = self._taken(row)
            del self._entries[row]
            whole.unit.left += len(envelopes) - 1
            for envelope in envelopes:
                self._put(envelope, whole.unit, whole.position)
        self._tell()

    def reject(self, row: int, reason: str, detail: str) -> None:
        """Hands on a taken envelope that the server will never take."""
        self._on_set_aside(self._taken(row).envelope, reason, detail)
        self._forget(row)

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after every change of the outbox, in the thread that made it."""
        self._listeners.append(listener)

    def _put(self, envelope: Envelope, unit: _Unit, position: int | None) -> None:
        self._last_row += 1
        place = self._last_row if position is None else position
        self._entries[self._last_row] = _Entry(envelope, place, unit)
        heapq.heappush(self._waiting, (place, self._last_row))

    def _taken(self, row: int) -> _Entry:
        entry = self._entries[row]
        if not entry.taken:
            raise KeyError(row)
        return entry

    def _forget(self, row: int) -> None:
        with self._lock:
            unit = self._taken(row).unit
            del self._entries[row]
            unit.left -= 1
        if not unit.left:
            self._settle(unit.number, unit.done)
        self._tell()

    def _settle(self, number: int, done: Callable[[], None]) -> None:
        done()
        with self._lock:
            self._left[number] -= 1
            is_last = not self._left[number]
            if is_last:
                del self._left[number]
        if is_last:
            self._on_done(number)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _nothing() -> None:
    return None


def summed(standings: Mapping[int, Standing], name: str) -> dict[str, int]:
    """The totals of all that send, by the name of a field of `Standing`."""
    totals: dict[str, int] = {}
    for standing in standings.values():
        for key, count in getattr(standing, name).items():
            totals[key] = totals.get(key, 0) + count
    return totals

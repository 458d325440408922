"""An outbox in memory, for what can be read again: envelopes that are done together."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Sequence

import msgspec

from translator.model import Envelope

Done = Callable[[int], None]
"""Told that envelopes are done, and how many of them the server will never take."""


class _Unit(msgspec.Struct):
    """What is done when all its envelopes are."""

    left: int
    done: Done
    refused: int = 0


class _Entry(msgspec.Struct):
    envelope: Envelope
    position: int
    unit: _Unit
    taken: bool = False


class Taken(msgspec.Struct, frozen=True):
    """An envelope that is being sent."""

    row: int
    envelope: Envelope


class MemoryOutbox:
    """The envelopes of traces whose logs are still there.

    Args:
        on_set_aside: Told of an envelope that the server will never take, with its reason and detail.

    Attributes:
        size: Bytes of the payloads of all envelopes in it.
    """

    def __init__(self, on_set_aside: Callable[[Envelope, str, str], None]) -> None:
        self.size = 0
        self._on_set_aside = on_set_aside
        self._entries: dict[int, _Entry] = {}
        self._waiting: list[tuple[int, int]] = []
        self._last_row = 0
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def pending(self) -> int:
        """How many envelopes are in the outbox, those that are taken included."""
        return len(self._entries)

    @property
    def waiting(self) -> bool:
        """Whether there is something to take."""
        return bool(self._waiting)

    def add(self, envelopes: Sequence[Envelope], done: Done) -> None:
        """Takes envelopes, of which nobody hears before `tell` is called.

        Args:
            envelopes: The envelopes.
            done: Called when all of them are acknowledged or set aside, in any thread.
        """
        unit = _Unit(len(envelopes), done)
        with self._lock:
            for envelope in envelopes:
                self._put(envelope, unit, None)
        if not envelopes:
            done(0)

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
        self.tell()

    def replace(self, row: int, envelopes: Sequence[Envelope]) -> None:
        """Puts envelopes in the place of a taken one."""
        with self._lock:
            whole = self._taken(row)
            self._drop(row)
            whole.unit.left += len(envelopes) - 1
            for envelope in envelopes:
                self._put(envelope, whole.unit, whole.position)
        self.tell()

    def reject(self, row: int, reason: str, detail: str) -> None:
        """Hands on a taken envelope that the server will never take."""
        self._on_set_aside(self._taken(row).envelope, reason, detail)
        self._forget(row, refused=1)

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Calls `listener` when there is something to take, in the thread that has made it so."""
        self._listeners.append(listener)

    def tell(self) -> None:
        """Tells those who listen that there is something to take."""
        for listener in self._listeners:
            listener()

    def _put(self, envelope: Envelope, unit: _Unit, position: int | None) -> None:
        self._last_row += 1
        place = self._last_row if position is None else position
        self._entries[self._last_row] = _Entry(envelope, place, unit)
        self.size += len(envelope.payload)
        heapq.heappush(self._waiting, (place, self._last_row))

    def _taken(self, row: int) -> _Entry:
        entry = self._entries[row]
        if not entry.taken:
            raise KeyError(row)
        return entry

    def _drop(self, row: int) -> None:
        self.size -= len(self._entries.pop(row).envelope.payload)

    def _forget(self, row: int, refused: int = 0) -> None:
        with self._lock:
            unit = self._taken(row).unit
            self._drop(row)
            unit.left -= 1
            unit.refused += refused
            is_last = not unit.left
        if is_last:
            unit.done(unit.refused)

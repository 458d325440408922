"""Who has taken what of the outbox, in memory: after a restart nobody has taken anything."""

from __future__ import annotations

import heapq
from typing import NamedTuple


class Place(NamedTuple):
    """A place in the order of the outbox: by position, then by row."""

    position: int
    row: int


class Taken(NamedTuple):
    """What is known of a row that somebody has taken."""

    place: Place
    size: int
    created: float


class Queue:
    """The order in which rows are taken, and totals.

    Rows after `cursor` have not been looked at: they are found in the table, in order. Rows before it
    are taken, or wait in a heap to be taken again. So neither the table nor all of its rows need to be
    gone through for one.

    Args:
        pending: How many rows there are.
        pending_bytes: How many bytes they need.
        last_position: The greatest position of them.
    """

    def __init__(self, pending: int, pending_bytes: int, last_position: int) -> None:
        self.pending = pending
        self.pending_bytes = pending_bytes
        self.last_position = last_position
        self.cursor = Place(0, 0)
        self._waiting: list[Place] = []
        self._taken: dict[int, Taken] = {}

    @property
    def unseen(self) -> int:
        """How many rows are after the cursor."""
        return self.pending - len(self._taken) - len(self._waiting)

    def waiting(self) -> int | None:
        """The row that waits before the cursor and is to be taken first; None where none does."""
        return self._waiting[0].row if self._waiting else None

    def take_waiting(self, size: int, created: float) -> None:
        """Marks that row as taken."""
        place = heapq.heappop(self._waiting)
        self._taken[place.row] = Taken(place, size, created)

    def take_unseen(self, place: Place, size: int, created: float) -> None:
        """Marks the first row after the cursor as taken."""
        self.cursor = place
        self._taken[place.row] = Taken(place, size, created)

    def taken(self, row: int) -> Taken:
        """What is known of a taken row.

        Raises:
            KeyError: Nobody has taken it.
        """
        return self._taken[row]

    def settle(self, row: int) -> None:
        """Forgets a taken row.

        Raises:
            KeyError: Nobody has taken it.
        """
        self.pending_bytes -= self._taken.pop(row).size
        self.pending -= 1

    def give_back(self, row: int) -> None:
        """Makes a taken row wait at its place.

        Raises:
            KeyError: Nobody has taken it.
        """
        heapq.heappush(self._waiting, self._taken.pop(row).place)

    def append(self, count: int, size: int) -> None:
        """Counts rows that have been stored at the end, one position each."""
        self.pending += count
        self.pending_bytes += size
        self.last_position += count

    def insert(self, place: Place, size: int) -> None:
        """Counts a row that has been stored at a place that another row had."""
        self.pending += 1
        self.pending_bytes += size
        # After the cursor it is found in the table.
        if place < self.cursor:
            heapq.heappush(self._waiting, place)

"""Many inputs as one log: which is read next, and up to which time all of them have been read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from translator.errors import StateError
from translator.files.inputs import BATCH_BYTES, BatchBytes, Input, InputBatch

MAX_OPEN = 200
"""Inputs that are read side by side; where more overlap in time, the later ones wait."""

READ_AHEAD_BYTES = 1024 * 1024
"""Content that inputs side by side may be ahead of the one that is behind, all together, about.

Its events wait for what is earlier in the others. With what they take beside their bytes, there must be room
for them: who has no room lets the earliest go before their time, and what belongs together comes apart.
"""

LEAST_BATCH_BYTES = 4 * 1024
"""Smaller batches would cost more than they hold."""

_BEGIN = -(2**63)


class Position(msgspec.Struct):
    """How far an input has been read.

    Attributes:
        offset: In bytes of content.
        number: How many lines lie before that.
        read: How much has been read of it, also of a line that is not whole, in bytes of content.
        tail: A hash of the last of that.
        at: The time up to which its lines have been read, in microseconds.
        ended: Whether it has been read to its end.
        damaged: Whether it could not be read further.
        begun: Where its last line began and how many lie before it, if it had no newline.
        size: Its bytes as it was stored.
        compressed: Whether it was compressed.
        head: How many bytes of content its identity was made of.
        known_as: The identity under which it was known; another than its own where it has grown.
    """

    offset: int = 0
    number: int = 0
    read: int = 0
    tail: str = ""
    at: int = _BEGIN
    ended: bool = False
    damaged: bool = False
    begun: tuple[int, int] | None = None
    size: int | None = None
    compressed: bool = False
    head: int = 0
    known_as: str = ""


Open = Callable[[Input, Position, BatchBytes], Iterator[InputBatch]]
"""Opens an input where it was left, to be read in batches of so many bytes."""


class Merge:
    """Reads inputs side by side, always the one that is behind in the time of its lines.

    Args:
        inputs: Oldest first.
        open_: Opens one of them.
        positions: How far they have been read, by identity.
        most_open: How many are read side by side.

    Attributes:
        positions: The same now, by place among the inputs.
        consumed: Stored bytes that have been read of all of them.
    """

    def __init__(
        self,
        inputs: Sequence[Input],
        open_: Open,
        positions: Mapping[str, Position] = {},
        most_open: int = MAX_OPEN,
    ) -> None:
        self._inputs = inputs
        self._open = open_
        self._most_open = most_open
        self._active: dict[int, Iterator[InputBatch]] = {}
        self._current = 0
        self.positions = [
            msgspec.structs.replace(positions.get(one.identity, Position())) if one.identity else Position()
            for one in inputs
        ]
        self._consumed = [
            _consumed(one, position) for one, position in zip(inputs, self.positions, strict=True)
        ]
        self.consumed = sum(self._consumed)
        for one, position in zip(inputs, self.positions, strict=True):
            position.size, position.compressed, position.head = one.size, one.compressed, one.head
            if position.at == _BEGIN and one.first_time is not None:
                position.at = one.first_time
        left = [place for place, position in enumerate(self.positions) if not position.ended]
        self._waiting = sorted(left, key=self._rank, reverse=True)
        begun = (position.at for position in self.positions if position.offset and not position.ended)
        self._furthest = max(begun, default=_BEGIN)

    def next(self) -> tuple[int, InputBatch] | None:
        """The next lines, and the place of the input that they are from; None at the end of all.

        Raises:
            InputError: It cannot be read, or not further.
            StateError: No file at all can be opened any more.
        """
        while self._active or self._waiting:
            place = self._current = self._choose()
            try:
                batch = next(self._active[place], None)
            except OSError as error:
                self._put_back(place, error)
                continue
            position = self.positions[place]
            if batch is None:
                position.ended = True
                self._count(place, self._inputs[place].size or self._consumed[place])
                del self._active[place]
                continue
            position.offset, position.number = batch.offset, batch.number
            position.read, position.tail = batch.read, batch.tail or position.tail
            position.begun = batch.begun
            self._count(place, batch.consumed)
            return place, batch
        return None

    def give_up(self) -> None:
        """Reads no further in the input that could not be read."""
        position = self.positions[self._current]
        position.ended = position.damaged = True
        del self._active[self._current]

    def seen(self, place: int, time: int) -> None:
        """Takes note that lines of an input are as late as that, in microseconds."""
        position = self.positions[place]
        position.at = max(position.at, time)

    @property
    def read_until(self) -> int | None:
        """The time (microseconds) before which all lines have been read, as far as inputs are in order.

        None at the end of all.
        """
        times = [self.positions[place].at for place in self._active]
        if self._waiting:
            times.append(self.positions[self._waiting[-1]].at)
        return min(times, default=None)

    def _batch_bytes(self) -> int:
        """How many bytes the next batch may have: the more inputs overlap in time, the fewer."""
        furthest = max((self.positions[place].at for place in self._active), default=_BEGIN)
        furthest = max(furthest, self._furthest)
        # They wait from the latest to the earliest.
        later = bisect_left(self._waiting, -furthest, key=lambda place: -self.positions[place].at)
        overlapping = len(self._active) + len(self._waiting) - later
        most = READ_AHEAD_BYTES // max(1, min(overlapping, self._most_open))
        return max(LEAST_BATCH_BYTES, min(BATCH_BYTES, 1 << most.bit_length() - 1))

    def _count(self, place: int, consumed: int) -> None:
        self.consumed += consumed - self._consumed[place]
        self._consumed[place] = consumed

    def _put_back(self, place: int, error: OSError) -> None:
        """Has an input wait that could not be opened besides those that are open."""
        del self._active[place]
        if not self._active:
            raise StateError(
                f"no file can be opened: {error.strerror}",
                where=self._inputs[place].name,
                hint="raise the limit (`ulimit -n`), and run the same command again: it goes on",
            ) from error
        self._most_open = len(self._active)
        self._waiting.append(place)

    def _rank(self, place: int) -> tuple[int, int]:
        return self.positions[place].at, place

    def _choose(self) -> int:
        """The place of the input that is behind, opened if it is not open yet; there is one."""
        behind = min(self._active, key=self._rank, default=None)
        if self._waiting and len(self._active) < self._most_open:
            following = self._waiting[-1]
            if behind is None or self._rank(following) < self._rank(behind):
                self._waiting.pop()
                self._active[following] = self._open(
                    self._inputs[following], self.positions[following], self._batch_bytes
                )
                return following
        if behind is None:
            raise LookupError("all inputs have ended")
        return behind


def _consumed(one: Input, position: Position) -> int:
    """Stored bytes that have been read of an input, as far as that is known before it is opened."""
    if position.ended:
        return one.size or 0
    return 0 if one.compressed else position.read

"""Long lines that a wrapper has cut: their pieces, put together again."""

from __future__ import annotations

from collections import Counter

import msgspec

LONGEST = 16 * 1024 * 1024
"""The longest line that is put together, in bytes."""

MOST = 1_000
"""How many lines can be unfinished at a time."""

MOST_BYTES = 64 * 1024 * 1024
"""How much of unfinished lines is kept, in bytes."""


class Begun(msgspec.Struct):
    """A line of which pieces are missing.

    Attributes:
        source: Whose line it is.
        number: The number of the line with the first piece.
        written: When that was written, in microseconds.
        parts: The pieces so far; none once they are too long.
        size: How long they are, in bytes.
    """

    source: str
    number: int
    written: int | None
    parts: list[bytes] = []
    size: int = 0

    def joined(self) -> bytes:
        """All of it that has come."""
        return b"".join(self.parts)


class Pieces:
    """The unfinished lines of one level of wrapping.

    Args:
        counts: What it counts in: "pieces_lost" are lines of which too much is unfinished.

    Attributes:
        begun: They, by the stream and the id that the wrapper gives; it is all that is remembered.
    """

    def __init__(self, counts: Counter[str]) -> None:
        self.begun: dict[str, Begun] = {}
        self._counts = counts

    def add(self, key: str, begun: Begun, data: bytes, *, more: bool) -> Begun | None:
        """Takes one more piece of a line.

        Args:
            key: What all its pieces have in common.
            begun: The line, if this is its first piece.
            data: The piece.
            more: Whether it is not the last one.

        Returns:
            The line, if it is whole.
        """
        held = self.begun.setdefault(key, begun)
        held.size += len(data)
        if held.size <= LONGEST:
            held.parts.append(data)
        else:
            held.parts.clear()
        if more:
            self._bound()
            return None
        del self.begun[key]
        if held.size > LONGEST:
            self._counts["pieces_lost"] += 1
            return None
        return held

    def _bound(self) -> None:
        kept = sum(begun.size for begun in self.begun.values() if begun.parts)
        while len(self.begun) > MOST or kept > MOST_BYTES:
            lost = self.begun.pop(next(iter(self.begun)))
            kept -= lost.size if lost.parts else 0
            self._counts["pieces_lost"] += 1

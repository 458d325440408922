"""What is found inside a wrapped line."""

from __future__ import annotations

from typing import NamedTuple


class Inner(NamedTuple):
    """A line, or a piece of one, that was inside another.

    Attributes:
        data: Its bytes.
        stream: Which program wrote it, as the wrapper names it; empty where it names none.
        written: When, in microseconds, as the wrapper says.
        piece: What the pieces of one line have in common.
        more: Whether the line goes on in a later piece.
        splits: Whether it may be a piece at all.
        last: What it is if pieces of the line have come before, where that is something else.
    """

    data: bytes
    stream: str = ""
    written: int | None = None
    piece: str = ""
    more: bool = False
    splits: bool = False
    last: bytes | None = None

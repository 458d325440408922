"""How the lines of any format are read: the one interface of all readers, and what they share.

Lines of a file go in, one after another, and events come out. What a reader must remember between
lines it keeps in one value, its state, which can be stored at any line and read on from elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from translator.content.plain import plain
from translator.formats.records import Unreadable, parse_record
from translator.model import Event, Json, Line

State = TypeVar("State", bound=msgspec.Struct)

_MANY_BRACKETS = 400
"""Records with fewer opening brackets cannot be nested too deeply to be stored."""


class Reader(Protocol):
    """Reads the lines of one format, of all files that have it.

    Attributes:
        counts: What was not as it should be in lines that were understood, by a bounded word.
    """

    counts: Counter[str]

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """Takes the next line of a file.

        Args:
            line: The line; where `line.beside` is set, a whole small file that lies beside `line.source`.
            now: When it was read, in seconds on a clock that never goes back.

        Returns:
            The events that are complete with it. None (an empty sequence) if it was understood and is
            remembered; `Unreadable` only if nothing at all will ever come of it.
        """

    def expire(self, now: float) -> Sequence[Event]:
        """The events that have waited long enough at `now` for lines which did not come."""

    def next_due(self) -> float | None:
        """When `expire` has something to give if no line comes, in seconds; None for never."""

    def finish(self) -> Sequence[Event]:
        """The events that still wait; the input has ended."""

    def capture(self) -> bytes:
        """All that is remembered, for `restore`."""

    def restore(self, captured: bytes) -> None:
        """Goes on from what another reader has captured; to be called before anything else."""


class LineReader:
    """A reader of a format whose lines each tell all by themselves.

    Args:
        read: What makes an event of a line.
        counts: What it counts.
    """

    def __init__(self, read: Callable[[Line], Event | Unreadable], counts: Counter[str]) -> None:
        self._read = read
        self.counts = counts

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:  # noqa: ARG002
        """The line's event."""
        event = self._read(line)
        return event if type(event) is Unreadable else (event,)  # type: ignore[return-value]

    def expire(self, now: float) -> Sequence[Event]:  # noqa: ARG002
        """Nothing waits."""
        return ()

    def next_due(self) -> float | None:
        """Nothing waits."""
        return None

    def finish(self) -> Sequence[Event]:
        """Nothing waits."""
        return ()

    def capture(self) -> bytes:
        """Nothing is remembered."""
        return b""

    def restore(self, captured: bytes) -> None:
        """Nothing is remembered."""


class StatefulReader(Generic[State]):
    """What readers that remember have in common: all they remember is `self.state`.

    Args:
        counts: What it counts in.
        state: The state in which nothing has been read. Times in it are integers, ids texts; it holds
            no functions, no cycles, and no value twice that is changed in place.
    """

    def __init__(self, counts: Counter[str], state: State) -> None:
        self.state = state
        self.counts = counts

    def expire(self, now: float) -> Sequence[Event]:  # noqa: ARG002
        """Nothing waits; formats in which something does say so themselves."""
        return ()

    def next_due(self) -> float | None:
        """Nothing waits."""
        return None

    def finish(self) -> Sequence[Event]:
        """Nothing waits."""
        return ()

    def capture(self) -> bytes:
        """The state as bytes."""
        return msgspec.msgpack.encode(self.state)

    def restore(self, captured: bytes) -> None:
        """Takes the state from bytes.

        Raises:
            ValueError: They are none of this reader's.
        """
        self.state = msgspec.msgpack.decode(captured, type=type(self.state))


def storable_record(line: Line) -> dict[str, Json] | Unreadable:
    """The JSON object of a line, without nesting that could not be stored."""
    record = parse_record(line.data)
    if type(record) is dict and line.data.count(b"[") + line.data.count(b"{") > _MANY_BRACKETS:
        record = plain(record)
    return record

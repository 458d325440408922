"""One level of wrapping: lines to the lines inside them, which are read on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from translator.formats.native.reader import IGNORED
from translator.formats.records import Unreadable, looks_like_event, parse_record
from translator.formats.wrappers.inner import Inner
from translator.formats.wrappers.pieces import Begun, Pieces
from translator.formats.wrappers.shapes import unwrap_record, unwrap_text_in
from translator.formats.wrappers.tables import MARKERS, TEXT_MARKER
from translator.formats.wrappers.texts import unwrap_text
from translator.model import Event, Line

DEPTH = 3
"""How many wrappers can be around a line."""

WRAPPED = "wrapped"
"""In the place of a format's name: the lines are wrapped."""

Outcome = Sequence[Event] | Unreadable
Read = Callable[[Line, float], Outcome]


def known_wrapper(data: bytes) -> tuple[Inner, ...]:
    """What is inside a line that a known wrapper has made; nothing where none has."""
    if data[:1] != b"{":
        return unwrap_text(data)
    if MARKERS.search(data) is None:
        return ()
    record = parse_record(data)
    return unwrap_record(record) if isinstance(record, dict) else ()


def any_wrapper(data: bytes) -> tuple[Inner, ...]:
    """The same, or the JSON object that the record of a logger has as its message."""
    if data[:1] != b"{":
        return unwrap_text(data)
    record = parse_record(data)
    if not isinstance(record, dict):
        return ()
    return unwrap_record(record) or unwrap_text_in(record)


def wrapped_text(data: bytes) -> tuple[Inner, ...]:
    """The JSON object that the record of a logger has as its message; nothing where there is none."""
    return any_wrapper(data) if TEXT_MARKER in data else ()


class Unwrapping:
    """Reads lines that are wrapped, of all sources.

    Args:
        counts: What it counts in.
        read: What reads the lines inside.

    Attributes:
        counts: Where it counts.
        pieces: The lines of which pieces are missing; all that it remembers.
    """

    def __init__(self, counts: Counter[str], read: Read) -> None:
        self.counts = counts
        self.pieces = Pieces(counts)
        self._read = read

    def read(self, line: Line, now: float) -> Outcome:
        """What the lines inside this one mean; a line that is not wrapped is read as it is."""
        found = any_wrapper(line.data)
        if found:
            return self.read_found(line, found, now)
        outcome = self._read(line, now)
        if isinstance(outcome, Unreadable) and outcome.reason == "not_json" and line.data[:1] != b"{":
            return IGNORED
        return outcome

    def read_found(self, line: Line, found: tuple[Inner, ...], now: float) -> Outcome:
        """What is inside a line means to the reader of what is inside."""
        events: list[Event] = []
        understood = False
        why: Unreadable = IGNORED
        for inner in found:
            outcome = self._read_one(line, inner, now)
            if isinstance(outcome, Unreadable):
                why = outcome if outcome.detail else why
            else:
                understood = True
                events += outcome
        return events if understood else why

    def finish(self, now: float) -> list[Event]:
        """What the lines mean whose last pieces never came."""
        begun = list(self.pieces.begun.values())
        self.pieces.begun.clear()
        events: list[Event] = []
        for held in begun:
            if held.parts:
                outcome = self._read(Line(held.joined(), held.source, held.number, written=held.written), now)
                events += () if isinstance(outcome, Unreadable) else outcome
        return events

    def _read_one(self, line: Line, inner: Inner, now: float) -> Outcome:
        source = f"{line.source} [{inner.stream}]" if inner.stream else line.source
        written = line.written if inner.written is None else inner.written
        if inner.splits:
            key = f"{source}\0{inner.piece}"
            if inner.more or key in self.pieces.begun:
                begun = Begun(source, line.number, written)
                data = inner.data if inner.last is None else inner.last
                whole = self.pieces.add(key, begun, data, more=inner.more)
                if whole is None:
                    return ()
                outcome = self._read(
                    Line(whole.joined(), source, whole.number, False, line.offset, whole.written),  # noqa: FBT003
                    now,
                )
                # The pieces are remembered no more, so something has come of the line in any case.
                return () if isinstance(outcome, Unreadable) else outcome
        unwrapped = Line(inner.data, source, line.number, False, line.offset, written)  # noqa: FBT003
        outcome = self._read(unwrapped, now)
        if isinstance(outcome, Unreadable) and not looks_like_event(unwrapped, outcome):
            return IGNORED
        return outcome

"""Which format a file has, told from its lines; and one reader that stands for all of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import msgspec

from translator.formats.house.reader import HouseReader, Tally
from translator.formats.reading import Reader
from translator.formats.records import Unreadable, parse_record
from translator.formats.registry import AUTO, FORMATS, NATIVE, Format
from translator.formats.wrappers.pieces import Begun
from translator.formats.wrappers.unwrapping import DEPTH, WRAPPED, Unwrapping, known_wrapper, wrapped_text
from translator.model import Event, Line

_MOST_WITHIN = 10_000
"""How many programs are known whose lines come wrapped, per level."""


class _Reads(Protocol):
    """What reads the lines of a source: the reader of a format, or what unwraps them for one."""

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """What the line means."""


class _Level:
    """What is known of the lines inside so and so many wrappers.

    Attributes:
        names: Per source, the name of its format.
        readers: Per source, what reads its lines.
        unwrapping: What takes off the next wrapper; None where no more are looked for.
        native: What reads native lines; None for their reader alone.
    """

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.readers: dict[str, _Reads] = {}
        self.unwrapping: Unwrapping | None = None
        self.native: _Reads | None = None


class _UntilLate:
    """Reads native lines until one shows that its file is of a format that may show late.

    Args:
        formats: Those formats.
        native: Reads native lines.
        found: Told of a line and the name of the format that it has shown; gives what reads it.
    """

    def __init__(
        self, formats: Sequence[Format], native: _Reads, found: Callable[[Line, str], _Reads]
    ) -> None:
        self._formats = formats
        self._native = native
        self._found = found

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """What the line means to the format that it shows, or else as a native one."""
        record = parse_record(line.data)
        if isinstance(record, dict):
            for format_ in self._formats:
                if format_.matches(record):
                    return self._found(line, format_.name).read(line, now)
        return self._native.read(line, now)


class RouterState(msgspec.Struct):
    """What is known of the files, and what each reader remembers.

    Attributes:
        formats: Per source, the name of its format.
        readers: Per format, what its reader has captured.
        within: The formats of what is inside one, two and three wrappers, as `formats`.
        pieces: Per level of wrapping, the lines of which pieces are missing.
    """

    formats: dict[str, str] = {}
    readers: dict[str, bytes] = {}
    within: list[dict[str, str]] = []
    pieces: list[dict[str, Begun]] = []


def merged(captured: Sequence[bytes]) -> bytes:
    """What several routers of native lines have captured, as if one had read all of them."""
    whole = RouterState()
    for each in captured:
        state = msgspec.msgpack.decode(each, type=RouterState)
        whole.formats.update(state.formats)
        whole.readers.update(state.readers)
    return msgspec.msgpack.encode(whole)


class Router:
    """Reads lines of any format: of one, or of whichever each file turns out to have.

    A file is what its first line shows that is understood, and stays it; a native one may still turn out to
    be of a format that may show late.

    Args:
        format_name: The format of all files; "auto" to tell it for each.
        formats: The formats there are.

    Attributes:
        counts: What was not as it should be in lines that were understood, by a bounded word.
    """

    def __init__(self, format_name: str = AUTO, formats: Sequence[Format] = FORMATS) -> None:
        self.counts: Counter[str] = Counter()
        self._formats = {format_.name: format_ for format_ in formats}
        self._told = [format_ for format_ in formats if format_.markers]
        # Lines that are no events are looked at again and again: one search is quicker than many.
        markers = sorted({marker for format_ in self._told for marker in format_.markers})
        self._marked = re.compile(b"|".join(map(re.escape, markers)))
        self._only = None if format_name == AUTO else format_name
        self._readers: dict[str, Reader] = {}
        self._levels = [_Level() for _ in range(DEPTH + 1)]
        self._of_source = self._levels[0].readers
        for outer, inner in zip(self._levels, self._levels[1:], strict=False):
            outer.unwrapping = Unwrapping(self.counts, partial(self._read_within, inner))
        late = [format_ for format_ in self._told if format_.late]
        if late and self._only is None:
            for level in self._levels:
                level.native = _UntilLate(late, self.reader(NATIVE), partial(self._turn, level))

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """What the line means to the reader of its file's format."""
        reader = self._of_source.get(line.source)
        if reader is None:
            return self._read_first(self._levels[0], line, now)
        return reader.read(line, now)

    def expire(self, now: float) -> Sequence[Event]:
        """The events that have waited long enough at `now` (seconds)."""
        events: list[Event] = []
        for reader in self._readers.values():
            events += reader.expire(now)
        return events

    def next_due(self) -> float | None:
        """When (in seconds) `expire` has something to give; None for never."""
        due = [when for reader in self._readers.values() if (when := reader.next_due()) is not None]
        return min(due, default=None)

    def finish(self) -> Sequence[Event]:
        """The events that still wait; the input has ended."""
        events: list[Event] = []
        for level in self._levels:
            if level.unwrapping is not None:
                events += level.unwrapping.finish(0.0)
        return events + [event for reader in self._readers.values() for event in reader.finish()]

    def reader(self, name: str) -> Reader:
        """The reader of a format; one in which nothing has been read, if none was needed."""
        reader = self._readers.get(name)
        if reader is None:
            reader = self._readers[name] = self._formats[name].make(self.counts)
        return reader

    def format_of(self, source: str) -> str | None:
        """The name of a file's format, `WRAPPED` for lines that are wrapped; None while it is not told."""
        return self._levels[0].names.get(source)

    def settle(self, source: str, name: str) -> None:
        """Says which format a file has, of which no line has been read yet."""
        self._settle(self._levels[0], source, name)

    def tallies(self) -> dict[str, list[Tally]]:
        """What the rules of formats of one's own have done, by format."""
        return {
            name: [tally for _, tally in reader.tallies]
            for name, reader in self._readers.items()
            if isinstance(reader, HouseReader)
        }

    def capture(self) -> bytes:
        """All that is remembered."""
        captured = {name: reader.capture() for name, reader in self._readers.items()}
        outer, *within = self._levels
        pieces = [level.unwrapping.pieces.begun for level in self._levels if level.unwrapping is not None]
        state = RouterState(outer.names, captured)
        if WRAPPED in outer.names.values() or any(pieces):
            state = RouterState(outer.names, captured, [level.names for level in within], pieces)
        return msgspec.msgpack.encode(state)

    def restore(self, captured: bytes) -> None:
        """Goes on from what another router has captured; formats that are no more are passed over.

        Raises:
            ValueError: It is not what `capture` gives.
        """
        state = msgspec.msgpack.decode(captured, type=RouterState)
        for name, data in state.readers.items():
            if name in self._formats:
                self.reader(name).restore(data)
        for level, names in zip(self._levels, [state.formats, *state.within], strict=False):
            for source, name in names.items():
                if name == WRAPPED or (name in self._formats and self._only in (None, name)):
                    self._settle(level, source, name)
        for level, begun in zip(self._levels, state.pieces, strict=False):
            if level.unwrapping is not None:
                level.unwrapping.pieces.begun = begun

    def _read_within(self, level: _Level, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """The same as `read`, for a line that was inside another."""
        reader = level.readers.get(line.source)
        if reader is None:
            return self._read_first(level, line, now)
        return reader.read(line, now)

    def _read_first(self, level: _Level, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """Reads a line of a file whose format is not known yet."""
        if line.beside:
            return self.reader(line.beside).read(line, now)
        unwrapping = level.unwrapping
        inside: Unreadable | None = None
        if unwrapping is not None and (found := known_wrapper(line.data)):
            events = unwrapping.read_found(line, found, now)
            if not isinstance(events, Unreadable):
                self._settle(level, line.source, WRAPPED)
                return events
            inside = events
            if self._only is not None:
                return inside
        name = self._only or self._tell(line)
        if name is not None:
            self._settle(level, line.source, name)
            return self.reader(name).read(line, now)
        events = self.reader(NATIVE).read(line, now)
        name = NATIVE
        if unwrapping is not None and isinstance(events, Unreadable) and events.reason == "ignored":
            found = wrapped_text(line.data)
            if found:
                events = unwrapping.read_found(line, found, now)
                name = WRAPPED
        if isinstance(events, Unreadable):
            return inside or events
        self._settle(level, line.source, name)
        return events

    def _tell(self, line: Line) -> str | None:
        data = line.data
        if self._marked.search(data) is None:
            return None
        record: object = None
        for format_ in self._told:
            if any(marker in data for marker in format_.markers):
                record = parse_record(data) if record is None else record
                if not isinstance(record, dict):
                    return None
                if format_.matches(record):
                    return format_.name
        return None

    def _turn(self, level: _Level, line: Line, name: str) -> _Reads:
        self._settle(level, line.source, name)
        return self.reader(name)

    def _settle(self, level: _Level, source: str, name: str) -> None:
        reads: _Reads | None = level.unwrapping if name == WRAPPED else self.reader(name)
        if name == NATIVE and level.native is not None:
            reads = level.native
        if reads is None:
            return
        if level is not self._levels[0] and len(level.names) >= _MOST_WITHIN:
            oldest = next(iter(level.names))
            del level.names[oldest], level.readers[oldest]
        level.names[source] = name
        level.readers[source] = reads

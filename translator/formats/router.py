"""Which format a file has, told from its lines; and one reader that stands for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from translator.formats.reading import Reader
from translator.formats.records import Unreadable, parse_record
from translator.formats.registry import AUTO, FORMATS, NATIVE, Format
from translator.model import Event, Line


class RouterState(msgspec.Struct):
    """What is known of the files, and what each reader remembers.

    Attributes:
        formats: Per source, the name of its format.
        readers: Per format, what its reader has captured.
    """

    formats: dict[str, str] = {}
    readers: dict[str, bytes] = {}


class Router:
    """Reads lines of any format: of one, or of whichever each file turns out to have.

    A file is native until a line shows that it is something else, and stays what it has shown.

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
        self._only = None if format_name == AUTO else format_name
        self._readers: dict[str, Reader] = {}
        self._names: dict[str, str] = {}
        self._of_source: dict[str, Reader] = {}

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """What the line means to the reader of its file's format."""
        reader = self._of_source.get(line.source)
        if reader is None:
            return self._read_first(line, now)
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
        return [event for reader in self._readers.values() for event in reader.finish()]

    def capture(self) -> bytes:
        """All that is remembered."""
        captured = {name: reader.capture() for name, reader in self._readers.items()}
        return msgspec.msgpack.encode(RouterState(self._names, captured))

    def restore(self, captured: bytes) -> None:
        """Goes on from what another router has captured; formats that are no more are passed over.

        Raises:
            ValueError: It is not what `capture` gives.
        """
        state = msgspec.msgpack.decode(captured, type=RouterState)
        for name, data in state.readers.items():
            if name in self._formats:
                self._reader(name).restore(data)
        for source, name in state.formats.items():
            if name in self._formats and self._only in (None, name):
                self._settle(source, name)

    def _read_first(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """Reads a line of a file whose format is not known yet."""
        name = line.beside or self._only or self._tell(line)
        if name is not None:
            if not line.beside:
                self._settle(line.source, name)
            return self._reader(name).read(line, now)
        events = self._reader(NATIVE).read(line, now)
        if not isinstance(events, Unreadable):
            self._settle(line.source, NATIVE)
        return events

    def _tell(self, line: Line) -> str | None:
        data = line.data
        record: object = None
        for format_ in self._told:
            if any(marker in data for marker in format_.markers):
                record = parse_record(data) if record is None else record
                if not isinstance(record, dict):
                    return None
                if format_.matches(record):
                    return format_.name
        return None

    def _reader(self, name: str) -> Reader:
        reader = self._readers.get(name)
        if reader is None:
            reader = self._readers[name] = self._formats[name].make(self.counts)
        return reader

    def _settle(self, source: str, name: str) -> None:
        self._names[source] = name
        self._of_source[source] = self._reader(name)

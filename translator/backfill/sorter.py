"""Lines to shares: those of one trace to one share, told from the id that each line names."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import msgspec

from translator.backfill.share import SHARES, WHOLE
from translator.formats.native.around import places
from translator.formats.native.fields import ALIASES, Type, squash
from translator.formats.native.names import MEANINGS, meaning
from translator.formats.native.reader import CONTAINERS, EVENT_KEYS, NativeReader
from translator.formats.native.values import BY_KEY, CLEANERS
from translator.formats.records import Unreadable, parse_record
from translator.formats.registry import AUTO, NATIVE, Format
from translator.formats.router import Router
from translator.model import Json, Kind, Line
from translator.spans.ids import says_id, trace_id_from
from translator.spans.locate import named_trace

_CONTEXT = frozenset(("trace_id", "run_id", "traceparent", "sentry_trace"))
"""Fields that say which trace a line belongs to; of the first two alone the value is its id."""

_EVENT_KEYS = frozenset(map(squash, EVENT_KEYS))
_CONTAINERS = frozenset(map(squash, CONTAINERS))

_MOST_SHAPES = 4_096
_MOST_TEXTS = 65_536

_EVERY = 64
"""Of so many lines the time of one is looked at."""


class _Shape(msgspec.Struct, frozen=True):
    """Where lines with the same keys name their event and their trace.

    Attributes:
        name: The only key that may name the event; empty where that is not so simple.
        traces: By kind, the only key that says which trace it is.
    """

    name: str
    traces: dict[Kind, str]


def share_of(trace_id: str) -> int:
    """The share of a trace."""
    return crc32(trace_id.encode()) % SHARES


class Sorter:
    """Sorts the lines of inputs of the log format, as long as every event names its trace itself.

    Lines that are no events go to the share `WHOLE`, which counts them.

    Args:
        format_name: The format of the lines, or "auto".
        formats: The formats there are.

    Attributes:
        native: The inputs that are known to be of the log format.
    """

    def __init__(self, format_name: str, formats: Sequence[Format]) -> None:
        self.native: set[str] = set()
        self._never = format_name not in (AUTO, NATIVE) or any(format_.late for format_ in formats)
        self._router = Router(format_name, formats)
        self._reader = NativeReader()
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._shares: dict[Json, int] = {}

    def sort(self, lines: Sequence[Line]) -> dict[int, list[Line]] | None:
        """The lines of one input by share; None where they cannot be told apart so."""
        if self._never:
            return None
        sorted_: dict[int, list[Line]] = {}
        known = bool(lines) and lines[0].source in self.native
        for line in lines:
            if line.too_long:
                share: int | None = WHOLE
            elif known or self._is_event(line):
                known = known or self._router.format_of(line.source) == NATIVE
                share = self._share(line) if known else None
            else:
                share = WHOLE
            if share is None:
                return None
            if share in sorted_:
                sorted_[share].append(line)
            else:
                sorted_[share] = [line]
        if known:
            self.native.add(lines[0].source)
        return sorted_

    def earliest(self, lines: Sequence[Line]) -> int | None:
        """The earliest time (microseconds) of some of the lines; None where none of them has one."""
        times: list[int] = []
        for line in [*lines[::_EVERY], *lines[-1:]]:
            event = self._reader.read(line)
            if not isinstance(event, Unreadable):
                times.append(event.time)
        return min(times, default=None)

    def _is_event(self, line: Line) -> bool:
        return bool(line.beside) or not isinstance(self._router.read(line, 0.0), Unreadable)

    def _share(self, line: Line) -> int | None:
        """The share of a line; None where it is an event that does not name its trace."""
        record = parse_record(line.data)
        if isinstance(record, Unreadable):
            return WHOLE
        keys = tuple(record)
        try:
            # Most lines need no more than this: they are read as a whole by who has the share.
            shape = self._shapes[keys]
            return self._shares[record[shape.traces[MEANINGS[record[shape.name]].kind]]]
        except (KeyError, TypeError):
            return self._looked_at(line, record)

    def _looked_at(self, line: Line, record: dict[str, Json]) -> int | None:
        """The same for a line like none before it."""
        keys = tuple(record)
        shape = self._shapes.get(keys) or self._learnt(keys)
        found = meaning(record[shape.name]) if shape.name else None
        if found is not None and found.kind in shape.traces:
            text = record[shape.traces[found.kind]]
            cleaned = CLEANERS[Type.ID](text) if type(text) is str else None
            if says_id(cleaned):
                return self._remember(text, trace_id_from(cleaned))
        event = self._reader.read_record(line, record)
        if isinstance(event, Unreadable):
            return WHOLE
        trace_id = named_trace(event)
        return None if trace_id is None else share_of(trace_id)

    def _learnt(self, keys: tuple[str, ...]) -> _Shape:
        squashed = {key: squash(key) for key in keys}
        names = [key for key in keys if squashed[key] in _EVENT_KEYS]
        shape = _Shape("", {})
        if len(names) == 1 and _CONTAINERS.isdisjoint(squashed.values()) and not places(keys):
            traces: dict[Kind, str] = {}
            for kind, aliases in ALIASES.items():
                fields = [(key, aliases[name][0].name) for key, name in squashed.items() if name in aliases]
                said = [(key, field) for key, field in fields if field in _CONTEXT]
                if (
                    len(said) == 1
                    and squashed[said[0][0]] not in BY_KEY
                    and said[0][1] in ("trace_id", "run_id")
                    and said[0][0] != names[0]
                ):
                    traces[kind] = said[0][0]
            shape = _Shape(names[0], traces)
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        self._shapes[keys] = shape
        return shape

    def _remember(self, text: str, trace_id: str) -> int:
        if len(self._shares) >= _MOST_TEXTS:
            self._shares.clear()
        share = self._shares[text] = share_of(trace_id)
        return share

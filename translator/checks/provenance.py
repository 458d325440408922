"""From which line an event of a format with a memory comes: such readers hand events out later."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from itertools import islice

import msgspec

from translator.checks.diagnostic import MOST_BYTES, Origin
from translator.formats.native.timestamps import parse_time
from translator.model import Event, Line

_MOST_LINES = 50_000
_MOST_HELD = 16 * 1024 * 1024
_MOST_IDS = 200
_BASE_64 = 12

_IDS = re.compile(
    rb'"(?:spanId|span_id|id|call_id|tool_use_id|toolCallId|uuid)"\s{0,4}:\s{0,4}"([^"\\]{1,100})"'
)
_TIME = re.compile(rb'"(?:timestamp|startTimeUnixNano|endTimeUnixNano)"\s{0,4}:\s{0,4}"([^"\\]{1,40})"')

_Key = tuple[str, str | int | bytes]


class Provenance:
    """Remembers what can name a line: its bytes, ids and times. Bounded: the oldest go first."""

    def __init__(self) -> None:
        self._known: dict[_Key, Origin] = {}
        self._lines: deque[tuple[list[_Key], Origin]] = deque()
        self._held = 0

    def note(self, line: Line, origin: Origin) -> None:
        """Remembers a line that was read."""
        data = line.data[:MOST_BYTES]
        source = line.source
        keys: list[_Key] = [(source, _digest(line.data))]
        times = (parse_time(found) for found in _found(_TIME, data))
        keys += [(source, time) for time in times if time is not None]
        for key in keys:
            self._known.setdefault(key, origin)
        for written in _found(_IDS, data):
            key = (source, _plain(written))
            keys.append(key)
            self._known.setdefault(key, msgspec.structs.replace(origin, mark=written))
        self._lines.append((keys, origin))
        self._held += len(origin.data)
        while self._held > _MOST_HELD or len(self._lines) > _MOST_LINES:
            old, forgotten = self._lines.popleft()
            self._held -= len(forgotten.data)
            for key in old:
                known = self._known.get(key)
                if known is not None and known.number == forgotten.number:
                    del self._known[key]

    def of(self, event: Event, current: Origin | None) -> Origin:
        """The line of an event.

        Args:
            event: The event.
            current: The line that was being read when it came; None where none was.
        """
        for key in _names(event):
            found = self._known.get((event.source, key))
            if found is not None:
                return found
        return current or Origin(event.source, 0)


def _names(event: Event) -> list[str | int | bytes]:
    """What may name the line of an event, the surest first."""
    keys: list[str | int | bytes] = [_digest(event.line)] if event.line else []
    ids = (event.fields.get(name) for name in ("span_id", "call_id"))
    keys += [found.lower() for found in ids if type(found) is str]
    return [*keys, event.time, *([event.start] if event.start is not None else [])]


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=8).digest()


def _plain(written: str) -> str:
    """An id as events have it: the JSON form of protocol buffers writes eight bytes in base 64."""
    if len(written) == _BASE_64 and written.endswith("="):
        with suppress(ValueError):
            return b64decode(written, validate=True).hex()
    return written.lower()


def _found(pattern: re.Pattern[bytes], data: bytes) -> Iterator[str]:
    for match in islice(pattern.finditer(data), _MOST_IDS):
        yield match[1].decode("utf-8", "replace")

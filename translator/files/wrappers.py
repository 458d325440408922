"""Lines of container engines to the lines that the containers wrote: docker's json-file, and CRI."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from translator.files.lines import MAX_LINE_BYTES
from translator.model import Line

HELD_LINES = 1000
"""Lines that wait behind an unfinished line of another stream, at most."""


class _Part(NamedTuple):
    stream: str | bytes
    text: bytes
    whole: bool
    written: int | None


class _Docker(msgspec.Struct):
    log: str
    stream: str
    time: str


_decode_docker = msgspec.json.Decoder(_Docker).decode
_DOCKER_KEYS = frozenset(("log", "stream", "time", "attrs"))
_CRI = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{1,16}) (stdout|stderr) ([FP])(?::\S*)? ", re.DOTALL)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):?(\d\d))", re.ASCII)


def _docker(data: bytes) -> _Part | None:
    try:
        record = _decode_docker(data)
        text = record.log.encode("utf-8", "surrogatepass")
    except (msgspec.DecodeError, UnicodeError):
        return None
    whole = text.endswith(b"\n")
    return _Part(record.stream, text[:-1] if whole else text, whole, _microseconds(record.time))


def _cri(data: bytes) -> _Part | None:
    matched = _CRI.match(data)
    if matched is None:
        return None
    time, stream, tag = matched.groups()
    return _Part(stream, data[matched.end() :], tag == b"F", _microseconds(time.decode()))


def _microseconds(text: str) -> int | None:
    matched = _TIME.fullmatch(text)
    if matched is None:
        return None
    day, fraction, sign, hours, minutes = matched.groups()
    seconds = _seconds(day)
    if seconds is None:
        return None
    if sign:
        east = int(hours) * 3600 + int(minutes) * 60
        seconds += -east if sign == "+" else east
    return seconds * 1_000_000 + int((fraction or "")[:6].ljust(6, "0"))


@lru_cache(maxsize=1024)
def _seconds(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // _SECOND


_SECOND = datetime.resolution * 1_000_000


def unwrapper_of(line: bytes, max_line_bytes: int = MAX_LINE_BYTES) -> Unwrapper | None:
    """What unwraps the lines of a file that has this line, or None where there is nothing to unwrap."""
    if _CRI.match(line):
        return Unwrapper(_cri, max_line_bytes)
    if not line.startswith(b"{") or b'"log"' not in line:
        return None
    try:
        record = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    wrapped = (
        record.keys() <= _DOCKER_KEYS
        and record.get("stream") in {"stdout", "stderr"}
        and isinstance(record.get("log"), str)
        and isinstance(record.get("time"), str)
    )
    return Unwrapper(_docker, max_line_bytes) if wrapped else None


class _Sequence:
    """The parts so far of one line, or a whole line that waits behind one."""

    def __init__(self, line: Line, stream: str | bytes | None) -> None:
        self.line = line
        self.stream = stream
        self.parts: list[bytes] = []
        self.size = 0
        self.too_long = line.too_long
        self.last = line.number

    def add(self, text: bytes, number: int, limit: int) -> None:
        self.last = number
        self.size += len(text)
        if self.too_long or self.size > limit:
            self.too_long = True
            self.parts.clear()
        else:
            self.parts.append(text)

    def joined(self) -> Line:
        line = self.line
        data = b"" if self.too_long else b"".join(self.parts)
        return Line(data, line.source, line.number, self.too_long, line.offset, line.written)


class Unwrapper:
    """Joins parts to lines, stream by stream, and hands lines out in the order in which they began.

    Lines wait while one of another stream that began before their end is unfinished: so there is
    always one offset before which all has been handed out, and after it nothing. If too much waits,
    the unfinished line is given up as too long.

    Args:
        parse: What takes one line apart.
        max_line_bytes: The longest line that is joined; also how much may wait.
    """

    def __init__(self, parse: Callable[[bytes], _Part | None], max_line_bytes: int) -> None:
        self._parse = parse
        self._max = max_line_bytes
        self._open: dict[str | bytes, _Sequence] = {}
        self._given_up: set[str | bytes] = set()
        self._queue: deque[_Sequence] = deque()
        self._waiting = 0

    @property
    def unfinished(self) -> list[tuple[int, int]]:
        """Where lines begin that wait or are unfinished, first one first: offset, and lines before it.

        The first one is where the reading must begin again if it is broken off now, the others are
        where it may begin later.
        """
        return [
            (held.line.offset, held.line.number - 1)
            for place, held in enumerate(self._queue)
            if place == 0 or held.stream is not None
        ]

    def feed(self, lines: Sequence[Line]) -> list[Line]:
        """The containers' lines that are complete with these lines of the engine."""
        out: list[Line] = []
        for line in lines:
            part = None if line.too_long else self._parse(line.data)
            if part is None:
                self._put(line, out)
            elif part.stream in self._given_up:
                if part.whole:
                    self._given_up.discard(part.stream)
            elif (begun := self._open.get(part.stream)) is not None:
                begun.add(part.text, line.number, self._max)
                if part.whole:
                    self._close(begun)
                    self._drain(out)
            else:
                inner = Line(part.text, line.source, line.number, False, line.offset, part.written)  # noqa: FBT003
                if part.whole:
                    self._put(inner, out)
                else:
                    self._begin(inner, part)
        return out

    def finish(self) -> list[Line]:
        """What there is of lines that will have no further parts, and what waited for them."""
        out: list[Line] = []
        for begun in list(self._open.values()):
            self._close(begun)
        self._drain(out)
        return out

    def _begin(self, line: Line, part: _Part) -> None:
        begun = _Sequence(line, part.stream)
        begun.add(part.text, line.number, self._max)
        self._open[part.stream] = begun
        self._queue.append(begun)

    def _close(self, begun: _Sequence) -> None:
        if begun.stream is not None:
            del self._open[begun.stream]
        begun.line = begun.joined()
        begun.parts.clear()
        begun.stream = None

    def _put(self, line: Line, out: list[Line]) -> None:
        if not self._queue:
            out.append(line)
            return
        self._queue.append(_Sequence(line, None))
        self._waiting += len(line.data)
        while self._queue and (self._waiting > self._max or len(self._queue) > HELD_LINES):
            first = next(iter(self._open.values()))
            if first.stream is not None:
                self._given_up.add(first.stream)
            first.too_long = True
            self._close(first)
            self._drain(out)

    def _drain(self, out: list[Line]) -> None:
        """Hands out what came before the first unfinished line, if nothing of it also came after."""
        count = last = 0
        for held in self._queue:
            if held.stream is not None:
                break
            count += 1
            last = max(last, held.last)
        if count < len(self._queue) and last > self._queue[count].line.number:
            return
        out += [self._queue.popleft().line for _ in range(count)]
        self._waiting = sum(len(held.line.data) for held in self._queue if held.stream is None)

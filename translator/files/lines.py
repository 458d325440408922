"""Bytes to lines: splitting at newlines, with a limit on the length of a line."""

from __future__ import annotations

from itertools import accumulate, count, repeat
from operator import add

from translator.model import Line

MAX_LINE_BYTES = 16 * 1024 * 1024
"""The longest line that is read, in bytes; longer ones are counted and passed over."""


class LineSplitter:
    """Cuts a stream of bytes into lines at line feeds, whatever the chunks.

    Memory stays flat for a line of any length: what is above the limit is not kept. NUL bytes at the
    beginning of a line are dropped: a file that was truncated under a writer who does not append
    begins with a hole of them, which may be larger than any line.

    Args:
        source: What the lines call their file.
        max_line_bytes: The longest line that is kept.
        offset: Where the stream begins in its file, in bytes.
        number: How many lines of the file lie before it.

    Attributes:
        offset: Where the line that has no newline yet begins: the end of the last whole line.
        number: How many lines lie before it.
        position: Where the next byte belongs.
    """

    def __init__(
        self, source: str = "", max_line_bytes: int = MAX_LINE_BYTES, *, offset: int = 0, number: int = 0
    ) -> None:
        self.offset = offset
        self.number = number
        self.position = offset
        self._source = source
        self._max = max_line_bytes
        self._parts: list[bytes] = []
        self._held = 0
        self._skipping = False

    @property
    def pending(self) -> int:
        """Bytes kept of the line that has no newline yet."""
        return self._held

    @property
    def unfinished(self) -> bool:
        """Whether a line has begun that has no newline yet."""
        return self._held > 0 or self._skipping

    def skip_line(self) -> None:
        """Passes over the rest of the line in which the stream begins."""
        self._skipping = True

    def feed(self, data: bytes) -> list[Line]:
        """The lines that are complete with these bytes."""
        self.position += len(data)
        first, *whole = data.split(b"\n")
        self._hold(first)
        if not whole:
            return []
        lines = [self._complete(self.position - len(data) + len(first) + 1)]
        last = whole.pop()
        offsets = map(add, accumulate(map(len, whole), initial=self.offset), count())
        numbers = count(self.number + 1)
        # A line that lies whole in the chunk is longer than the limit only if the chunk is.
        if len(data) > self._max or b"\0" in data:
            lines += map(self._line, whole, numbers, offsets)
        else:
            # Without a step of Python for each line, this takes half as long.
            lines += map(Line, whole, repeat(self._source), numbers, repeat(False), offsets)  # noqa: FBT003
        self.number += len(whole)
        self.offset = self.position - len(last)
        self._hold(last)
        return lines

    def finish(self) -> list[Line]:
        """The last line of a file that is final, if it has no newline."""
        return [self._complete(self.position)] if self.unfinished else []

    def _line(self, data: bytes, number: int, offset: int) -> Line:
        kept = data.lstrip(b"\0")
        too_long = len(kept) > self._max
        return Line(b"" if too_long else kept, self._source, number, too_long, offset)

    def _hold(self, data: bytes) -> None:
        if not self._held and not self._skipping and data.startswith(b"\0"):
            data = data.lstrip(b"\0")
        if not data:
            return
        if self._skipping or self._held + len(data) > self._max:
            self._parts.clear()
            self._held = 0
            self._skipping = True
            return
        self._parts.append(data)
        self._held += len(data)

    def _complete(self, end: int) -> Line:
        self.number += 1
        line = Line(b"".join(self._parts), self._source, self.number, self._skipping, self.offset)
        self.offset = end
        self._skipping = False
        self._parts.clear()
        self._held = 0
        return line

"""Bytes to lines: splitting at newlines, with a limit on the length of a line."""

from __future__ import annotations

from collections.abc import Iterable

from translator.model import Line

MAX_LINE_BYTES = 16 * 1024 * 1024
"""The longest line that is read, in bytes; longer ones are counted and passed over."""


def numbered(lines: Iterable[bytes | None], source: str, before: int) -> list[Line]:
    """Lines with their places.

    Args:
        lines: As the splitter gives them.
        source: The file.
        before: How many of its lines came before.
    """
    return [
        Line(b"", source, number, too_long=True) if data is None else Line(data, source, number)
        for number, data in enumerate(lines, before + 1)
    ]


class LineSplitter:
    """Cuts a stream of bytes into lines at line feeds, whatever the chunks.

    Memory stays flat for a line of any length: what is above the limit is not kept.

    Args:
        max_line_bytes: The longest line that is kept.

    Attributes:
        too_long: How many lines were longer.
    """

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._max = max_line_bytes
        self._parts: list[bytes] = []
        self._held = 0
        self._skipping = False
        self.too_long = 0

    @property
    def pending(self) -> int:
        """Bytes of the line that has no newline yet."""
        return self._held

    def feed(self, data: bytes) -> list[bytes | None]:
        """The lines that are complete with these bytes, without line feed; None for one too long."""
        first, newline, rest = data.partition(b"\n")
        if not newline:
            self._hold(data)
            return []
        lines: list[bytes | None] = []
        self._hold(first)
        lines.append(self._complete())
        *whole, last = rest.split(b"\n")
        for line in whole:
            if len(line) > self._max:
                self.too_long += 1
                lines.append(None)
            else:
                lines.append(line)
        self._hold(last)
        return lines

    def finish(self) -> list[bytes | None]:
        """The last line of a file that is final, if it has no newline."""
        return [self._complete()] if self._held or self._skipping else []

    def _hold(self, data: bytes) -> None:
        if not data:
            return
        if self._skipping or self._held + len(data) > self._max:
            self._parts.clear()
            self._held = 0
            self._skipping = True
            return
        self._parts.append(data)
        self._held += len(data)

    def _complete(self) -> bytes | None:
        if self._skipping:
            self._skipping = False
            self.too_long += 1
            return None
        line = b"".join(self._parts)
        self._parts.clear()
        self._held = 0
        return line

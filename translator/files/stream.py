"""The bytes of one file to the lines of agents: split, and taken out of their wrappers."""

from __future__ import annotations

from translator.files.lines import MAX_LINE_BYTES, LineSplitter
from translator.files.wrappers import Unwrapper, unwrapper_of
from translator.model import Line


class LineStream:
    """What reads the content of one file, in any chunks, from an offset on.

    Whether a container engine wraps the lines is told from the first one that is read.

    Args:
        source: What the lines call their file.
        max_line_bytes: The longest line that is kept.
        offset: Where the reading begins, in bytes.
        number: How many lines of the file lie before it.
    """

    def __init__(
        self, source: str, max_line_bytes: int = MAX_LINE_BYTES, *, offset: int = 0, number: int = 0
    ) -> None:
        self._splitter = LineSplitter(source, max_line_bytes, offset=offset, number=number)
        self._max = max_line_bytes
        self._decided = False
        self._unwrapper: Unwrapper | None = None

    @property
    def position(self) -> int:
        """Where the next byte belongs, in bytes from the beginning of the file."""
        return self._splitter.position

    @property
    def unfinished(self) -> bool:
        """Whether a line has begun that is not complete."""
        return self._splitter.unfinished or bool(self._unwrapper is not None and self._unwrapper.unfinished)

    @property
    def bounds(self) -> list[tuple[int, int]]:
        """Offsets up to which all may be done at some time, with the number of lines before each.

        The first is the one up to which all lines have been handed out, and none after it.
        """
        end = (self._splitter.offset, self._splitter.number)
        return [*self._unwrapper.unfinished, end] if self._unwrapper is not None else [end]

    def skip_line(self) -> None:
        """Passes over the rest of the line in which the reading begins."""
        self._splitter.skip_line()

    def feed(self, data: bytes) -> list[Line]:
        """The lines that are complete with these bytes."""
        return self._unwrapped(self._splitter.feed(data))

    def finish(self) -> list[Line]:
        """What is left when the file is final: a last line without its newline."""
        lines = self._unwrapped(self._splitter.finish())
        return lines if self._unwrapper is None else lines + self._unwrapper.finish()

    def _unwrapped(self, lines: list[Line]) -> list[Line]:
        if not self._decided:
            for line in lines:
                if line.data.strip():
                    self._decided = True
                    self._unwrapper = unwrapper_of(line.data, self._max)
                    break
        return lines if self._unwrapper is None else self._unwrapper.feed(lines)

"""Standard error that may fail."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Forgiving(io.FileIO):
    """A file of which what cannot be written is dropped."""

    def write(self, data: ReadableBuffer, /) -> int:
        with suppress(OSError):
            super().write(data)
        return memoryview(data).nbytes


def forgive_standard_error() -> None:
    """Lets nothing fail because standard error does.

    It may lie on a disk that is full, or lead to a reader that is gone or slow. What the program says
    of itself is less than what it is there for: a sidecar that ended over it would send nothing.
    """
    stream: TextIO | None = sys.stderr
    if isinstance(stream, io.TextIOWrapper):
        raw = _Forgiving(stream.fileno(), "w", closefd=False)
        # A terminal that cannot show a character shows a question mark.
        sys.stderr = io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, "replace", line_buffering=True)
    elif stream is None:
        # It was closed: a file that is opened later must not come to be in its place.
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115

"""Standard input to lines, as they come."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Iterator

from translator.errors import InputError
from translator.files.discover import STDIN
from translator.files.stream import LineStream
from translator.files.tail import Batch, Position

CHUNK_BYTES = 64 * 1024
_QUEUED = 64


def standard_input() -> int:
    """The descriptor of standard input.

    Raises:
        InputError: It is closed.
    """
    try:
        return sys.stdin.fileno()
    except (AttributeError, ValueError):
        hint = "give it something to read, or name files"
        raise InputError("standard input is closed", hint=hint) from None


class StdinTailer:
    """Follows standard input until it ends.

    Args:
        descriptor: The file descriptor that is read.
        max_line_bytes: The longest line that is read.
        changed: Set when something has come.
    """

    def __init__(self, descriptor: int, max_line_bytes: int, changed: threading.Event) -> None:
        self._descriptor = descriptor
        self._stream = LineStream(STDIN, max_line_bytes)
        self._changed = changed
        self._chunks: queue.Queue[bytes] = queue.Queue(_QUEUED)
        self._thread = threading.Thread(target=self._read, name="stdin", daemon=True)
        self.ended = False
        self.files = 1

    def scan(self) -> None:
        """Begins to read."""
        if not self._thread.ident:
            self._thread.start()

    def poll(self) -> Iterator[Batch]:
        """What has come since the last look."""
        while not self.ended:
            try:
                data = self._chunks.get_nowait()
            except queue.Empty:
                return
            self.ended = not data
            yield Batch(None, self._stream.feed(data) if data else self._stream.finish())

    def positions(self) -> list[Position]:
        """None: how much is still in a pipe cannot be told."""
        return []

    def forgotten(self) -> list[str]:
        """None: a pipe is never known again."""
        return []

    def close(self) -> None:
        """Nothing to let go: the thread ends with its input, or with the process."""

    def _read(self) -> None:
        data = b"begin"
        while data:
            try:
                data = os.read(self._descriptor, CHUNK_BYTES)
            except OSError:
                # A terminal that has gone away is the end of the input.
                data = b""
            self._chunks.put(data)
            self._changed.set()

"""Files to lines, as they grow: a scan of the directories is the truth, events only wake it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from translator.files.discover import find_files
from translator.files.lines import MAX_LINE_BYTES, LineSplitter, numbered
from translator.model import Line

CHUNK_BYTES = 256 * 1024
"""Bytes that one file may give before the next one has its turn."""


Start = Callable[[str, os.stat_result], int]
"""Where to begin in a file never seen, in bytes, given its id and what the system knows of it."""


class Batch(msgspec.Struct, frozen=True):
    """What one look at one file gave.

    Attributes:
        file_id: An opaque name of the file that survives renaming.
        offset: How far it has been read, in bytes: the end of the last whole line.
        lines: The whole lines.
    """

    file_id: str
    offset: int
    lines: list[Line]


class _Tailed:
    def __init__(self, path: Path, file: IO[bytes], offset: int, max_line_bytes: int) -> None:
        self.path = path
        self.file = file
        self.read = offset
        self.number = 0
        self.splitter = LineSplitter(max_line_bytes)
        file.seek(offset)


class Tailer:
    """Follows all files that the patterns name.

    Args:
        patterns: Paths, directories and globs.
        start: Where to begin in a file never seen.
        excluded: Files and directories that are left out.
        max_line_bytes: The longest line that is read.
        on_file: Told of a file that is followed from now on, and from which byte.
        on_problem: Told of a path and an error that reading will be tried again after.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        *,
        start: Start,
        excluded: Sequence[Path] = (),
        max_line_bytes: int = MAX_LINE_BYTES,
        on_file: Callable[[str, int], None] = lambda _path, _offset: None,
        on_problem: Callable[[str, OSError], None] = lambda _path, _error: None,
    ) -> None:
        self._patterns = patterns
        self._start = start
        self._excluded = excluded
        self._max_line_bytes = max_line_bytes
        self._on_file = on_file
        self._on_problem = on_problem
        self._files: dict[str, _Tailed] = {}

    ended = False
    """Files are never at their end for good."""

    @property
    def files(self) -> int:
        """How many files are followed."""
        return len(self._files)

    def scan(self) -> None:
        """Looks for files that are new, and lets go those that are gone and read to their end."""
        present: set[str] = set()
        for path in find_files(self._patterns, self._excluded, compressed=False):
            try:
                stat = path.stat()
                file_id = f"{stat.st_dev:x}-{stat.st_ino:x}"
                present.add(file_id)
                tailed = self._files.get(file_id)
                if tailed is None:
                    offset = min(self._start(file_id, stat), stat.st_size)
                    file = path.open("rb")
                    self._files[file_id] = _Tailed(path, file, offset, self._max_line_bytes)
                    self._on_file(str(path), offset)
                else:
                    tailed.path = path
            except OSError as error:
                self._on_problem(str(path), error)
        for file_id, tailed in list(self._files.items()):
            if file_id not in present and tailed.read >= _size(tailed):
                tailed.file.close()
                del self._files[file_id]

    def poll(self) -> Iterator[Batch]:
        """What has been written since the last look, each file in its turn until none has more."""
        waiting = list(self._files.items())
        while waiting:
            more: list[tuple[str, _Tailed]] = []
            for file_id, tailed in waiting:
                try:
                    data = self._read(tailed)
                except OSError as error:
                    self._on_problem(str(tailed.path), error)
                    continue
                if data:
                    yield self._batch(file_id, tailed, tailed.splitter.feed(data))
                    more.append((file_id, tailed))
            waiting = more

    def close(self) -> None:
        """Lets go all files."""
        for tailed in self._files.values():
            tailed.file.close()
        self._files.clear()

    def _read(self, tailed: _Tailed) -> bytes:
        if _size(tailed) < tailed.read:
            # Truncated: what is there now has been written since.
            tailed.file.seek(0)
            tailed.read = 0
            tailed.number = 0
            tailed.splitter = LineSplitter(self._max_line_bytes)
        data = tailed.file.read(CHUNK_BYTES)
        tailed.read += len(data)
        return data

    def _batch(self, file_id: str, tailed: _Tailed, lines: list[bytes | None]) -> Batch:
        batch = numbered(lines, str(tailed.path), tailed.number)
        tailed.number += len(lines)
        return Batch(file_id, tailed.read - tailed.splitter.pending, batch)


def _size(tailed: _Tailed) -> int:
    return os.fstat(tailed.file.fileno()).st_size

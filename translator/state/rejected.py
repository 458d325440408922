"""What nobody will ever take, kept for a person: envelopes and lines with the reason, as JSON lines.

The files are bounded. They can be read while a sidecar writes them.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from translator.errors import StateError
from translator.model import Envelope, Line
from translator.state.first_run import STATE_HINT, sync_directory
from translator.state.rejection import Rejected, of_envelope, of_line

REJECTED_FILE = "rejected.jsonl"

MAX_BYTES = 16 * 1024 * 1024

_CHUNK_BYTES = 1024 * 1024

_NUMBER = re.compile(r"(\.[1-9][0-9]*)?", re.ASCII)
"""What follows the name of a log in that of each of its files."""


class RejectedLog:
    """Appends records to a file, and begins another one when it is full.

    Not thread-safe. The file is made when there is something to write.

    Args:
        path: The file; older ones are `<path>.1`, `<path>.2` and so on, the oldest last.
        max_bytes: How large a file may be; only a single record may be larger.
        kept: How many older ones are kept.
        clock: Unix seconds.

    Attributes:
        dropped: Records that were deleted with the oldest file, by this log.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int = MAX_BYTES,
        kept: int = 2,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.dropped = 0
        self._path = path
        self._max_bytes = max_bytes
        self._kept = kept
        self._clock = clock
        self._file = -1
        self._size = 0

    def add_envelope(self, envelope: Envelope, reason: str, detail: str) -> None:
        """Appends an envelope.

        Raises:
            StateError: It cannot be written now; nothing of it is.
        """
        self.add(of_envelope(envelope, reason, detail, self._clock()))

    def add_line(self, line: Line, reason: str, detail: str) -> None:
        """Appends a line.

        Raises:
            StateError: It cannot be written now; nothing of it is.
        """
        self.add(of_line(line, reason, detail, self._clock()))

    def add(self, record: Rejected) -> None:
        """Appends a record; only after `sync` it outlives a power cut.

        Raises:
            StateError: It cannot be written now; nothing of it is.
        """
        data = msgspec.json.encode(record) + b"\n"
        try:
            self._open()
            if self._size and self._size + len(data) > self._max_bytes:
                self._rotate()
            self._append(data)
        except OSError as error:
            raise self._unwritable(error) from None

    def take_over(self, other: Path) -> None:
        """Appends all that another file of records holds, and deletes that file once the disk has it here.

        This one may grow larger than it else may.

        Raises:
            StateError: It cannot be written now; the other file is as it was.
            OSError: The other file cannot be read or deleted.
        """
        data = other.read_bytes()
        try:
            self._open()
            # A kill may have ended it in the middle of a record, too.
            self._append(data if data.endswith(b"\n") else data + b"\n", sync=True)
        except OSError as error:
            raise self._unwritable(error) from None
        other.unlink()

    def sync(self) -> None:
        """Waits until the disk has all records.

        Raises:
            StateError: It does not take them.
        """
        if self._file < 0:
            return
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._unwritable(error) from None

    def close(self) -> None:
        """Closes the file; may be called twice. The next record opens it again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> None:
        if self._file >= 0:
            return
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = os.fstat(self._file).st_size
        sync_directory(self._path.parent)
        # A kill in the middle of a record has left its begin: what follows is a line of its own.
        if self._size and os.pread(self._file, 1, self._size - 1) != b"\n":
            self._append(b"\n")

    def _append(self, data: bytes, *, sync: bool = False) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            if sync:
                os.fsync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def _rotate(self) -> None:
        os.fsync(self._file)
        self.close()
        oldest = _older(self._path, self._kept)
        dropped = _records(oldest)
        for number in range(self._kept, 0, -1):
            with suppress(FileNotFoundError):
                _older(self._path, number - 1).replace(_older(self._path, number))
        if not self._kept:
            self._path.unlink()
        self.dropped += dropped
        self._open()

    def _unwritable(self, error: OSError) -> StateError:
        # Closed, so that what is wrong with the file now need not be so for ever.
        self.close()
        return StateError(
            f"what is set aside cannot be written: {error.strerror or error}",
            where=str(self._path),
            hint=f"make room on the disk, or {STATE_HINT}",
        )


def read(path: Path) -> Iterator[Rejected]:
    """All records of a log and of its older files, oldest first; what is broken is left out.

    Args:
        path: As `RejectedLog` was given it.

    Raises:
        StateError: A file is there and may not be read.
    """
    files = _open_all(path)
    try:
        for file in reversed(files):
            for line in file:
                with suppress(msgspec.MsgspecError, RecursionError):
                    yield msgspec.json.decode(line, type=Rejected)
    finally:
        for file in files:
            file.close()


def files_of(path: Path) -> list[Path]:
    """Those files of a log that there are, the newest first; a kill may have left gaps in their numbers.

    Args:
        path: As `RejectedLog` was given it.
    """
    return [_older(path, number) for number in _numbers(path)]


def _open_all(path: Path) -> list[BinaryIO]:
    """The files, newest first."""
    files: list[BinaryIO] = []
    seen: set[int] = set()
    # A log that goes on to another file just now gives each the next name, and there is none of the newest
    # for an instant.
    for number in sorted({0, 1}.union(*((known, known + 1) for known in _numbers(path)))):
        try:
            file = _older(path, number).open("rb")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StateError(
                f"what was set aside cannot be read: {error.strerror or error}", where=str(path)
            ) from None
        # One that has been read is met under its next name again.
        inode = os.fstat(file.fileno()).st_ino
        if inode in seen:
            file.close()
        else:
            seen.add(inode)
            files.append(file)
    return files


def _numbers(path: Path) -> list[int]:
    """The numbers of the files that there are; 0 is the newest."""
    names = (each.name.removeprefix(path.name) for each in path.parent.glob(f"{path.name}*"))
    return sorted(int(name[1:] or 0) for name in names if _NUMBER.fullmatch(name))


def _older(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}") if number else path


def _records(path: Path) -> int:
    """How many lines a file has; none where there is no file."""
    count = 0
    with suppress(FileNotFoundError), path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            count += chunk.count(b"\n")
    return count

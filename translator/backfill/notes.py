"""Fingerprints of what has been acknowledged since the last snapshot, in files that outlive a kill.

Each that sends appends to a file of its own: it is there for the next process as soon as it is written.
A power cut may undo the last of it; then the same spans are sent once more.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from translator.backfill.parts import FINGERPRINT_BYTES

_ENDING = ".sent"

_CARRIED = f"carried{_ENDING}"
"""What earlier processes have noted."""


class Notes:
    """What one member of the crew has sent in one generation; may be used from several threads.

    Args:
        name: The path of the generation, without an ending; empty to note nothing.
        member: Who notes it.
    """

    def __init__(self, name: str, member: str) -> None:
        self.name = name
        self._path = f"{name}-{member}{_ENDING}"
        self._file: int | None = None
        self._over = False
        self._lock = Lock()

    def add(self, fingerprint: bytes) -> None:
        """Notes one; on a full disk it is not noted, and sent again after a kill."""
        if not self.name:
            return
        with self._lock:
            with suppress(OSError):
                if self._file is None:
                    self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                    _cut(self._file)
                if os.write(self._file, fingerprint) < len(fingerprint):
                    _cut(self._file)
            if self._over:
                self._close()

    def close(self) -> None:
        """Keeps the file open no longer; what is still under way is noted all the same."""
        with self._lock:
            self._over = True
            self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _cut(file: int) -> None:
    """Leaves whole fingerprints alone: behind a part of one, none could be found again."""
    size = os.fstat(file).st_size
    if part := size % FINGERPRINT_BYTES:
        os.ftruncate(file, size - part)


def read_notes(directory: Path) -> set[bytes]:
    """All fingerprints that are noted in a directory."""
    found: set[bytes] = set()
    for path in directory.glob(f"*{_ENDING}"):
        data = path.read_bytes()
        whole = len(data) // FINGERPRINT_BYTES * FINGERPRINT_BYTES
        found.update(data[place : place + FINGERPRINT_BYTES] for place in range(0, whole, FINGERPRINT_BYTES))
    return found


def carry_notes(directory: Path, fingerprints: Iterable[bytes]) -> None:
    """Keeps all that is noted in a directory until the end, and not only until the next snapshot.

    That one may stand before what an earlier, quicker process has sent and noted.

    Args:
        directory: Where the notes are.
        fingerprints: All of them.

    Raises:
        OSError: They cannot be written; the notes are as they were.
    """
    noted = [path for path in directory.glob(f"*{_ENDING}") if path.name != _CARRIED]
    if not noted:
        return
    written = directory / f"{_CARRIED}.new"
    written.write_bytes(b"".join(fingerprints))
    written.replace(directory / _CARRIED)
    for path in noted:
        path.unlink(missing_ok=True)


def drop_notes(directory: Path, before: int | None = None) -> None:
    """Deletes the notes of generations before one, which a snapshot has taken the place of, or all."""
    for path in directory.glob(f"*{_ENDING}*"):
        generation = path.name.partition("-")[0]
        if before is None or (generation.isdecimal() and int(generation) < before):
            path.unlink(missing_ok=True)

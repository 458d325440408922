"""A store in memory: what is not acknowledged when the process ends is read again from the logs.

Only the time of the first run is kept on disk.
"""

from __future__ import annotations

import heapq
import math
import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from translator.errors import ConfigurationError
from translator.model import Envelope
from translator.state.store import Stored

MAX_BYTES = 256 * 1024 * 1024

FIRST_RUN_FILE = "first_run.json"

_OVERHEAD_BYTES = 2_048
"""What an envelope needs in memory besides its payload, roughly."""

_KEPT_REJECTIONS = 100


class Rejection(msgspec.Struct, frozen=True):
    """What is remembered of an envelope that the server will never take.

    Attributes:
        reason: A bounded word, as in `Refused`.
        detail: The server's own words.
        trace_id: The trace that its spans belong to.
        spans: How many there were.
    """

    reason: str
    detail: str
    trace_id: str
    spans: int


class _Entry(msgspec.Struct):
    envelope: Envelope
    position: int
    attempts: int = 0
    taken: bool = False


class _Kept(msgspec.Struct):
    first_run: float


class MemoryStore:
    """A `Store` that forgets everything but the time of its first run.

    Args:
        directory: Where that is kept; made if it is missing. One for each destination.
        clock: Unix seconds.
        max_bytes: From how many bytes on it is full.
    """

    def __init__(self, directory: Path, *, clock: Callable[[], float], max_bytes: int = MAX_BYTES) -> None:
        self.first_run = _first_run(directory, clock())
        self.rejections: deque[Rejection] = deque(maxlen=_KEPT_REJECTIONS)
        self.rejected: Counter[str] = Counter()
        self._max_bytes = max_bytes
        self._checkpoints: dict[str, int] = {}
        self._entries: dict[int, _Entry] = {}
        self._waiting: list[tuple[int, int]] = []
        self._bytes = 0
        self._last_row = 0
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    @property
    def full(self) -> bool:
        """Whether the outbox holds as much as it may."""
        return self._bytes >= self._max_bytes

    @property
    def pending(self) -> int:
        """How many envelopes are in the outbox, those that are taken included."""
        return len(self._entries)

    @property
    def pending_bytes(self) -> int:
        """About how many bytes of memory they need."""
        return self._bytes

    def checkpoint(self, file_id: str) -> int | None:
        """How far a file has been read, in bytes; None where this process has not read it."""
        return self._checkpoints.get(file_id)

    def commit(self, checkpoints: Mapping[str, int], envelopes: Sequence[Envelope]) -> None:
        """Stores checkpoints, and envelopes at the end of the outbox."""
        with self._lock:
            self._checkpoints.update(checkpoints)
            for envelope in envelopes:
                self._add(envelope, None)
        if envelopes:
            self._tell()

    def take(self, limit: int) -> list[Stored]:
        """Takes at most `limit` envelopes that nobody has taken, oldest first."""
        with self._lock:
            taken: list[Stored] = []
            while self._waiting and len(taken) < limit:
                _, row = heapq.heappop(self._waiting)
                entry = self._entries[row]
                entry.taken = True
                taken.append(Stored(row, entry.envelope, entry.attempts))
            return taken

    def acknowledge(self, row: int) -> None:
        """Forgets a taken envelope: the server has it."""
        with self._lock:
            self._remove(row)
        self._tell()

    def defer(self, row: int) -> None:
        """Gives a taken envelope back to its old place."""
        with self._lock:
            entry = self._taken(row)
            entry.taken = False
            entry.attempts += 1
            heapq.heappush(self._waiting, (entry.position, row))
        self._tell()

    def replace(self, row: int, envelopes: Sequence[Envelope]) -> None:
        """Puts envelopes in the place of a taken one."""
        with self._lock:
            position = self._remove(row).position
            for envelope in envelopes:
                self._add(envelope, position)
        self._tell()

    def reject(self, row: int, reason: str, detail: str) -> None:
        """Forgets the spans of a taken envelope, and remembers why."""
        with self._lock:
            envelope = self._remove(row).envelope
            self.rejected[reason] += 1
            self.rejections.append(Rejection(reason, detail, envelope.trace_id, envelope.spans))
        self._tell()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after every change of the outbox, in the thread that made it."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Nothing is open."""

    def _add(self, envelope: Envelope, position: int | None) -> None:
        self._last_row += 1
        entry = _Entry(envelope, self._last_row if position is None else position)
        self._entries[self._last_row] = entry
        self._bytes += _size(envelope)
        heapq.heappush(self._waiting, (entry.position, self._last_row))

    def _taken(self, row: int) -> _Entry:
        entry = self._entries[row]
        if not entry.taken:
            raise KeyError(row)
        return entry

    def _remove(self, row: int) -> _Entry:
        entry = self._taken(row)
        del self._entries[row]
        self._bytes -= _size(entry.envelope)
        return entry

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _size(envelope: Envelope) -> int:
    return len(envelope.payload) + _OVERHEAD_BYTES


def _first_run(directory: Path, now: float) -> float:
    path = directory / FIRST_RUN_FILE
    try:
        directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)
        known = _read(path)
        if known is None:
            _write(path, now)
            return now
    except OSError as error:
        raise ConfigurationError(
            f"the state cannot be kept: {error.strerror or error}",
            where=str(directory),
            hint="name a directory that can be written to with --state-dir",
        ) from None
    return min(known, now)


def _read(path: Path) -> float | None:
    """What the file says; when it was written where it is damaged; None where there is none."""
    try:
        with path.open("rb") as file:
            text = file.read(4_096)
            written = os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return None
    with suppress(msgspec.MsgspecError, RecursionError):
        kept = msgspec.json.decode(text, type=_Kept)
        if math.isfinite(kept.first_run) and kept.first_run > 0:
            return kept.first_run
    _write(path, written)
    return written


def _write(path: Path, first_run: float) -> None:
    """Writes the file so that at any instant it is there whole, or not at all."""
    draft = path.with_suffix(".tmp")
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(_Kept(first_run)))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

"""A store in memory, for tests of what asks nothing of a disk.

Only the time of the first run is kept on disk. It may share a directory with a `SqliteStore`.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import msgspec

from translator.model import Checkpoint, Envelope, Line
from translator.state.first_run import load_first_run, open_directory
from translator.state.store import Commit, Recovered, Stored

MAX_BYTES = 256 * 1024 * 1024

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
    created: float
    attempts: int = 0
    taken: bool = False


class MemoryStore:
    """A `Store` that forgets everything but the time of its first run.

    Args:
        directory: Where that is kept; made if it is missing. One for each destination.
        clock: Unix seconds.
        max_bytes: From how many bytes on it is full.

    Attributes:
        first_run: When this destination was first served, in Unix seconds.
        problems: Nothing can be wrong with a state that is not read.
        rejections: The last envelopes that were set aside.
        rejected: Envelopes set aside by reason.
        rejected_lines: Lines set aside by reason.

    Raises:
        StateError: The directory cannot be made or written to.
    """

    def __init__(self, directory: Path, *, clock: Callable[[], float], max_bytes: int = MAX_BYTES) -> None:
        open_directory(directory)
        self.first_run = load_first_run(directory, clock())
        self.problems: list[str] = []
        self.rejections: deque[Rejection] = deque(maxlen=_KEPT_REJECTIONS)
        self.rejected: Counter[str] = Counter()
        self.rejected_lines: Counter[str] = Counter()
        self._clock = clock
        self._max_bytes = max_bytes
        self._checkpoints: dict[str, Checkpoint] = {}
        self._facts: dict[str, str] = {}
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

    @property
    def oldest(self) -> float | None:
        """When the first envelope of the outbox was made, in Unix seconds; None where there is none."""
        with self._lock:
            first = min(self._entries.values(), key=lambda entry: entry.position, default=None)
        return None if first is None else first.created

    def checkpoints(self) -> Sequence[Checkpoint]:
        """How far each file has been read by this process."""
        with self._lock:
            return list(self._checkpoints.values())

    def recover(self) -> Recovered:
        """Nothing: no process has left anything."""
        return Recovered()

    def commit(self, step: Commit) -> None:
        """Stores checkpoints, and envelopes at the end of the outbox; the rest is for a restart."""
        with self._lock:
            self._checkpoints.update((each.file_id, each) for each in step.checkpoints)
            for file_id in step.forgotten:
                self._checkpoints.pop(file_id, None)
            now = self._clock()
            for envelope in step.envelopes:
                self._add(envelope, None, now)
        if step.envelopes:
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
            whole = self._remove(row)
            for envelope in envelopes:
                self._add(envelope, whole.position, whole.created)
        self._tell()

    def reject(self, row: int, reason: str, detail: str) -> None:
        """Forgets the spans of a taken envelope, and remembers why."""
        with self._lock:
            envelope = self._remove(row).envelope
            self.rejected[reason] += 1
            self.rejections.append(Rejection(reason, detail, envelope.trace_id, envelope.spans))
        self._tell()

    def reject_line(self, line: Line, reason: str, detail: str) -> None:  # noqa: ARG002
        """Counts a line that cannot be read; it stands in its file still."""
        with self._lock:
            self.rejected_lines[reason] += 1

    def log_at_rest(self) -> AbstractContextManager[None]:
        """It has no log."""
        return nullcontext()

    def recall(self, name: str) -> str | None:
        """A small fact that this process has remembered, or None."""
        with self._lock:
            return self._facts.get(name)

    def remember(self, name: str, value: str) -> None:
        """Keeps a small fact until the process ends."""
        with self._lock:
            self._facts[name] = value

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after every change of the outbox, in the thread that made it."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Nothing is open."""

    def _add(self, envelope: Envelope, position: int | None, created: float) -> None:
        self._last_row += 1
        entry = _Entry(envelope, self._last_row if position is None else position, created)
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

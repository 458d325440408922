"""The store that outlives the process: one SQLite file, and a log of what is set aside.

A step of the reading is one transaction that a power cut does not undo. What the sender does is written
without waiting for the disk: where a power cut undoes it, the same bytes are sent once more.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from translator.errors import StateError
from translator.model import Checkpoint, Envelope, Line
from translator.state import rows
from translator.state.database import Database, Sync
from translator.state.failures import DamagedStateError
from translator.state.first_run import load_first_run
from translator.state.set_aside import SetAside
from translator.state.store import Commit, Recovered, Stored
from translator.state.table import OutboxTable

MAX_BYTES = 1024 * 1024 * 1024

_COUNTER = "INSERT OR REPLACE INTO counters (name, total) VALUES (?, ?)"
_FORGET = "DELETE FROM checkpoints WHERE file_id = ?"
_SNAPSHOT = "INSERT OR REPLACE INTO snapshot (only, data) VALUES (1, ?)"


class SqliteStore:
    """A `Store` in a directory of its own, for one process at a time.

    Args:
        directory: Where it is kept; made if it is missing. One for each destination.
        clock: Unix seconds.
        max_bytes: From how many bytes of envelopes on it is full.

    Attributes:
        first_run: When this destination was first served, in Unix seconds.
        problems: What was wrong with the state that was found, in words for a person.

    Raises:
        StateError: The directory cannot be used, another process uses it, or a newer version wrote it.
    """

    def __init__(self, directory: Path, *, clock: Callable[[], float], max_bytes: int = MAX_BYTES) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        try:
            self._open(directory)
        except DamagedStateError:
            # A large file is not checked whole at each start; now that it is suspect, it is, once.
            self._open(directory)
        self.problems: list[str] = self._database.problems

    def _open(self, directory: Path) -> None:
        self._database = Database(directory)
        try:
            self.first_run = load_first_run(directory, self._clock())
            self._outbox = OutboxTable(self._database)
            self._aside = SetAside(self._database, self._outbox.late, self._clock)
            self._facts: dict[str, str] = dict(self._all("SELECT name, value FROM facts"))
            self._counters: dict[str, int] = dict(self._all("SELECT name, total FROM counters"))
        except StateError:
            self._database.close()
            raise

    @property
    def full(self) -> bool:
        """Whether the outbox holds as much as it may."""
        return self._outbox.pending_bytes >= self._max_bytes

    @property
    def pending(self) -> int:
        """How many envelopes are in the outbox, those that are taken included."""
        return self._outbox.pending

    @property
    def pending_bytes(self) -> int:
        """About how many bytes of the disk they need."""
        return self._outbox.pending_bytes

    @property
    def oldest(self) -> float | None:
        """When the first envelope of the outbox was made, in Unix seconds; None where there is none.

        Raises:
            StateError: The state cannot be read.
        """
        with self._lock:
            return self._outbox.oldest()

    @property
    def rejected(self) -> Counter[str]:
        """Envelopes set aside by reason, since the state was begun."""
        with self._lock:
            return self._aside.envelopes.copy()

    @property
    def rejected_lines(self) -> Counter[str]:
        """Lines set aside by reason, since the state was begun; those of stored steps."""
        with self._lock:
            return self._aside.lines.copy()

    @property
    def rejected_dropped(self) -> int:
        """How many of both are not kept any more, for the log of them is bounded."""
        return self._aside.dropped

    def checkpoints(self) -> Sequence[Checkpoint]:
        """How far each known file has been read.

        Raises:
            StateError: The state cannot be read.
        """
        return [rows.to_checkpoint(row) for row in self._all(rows.SELECT_CHECKPOINTS)]

    def recover(self) -> Recovered:
        """Where the last process left off.

        Raises:
            StateError: The state cannot be read.
        """
        snapshots = self._all("SELECT data FROM snapshot")
        journal = self._all("SELECT step FROM journal ORDER BY number")
        return Recovered(
            snapshots[0][0] if snapshots else None, tuple(step for (step,) in journal), dict(self._counters)
        )

    def commit(self, step: Commit) -> None:
        """Stores a step, and the lines that were rejected in it: all of it, or nothing.

        A snapshot has the step in it: where a step comes with both, its journal is not kept. Counters
        that the step does not name stay as they are.

        Raises:
            StateError: It cannot be stored now; the same step may be tried again.
            DamagedStateError: Nor can it be later.
        """
        with self._lock:
            self._aside.log_lines()
            counters = {name: n for name, n in step.counters.items() if self._counters.get(name) != n}
            with self._database.telling(), self._database.transaction(Sync.FULL) as connection:
                self._outbox.late.write(connection)
                self._aside.write(connection)
                _write_progress(connection, step, counters)
                size = self._outbox.write(connection, step.envelopes, self._clock())
            self._outbox.late.clear()
            self._aside.count()
            self._counters.update(counters)
            self._outbox.append(len(step.envelopes), size)
        if step.envelopes:
            self._tell()

    def take(self, limit: int) -> list[Stored]:
        """Takes at most `limit` envelopes that nobody has taken, oldest first.

        Raises:
            StateError: The state cannot be read.
        """
        with self._lock:
            return self._outbox.take(limit)

    def acknowledge(self, row: int) -> None:
        """Forgets a taken envelope: the server has it.

        On a full disk it is forgotten with the next change that can be written; after a restart
        before that it is sent again.

        Raises:
            KeyError: Nobody has taken it.
            DamagedStateError: The state file is damaged.
        """
        with self._lock:
            self._outbox.settle(row)
            self._outbox.write_late()
        self._tell()

    def defer(self, row: int) -> None:
        """Gives a taken envelope back to its old place; on a full disk the attempt is counted later.

        Raises:
            KeyError: Nobody has taken it.
            DamagedStateError: The state file is damaged.
        """
        with self._lock:
            self._outbox.give_back(row)
            self._outbox.write_late()
        self._tell()

    def replace(self, row: int, envelopes: Sequence[Envelope]) -> None:
        """Puts envelopes in the place of a taken one, together or not at all.

        Raises:
            KeyError: Nobody has taken it.
            StateError: It cannot be stored now; the envelope stays taken.
        """
        with self._lock:
            self._outbox.replace(row, envelopes)
        self._tell()

    def reject(self, row: int, reason: str, detail: str) -> None:
        """Moves a taken envelope from the outbox to the log of what is set aside.

        Raises:
            KeyError: Nobody has taken it.
            StateError: It cannot be set aside now; the envelope stays taken.
        """
        with self._lock:
            self._aside.envelope(self._outbox.taken(row), reason, detail)
            self._outbox.settle(row)
            self._outbox.write_late()
        self._tell()

    def set_aside(self, envelope: Envelope, reason: str, detail: str) -> None:
        """Puts an envelope that never was in the outbox into the log of what is set aside.

        Raises:
            StateError: It cannot be set aside now.
        """
        with self._lock:
            self._aside.envelope(envelope, reason, detail)
            self._outbox.write_late()

    def reject_line(self, line: Line, reason: str, detail: str) -> None:
        """Sets a line aside, together with the next commit: the one with which it counts as read.

        Args:
            line: The line.
            reason: A bounded word.
            detail: What is wrong with it, in words for a person.
        """
        with self._lock:
            self._aside.line(line, reason, detail)

    @contextmanager
    def log_at_rest(self) -> Iterator[None]:
        """Keeps the log of what is set aside closed, so that its files may be moved.

        Who is about to set something aside waits meanwhile. The store may not be used within it.
        """
        with self._lock:
            self._aside.close()
            yield

    def recall(self, name: str) -> str | None:
        """A small fact that `remember` has kept across restarts, or None."""
        with self._lock:
            return self._facts.get(name)

    def remember(self, name: str, value: str) -> None:
        """Keeps a small fact across restarts; on a full disk it is written later.

        Raises:
            DamagedStateError: The state file is damaged.
        """
        with self._lock:
            if self._facts.get(name) != value:
                self._facts[name] = self._outbox.late.facts[name] = value
                self._outbox.write_late()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after every change of the outbox, in the thread that made it."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Closes the store and lets the next process in; may be called twice.

        Raises:
            DamagedStateError: The state file is damaged; it is closed all the same.
        """
        with self._lock:
            try:
                self._outbox.write_late()
            finally:
                self._aside.close()
                self._database.close()

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        with self._lock, self._database.telling():
            return self._database.connection.execute(query).fetchall()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def _write_progress(connection: sqlite3.Connection, step: Commit, counters: Mapping[str, int]) -> None:
    connection.executemany(rows.UPSERT_CHECKPOINT, map(rows.from_checkpoint, step.checkpoints))
    connection.executemany(_FORGET, [(file_id,) for file_id in step.forgotten])
    connection.executemany(_COUNTER, counters.items())
    if step.snapshot is not None:
        connection.execute("DELETE FROM journal")
        connection.execute(_SNAPSHOT, (step.snapshot,))
    elif step.journal is not None:
        connection.execute("INSERT INTO journal (step) VALUES (?)", (step.journal,))

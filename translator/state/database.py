"""The file `state.sqlite`: opening it, setting it aside when it is damaged, transactions."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from translator.errors import StateError
from translator.state.failures import meaning, told
from translator.state.first_run import open_directory, sync_directory, unusable
from translator.state.schema import migrate, refuse_newer

STATE_FILE = "state.sqlite"
LOCK_FILE = "lock"
BACKFILL_DIRECTORY = "backfill"
"""Where the state of backfills is, within that of their destination."""
SUSPECT_FILE = "state.suspect"
"""There when damage was found while running: the next start checks everything, whatever the size."""

CHECKED_BYTES = 256 * 1024 * 1024
"""Up to this size a file is checked at each start; a larger one would keep the start waiting."""

_HEAD_BYTES = 100
_COMPANIONS = ("", "-wal", "-shm")
_BUSY_SECONDS = 5.0
_LOCK_TRIES = 4
_LOCK_SECONDS = 0.02
_KEPT_LOG_BYTES = 32 * 1024 * 1024


class Sync(StrEnum):
    """What a power cut may undo; SQLite's own words for `PRAGMA synchronous`."""

    FULL = "FULL"
    """Nothing of what has been committed."""
    NORMAL = "NORMAL"
    """The last commits, but each of them as a whole."""


class DirectoryLock:
    """Keeps every other process out of a state directory; the kernel lets go when the process ends.

    Raises:
        StateError: Another process has it, or it cannot be had.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / LOCK_FILE
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise unusable(path, error) from None
        try:
            self._have()
        except OSError as error:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            if not isinstance(error, BlockingIOError):
                raise unusable(path, error) from None
            raise StateError(
                f"another translator uses this state{f' (process {holder})' if holder else ''}",
                where=str(directory),
                hint="stop it, or give this one a state of its own with --state-dir",
            ) from None
        # For the message only: on a full disk there is none.
        with suppress(OSError):
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, b"%d\n" % os.getpid(), 0)

    def _have(self) -> None:
        """Takes the lock; who only looks whether it is held (a status) holds it for an instant."""
        for _ in range(_LOCK_TRIES):
            with suppress(BlockingIOError):
                return fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            time.sleep(_LOCK_SECONDS)
        return fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """Lets the next one in; may be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class Database:
    """A checked and migrated `state.sqlite`, and the lock on its directory.

    It has no lock for threads: that belongs to whoever also guards what goes with it.

    Args:
        directory: Where the file is; made if it is missing.

    Attributes:
        problems: What was wrong with the file that was found, in words for a person.

    Raises:
        StateError: It cannot be used; nothing has been changed then.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / STATE_FILE
        self.problems: list[str] = []
        self._suspect = directory / SUSPECT_FILE
        self._level: Sync | None = None
        open_directory(directory)
        self._lock = DirectoryLock(directory)
        try:
            self.connection = self._open()
        except BaseException:
            self._lock.release()
            raise

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Turns SQLite's errors into `StateError`, and remembers for the next start what is damaged."""
        try:
            yield
        except sqlite3.Error as error:
            if meaning(error).damaged:
                with suppress(OSError):
                    self._suspect.touch(mode=0o600)
            raise told(error, str(self.path)) from None

    @contextmanager
    def transaction(self, sync: Sync) -> Iterator[sqlite3.Connection]:
        """Stores all that is done within, or nothing.

        Raises:
            sqlite3.Error: It could not be stored; the same may be tried again if it `passes`.
        """
        try:
            self._set(sync)
            self.connection.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors, and may fail to after others;
            # then the next BEGIN tells.
            with suppress(sqlite3.Error):
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Closes the file and lets the next process in; may be called twice."""
        with suppress(sqlite3.Error):
            self.connection.close()
        self._lock.release()

    def _set(self, sync: Sync) -> None:
        if sync is not self._level:
            # Not through `execute`: that may step a cached statement, and this acts when prepared.
            self.connection.executescript(f"PRAGMA synchronous = {sync}")
            self._level = sync

    def _open(self) -> sqlite3.Connection:
        try:
            wrong = self._wrong()
            if wrong is not None:
                self._set_aside(wrong)
            self._suspect.unlink(missing_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise unusable(self.path, error) from None
        with self.telling():
            connection = self._connect()
            try:
                (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
                connection.execute(f"PRAGMA journal_size_limit = {_KEPT_LOG_BYTES}")
                migrate(connection)
            except BaseException:
                connection.close()
                raise
        if mode != "wal":
            connection.close()
            raise StateError(
                "this file system cannot hold the state",
                where=str(self.path),
                hint="name a directory on a local disk with --state-dir",
            )
        return connection

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )

    def _wrong(self) -> str | None:
        """What is wrong with the file, in words; None where it is sound, or there is none."""
        try:
            # Also for writing: SQLite would open one that cannot be written, and tell only later.
            with self.path.open("r+b") as file:
                size = os.fstat(file.fileno()).st_size
                head = file.read(_HEAD_BYTES)
        except FileNotFoundError:
            return None
        if self._is_cut_off(head, size):
            return "it is cut off" if size else "it is empty"
        with self.telling():
            connection = self._connect()
        try:
            # First of all, for the tables of a newer version may look like damage.
            refuse_newer(connection, str(self.path))
            if size > CHECKED_BYTES and not self._suspect.exists():
                return None
            (first,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.Error as error:
            if meaning(error).damaged:
                return str(error)
            raise told(error, str(self.path)) from None
        finally:
            connection.close()
        return None if first == "ok" else str(first).splitlines()[-1]

    def _is_cut_off(self, head: bytes, size: int) -> bool:
        """Whether an end is missing in a way that SQLite takes for an empty file, or for zeros."""
        if len(head) < _HEAD_BYTES:
            return True
        # 1 stands for 65,536, which does not fit in.
        page = int.from_bytes(head[16:18]) or 1
        page = 65_536 if page == 1 else page
        log = self.path.with_name(f"{STATE_FILE}-wal")
        return size < page or bool(size % page and not log.exists())

    def _set_aside(self, wrong: str) -> None:
        number = 1
        while (aside := self.path.with_name(f"{STATE_FILE}.damaged-{number}")).exists():
            number += 1
        # The file itself goes last: after a kill in between, it is found and set aside again.
        for companion in reversed(_COMPANIONS):
            with suppress(FileNotFoundError):
                self.path.with_name(STATE_FILE + companion).rename(aside.with_name(aside.name + companion))
        sync_directory(self.path.parent)
        self.problems.append(
            f"{self.path} was damaged ({wrong}); it is now {aside.name} and a new one was begun: files are"
            " read again from their begin, and what was not yet sent is made again from them"
        )

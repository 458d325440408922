"""What an error of SQLite means for a person."""

from __future__ import annotations

import sqlite3

import msgspec

from translator.errors import StateError
from translator.state.first_run import STATE_HINT


class DamagedStateError(StateError):
    """The state file cannot be read any more; the next start sets it aside and begins a new one.

    In vain to try again in this process.
    """


class Meaning(msgspec.Struct, frozen=True):
    """What a result code of SQLite means.

    Attributes:
        message: What happened.
        hint: What the user can do.
        damaged: Whether the file is not to be trusted any more.
    """

    message: str
    hint: str
    damaged: bool = False


_ROOM = "make room on the disk, and start it again if it has ended: it goes on"
_DAMAGED = Meaning(
    "the state file is damaged", "start again: it is set aside and a new one is begun", damaged=True
)
_MEANINGS: dict[int, Meaning] = {
    sqlite3.SQLITE_FULL: Meaning("the disk is full", _ROOM),
    sqlite3.SQLITE_IOERR: Meaning("the disk does not take it", _ROOM),
    sqlite3.SQLITE_BUSY: Meaning("another program holds the state file", "close what has opened it"),
    sqlite3.SQLITE_NOMEM: Meaning("there is no memory left", "give the process more memory"),
    sqlite3.SQLITE_TOOBIG: Meaning("a value is too large for the state file", "report this"),
    sqlite3.SQLITE_READONLY: Meaning("the state file cannot be written to", STATE_HINT),
    sqlite3.SQLITE_PERM: Meaning("the state file may not be opened", STATE_HINT),
    sqlite3.SQLITE_CANTOPEN: Meaning("the state file cannot be opened", STATE_HINT),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
_OTHER = Meaning("the state cannot be used", STATE_HINT)


def meaning(error: sqlite3.Error) -> Meaning:
    """What an error means, by its primary result code."""
    return _MEANINGS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, _OTHER)


def told(error: sqlite3.Error, where: str) -> StateError:
    """The error as a person is told of it."""
    found = meaning(error)
    kind = DamagedStateError if found.damaged else StateError
    return kind(f"{found.message} ({error})", where=where, hint=found.hint)

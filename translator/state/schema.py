"""The tables of `state.sqlite`, and the way from each version of them to the next."""

from __future__ import annotations

import sqlite3

from translator.errors import StateError

MIGRATIONS: tuple[str, ...] = (
    # 1. Paths are bytes (a file's name need not be UTF-8); device and inode are decimal text, for they
    # may need all of 64 bits, and SQLite's integers have a sign. `payload` is last in its table, so
    # that reading another column does not read it.
    """
    CREATE TABLE checkpoints (
        file_id TEXT PRIMARY KEY, source BLOB NOT NULL, path BLOB NOT NULL,
        device TEXT NOT NULL, inode TEXT NOT NULL, "offset" INTEGER NOT NULL, lines INTEGER NOT NULL,
        size INTEGER NOT NULL, head TEXT NOT NULL, head_size INTEGER NOT NULL,
        tail TEXT NOT NULL, tail_size INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE outbox (
        row INTEGER PRIMARY KEY AUTOINCREMENT, position INTEGER NOT NULL, attempts INTEGER NOT NULL,
        trace_id TEXT NOT NULL, category TEXT NOT NULL, spans INTEGER NOT NULL,
        bytes INTEGER NOT NULL, created REAL NOT NULL, header BLOB NOT NULL, item_header BLOB NOT NULL,
        span_ids TEXT NOT NULL, payload BLOB NOT NULL
    );
    CREATE INDEX outbox_order ON outbox (position, row, bytes, created);
    CREATE TABLE journal (number INTEGER PRIMARY KEY, step BLOB NOT NULL);
    CREATE TABLE snapshot (only INTEGER PRIMARY KEY CHECK (only = 1), data BLOB NOT NULL);
    CREATE TABLE counters (name TEXT PRIMARY KEY, total INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE rejected (
        what TEXT NOT NULL, reason TEXT NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (what, reason)
    ) WITHOUT ROWID;
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
)
"""What makes version n of version n - 1, first that which makes version 1 of an empty file.

One that has been released is never changed: a change of the tables is another script at the end.
"""

VERSION = len(MIGRATIONS)


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables in a file; 0 for none. Does not look at the tables themselves."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def refuse_newer(connection: sqlite3.Connection, where: str) -> None:
    """Ends where a later version of this program has written the file.

    Raises:
        StateError: So it is; nothing has been changed.
    """
    found = version_of(connection)
    if found > VERSION:
        raise StateError(
            f"the state was written by a newer version of translator "
            f"(its schema is {found}, this version knows {VERSION})",
            where=where,
            hint="install that version again, or begin another state with --state-dir",
        )


def migrate(connection: sqlite3.Connection, scripts: tuple[str, ...] = MIGRATIONS) -> None:
    """Brings the tables up to date: each version whole or not at all.

    Raises:
        sqlite3.Error: It cannot be done.
    """
    for number in range(version_of(connection), len(scripts)):
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;{scripts[number]};PRAGMA user_version = {number + 1};COMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

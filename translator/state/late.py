"""Small changes of the state that may wait: they are written with the next transaction."""

from __future__ import annotations

import sqlite3

import msgspec

_COUNT = "INSERT OR REPLACE INTO rejected (what, reason, total) VALUES (?, ?, ?)"
_FACT = "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)"


class Late(msgspec.Struct):
    """What has been decided and is not yet written.

    Sending must not end because the disk is full: it is what makes room. If the process ends before
    these are written, the same bytes are sent again, and nothing else.

    Attributes:
        deleted: Rows of the outbox that are settled.
        deferred: Rows of the outbox that have been given back.
        counts: Totals of what was set aside, by what it was and the reason.
        facts: Facts to remember.
    """

    deleted: list[int] = []
    deferred: list[int] = []
    counts: dict[tuple[str, str], int] = {}
    facts: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.deleted or self.deferred or self.counts or self.facts)

    def write(self, connection: sqlite3.Connection) -> None:
        """Writes everything into the transaction that is open."""
        connection.executemany("DELETE FROM outbox WHERE row = ?", _each(self.deleted))
        connection.executemany(
            "UPDATE outbox SET attempts = attempts + 1 WHERE row = ?", _each(self.deferred)
        )
        for (what, reason), total in self.counts.items():
            write_count(connection, what, reason, total)
        connection.executemany(_FACT, self.facts.items())

    def clear(self) -> None:
        """Forgets everything; to be called once the transaction is done."""
        self.deleted.clear()
        self.deferred.clear()
        self.counts.clear()
        self.facts.clear()


def write_count(connection: sqlite3.Connection, what: str, reason: str, total: int) -> None:
    """Writes the total of one kind of what was set aside."""
    connection.execute(_COUNT, (what, reason, total))


def _each(numbers: list[int]) -> list[tuple[int]]:
    return [(number,) for number in numbers]

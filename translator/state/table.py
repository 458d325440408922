"""The outbox of `state.sqlite`: its rows, and who has taken which."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from translator.model import Envelope
from translator.state import rows
from translator.state.database import Database, Sync
from translator.state.failures import DamagedStateError, meaning
from translator.state.late import Late
from translator.state.queue import Place, Queue
from translator.state.store import Stored

_SELECT = f"SELECT {rows.ENVELOPE_COLUMNS} FROM outbox "  # noqa: S608
_ONE = _SELECT + "WHERE row = ?"
_NEXT = _SELECT + "WHERE (position, row) > (?, ?) ORDER BY position, row LIMIT ?"
_OLDEST = "SELECT created FROM outbox ORDER BY position, row LIMIT 1"
_TOTALS = "SELECT count(*), coalesce(sum(bytes), 0), coalesce(max(position), 0) FROM outbox"


class OutboxTable:
    """The rows of the outbox. It has no lock: the store that it belongs to has one.

    Args:
        database: Where they are.

    Attributes:
        late: What may wait; goes into every transaction.

    Raises:
        StateError: They cannot be read.
    """

    def __init__(self, database: Database) -> None:
        self.late = Late()
        self._database = database
        with database.telling():
            self._queue = Queue(*database.connection.execute(_TOTALS).fetchone())

    @property
    def pending(self) -> int:
        """How many rows there are, those that are taken included."""
        return self._queue.pending

    @property
    def pending_bytes(self) -> int:
        """How many bytes they need."""
        return self._queue.pending_bytes

    def oldest(self) -> float | None:
        """When the first of them was made, in Unix seconds."""
        if not self._queue.pending:
            return None
        with self._database.telling():
            (created,) = self._database.connection.execute(_OLDEST).fetchone()
        return float(created)

    def take(self, limit: int) -> list[Stored]:
        """Takes at most `limit` rows that nobody has taken, in order."""
        taken: list[Stored] = []
        while len(taken) < limit and (row := self._queue.waiting()) is not None:
            held = self._held(row)
            self._queue.take_waiting(held.size, held.created)
            taken.append(held.stored)
        rest = min(limit - len(taken), self._queue.unseen)
        if rest > 0:
            for held in self._select(_NEXT, (*self._queue.cursor, rest)):
                self._queue.take_unseen(Place(held.position, held.stored.row), held.size, held.created)
                taken.append(held.stored)
        return taken

    def taken(self, row: int) -> Envelope:
        """The envelope of a taken row.

        Raises:
            KeyError: Nobody has taken it.
        """
        self._queue.taken(row)
        return self._held(row).stored.envelope

    def settle(self, row: int) -> None:
        """Deletes a taken row, with the next transaction.

        Raises:
            KeyError: Nobody has taken it.
        """
        self._queue.settle(row)
        self.late.deleted.append(row)

    def give_back(self, row: int) -> None:
        """Makes a taken row wait at its place; the attempt is written with the next transaction.

        Raises:
            KeyError: Nobody has taken it.
        """
        self._queue.give_back(row)
        self.late.deferred.append(row)

    def replace(self, row: int, envelopes: Sequence[Envelope]) -> None:
        """Puts envelopes in the place of a taken row, in a transaction of its own.

        Raises:
            KeyError: Nobody has taken it.
            StateError: It cannot be stored; nothing has changed.
        """
        taken = self._queue.taken(row)
        added: list[tuple[Place, int]] = []
        with self._database.telling(), self._database.transaction(Sync.NORMAL) as connection:
            self.late.write(connection)
            for envelope in envelopes:
                values, size = rows.from_envelope(envelope, taken.place.position, taken.created)
                number = connection.execute(rows.INSERT_ENVELOPE, values).lastrowid or 0
                added.append((Place(taken.place.position, number), size))
            connection.execute("DELETE FROM outbox WHERE row = ?", (row,))
        self.late.clear()
        self._queue.settle(row)
        for place, size in added:
            self._queue.insert(place, size)

    def write(self, connection: sqlite3.Connection, envelopes: Sequence[Envelope], now: float) -> int:
        """Writes envelopes to the end, into the transaction that is open; then `append` counts them.

        Returns:
            How many bytes they need.
        """
        total = 0
        for position, envelope in enumerate(envelopes, self._queue.last_position + 1):
            values, size = rows.from_envelope(envelope, position, now)
            connection.execute(rows.INSERT_ENVELOPE, values)
            total += size
        return total

    def append(self, count: int, size: int) -> None:
        """Counts envelopes once their transaction is done."""
        self._queue.append(count, size)

    def write_late(self) -> None:
        """Writes what is late in a transaction of its own; where that cannot be now, it stays late.

        Raises:
            DamagedStateError: Nor can it be ever.
        """
        if not self.late:
            return
        with self._database.telling():
            try:
                with self._database.transaction(Sync.NORMAL) as connection:
                    self.late.write(connection)
            except sqlite3.Error as error:
                if meaning(error).damaged:
                    raise
                return
        self.late.clear()

    def _held(self, row: int) -> rows.Held:
        found = self._select(_ONE, (row,))
        if not found:
            raise self._strange(f"envelope {row} is gone from it")
        return found[0]

    def _select(self, query: str, values: tuple[int, ...]) -> list[rows.Held]:
        with self._database.telling():
            found = self._database.connection.execute(query, values).fetchall()
        try:
            return [rows.to_held(row) for row in found]
        except msgspec.MsgspecError:
            raise self._strange("an envelope in it cannot be read") from None

    def _strange(self, what: str) -> DamagedStateError:
        """Damage that SQLite does not see, so that the next start would not set the file aside."""
        return DamagedStateError(
            f"the state file is damaged: {what}",
            where=str(self._database.path),
            hint="move it away and start again",
        )

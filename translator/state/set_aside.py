"""What is set aside, and how much of it: the log, and the totals that outlive the process."""

from __future__ import annotations

import sqlite3
from collections import Counter, deque
from collections.abc import Callable

from translator.model import Envelope, Line
from translator.state.database import Database
from translator.state.late import Late, write_count
from translator.state.rejected import REJECTED_FILE, RejectedLog
from translator.state.rejection import Rejected, of_line

_ENVELOPE = "envelope"
_LINE = "line"
_DROPPED = "dropped"


class SetAside:
    """Envelopes and lines that are set aside. It has no lock: the store that it belongs to has one.

    Args:
        database: Where the totals are.
        late: Where totals wait to be written.
        clock: Unix seconds.

    Attributes:
        envelopes: Envelopes by reason.
        lines: Lines by reason; those of steps that are not stored yet are not among them.

    Raises:
        StateError: The totals cannot be read.
    """

    def __init__(self, database: Database, late: Late, clock: Callable[[], float]) -> None:
        self._log = RejectedLog(database.path.with_name(REJECTED_FILE), clock=clock)
        self._late = late
        self._clock = clock
        self._lines: deque[Rejected] = deque()
        self._logged: Counter[str] = Counter()
        totals: dict[str, Counter[str]] = {_ENVELOPE: Counter(), _LINE: Counter(), _DROPPED: Counter()}
        with database.telling():
            for what, reason, total in database.connection.execute(
                "SELECT what, reason, total FROM rejected"
            ):
                totals[what][reason] = total
        self.envelopes, self.lines = totals[_ENVELOPE], totals[_LINE]
        self._dropped_before = totals[_DROPPED].total()

    @property
    def dropped(self) -> int:
        """How many records are not kept any more."""
        return self._dropped_before + self._log.dropped

    def envelope(self, envelope: Envelope, reason: str, detail: str) -> None:
        """Sets an envelope aside, so that the disk has it.

        Raises:
            StateError: The log cannot be written now.
        """
        self._log.add_envelope(envelope, reason, detail)
        self._log.sync()
        self.envelopes[reason] += 1
        self._late.counts[_ENVELOPE, reason] = self.envelopes[reason]
        self._note_dropped()

    def line(self, line: Line, reason: str, detail: str) -> None:
        """Keeps a line until its step is stored."""
        self._lines.append(of_line(line, reason, detail, self._clock()))

    def log_lines(self) -> None:
        """Writes the lines to the log; each once, however often the step has to be tried.

        Raises:
            StateError: The log cannot be written now.
        """
        if not self._lines:
            return
        while self._lines:
            self._log.add(self._lines[0])
            self._logged[self._lines.popleft().reason] += 1
        self._log.sync()
        self._note_dropped()

    def write(self, connection: sqlite3.Connection) -> None:
        """Writes the totals of these lines into the transaction that is open; then `count` counts them."""
        for reason, count in self._logged.items():
            write_count(connection, _LINE, reason, self.lines[reason] + count)

    def count(self) -> None:
        """Counts the lines once the transaction is done."""
        self.lines.update(self._logged)
        self._logged.clear()

    def close(self) -> None:
        """Closes the log; the next record opens it again."""
        self._log.close()

    def _note_dropped(self) -> None:
        if self._log.dropped:
            self._late.counts[_DROPPED, ""] = self.dropped

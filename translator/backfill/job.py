"""What is kept of a backfill while it goes on, and after it: how far, what is open, what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from translator.backfill.known import recognised
from translator.backfill.merge import Position
from translator.backfill.notes import carry_notes, drop_notes, read_notes
from translator.backfill.orders import ShareState, unreadable_state
from translator.files.inputs import Input, is_there
from translator.model import Envelope, Line
from translator.state.sqlite import SqliteStore
from translator.state.store import Commit

_MAX_REJECTED_BYTES = 4 * 1024 * 1024
"""How much of unreadable lines waits for a snapshot; above it, some may be kept twice after a kill."""

_RECORD_BYTES = 500
"""What else is kept with such a line, roughly."""


class Progress(msgspec.Struct):
    """Where a backfill stands between two steps, in a form that can be stored.

    Attributes:
        positions: How far each input has been read, by identity; also those of earlier backfills.
        inputs: The names of the inputs that are under way, by identity.
        under_way: Whether something was read that has not been sent.
        shares: What is not finished.
        native: The inputs that are of the log format and name the trace of each line; None where lines
            are not divided into shares.
        generation: That of what is handed on after it.
        read_until: The time up to which events have been taken, in microseconds; None before any.
        totals: What was counted, by a dotted name.
    """

    positions: dict[str, Position] = {}
    inputs: dict[str, str] = {}
    under_way: bool = False
    shares: list[ShareState] = []
    native: list[str] | None = None
    generation: int = 0
    read_until: int | None = None
    totals: dict[str, int] = {}


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Progress).decode


class Job:
    """The state of the backfills to one destination.

    A snapshot of all that is not finished is stored once everything before it has been acknowledged;
    what was acknowledged since then is noted by its fingerprint. So whoever goes on reads again from the
    snapshot, comes by the same spans, and sends those that are not noted. What it finds noted stays noted to
    the end, for its own next snapshot may stand before what another one has sent.

    Args:
        store: Where it is kept.
        directory: Where the notes are.

    Attributes:
        progress: The last snapshot; before `recover`, none.
        sent: The fingerprints of what earlier processes have noted.
    """

    def __init__(self, store: SqliteStore, directory: Path) -> None:
        self._store = store
        self._directory = directory
        self._rejected_bytes = 0
        self.progress = Progress()
        self.sent: set[bytes] = set()

    def recover(self) -> None:
        """Takes up what earlier processes have left.

        Raises:
            StateError: It cannot be read.
        """
        snapshot = self._store.recover().snapshot
        try:
            self.progress = _decode(snapshot) if snapshot else Progress()
        except ValueError as error:
            raise unreadable_state(error) from None
        self.sent = read_notes(self._directory)
        # On a full disk they are dropped with the next snapshot, and what they tell of is sent again.
        with suppress(OSError):
            carry_notes(self._directory, self.sent)

    def notes(self, generation: int) -> str:
        """Where it is noted what is acknowledged in a generation."""
        return str(self._directory / str(generation))

    def forget(self) -> None:
        """Begins anew, as if nothing had been sent; takes the place of `recover`.

        Raises:
            StateError: It cannot be stored now.
        """
        drop_notes(self._directory)
        self.keep(Progress())

    def keep(self, progress: Progress) -> None:
        """Stores where the backfill stands; all before it has been acknowledged.

        Raises:
            StateError: It cannot be stored now.
        """
        self._store.commit(Commit(snapshot=_encode(progress)))
        self._rejected_bytes = 0
        # What is not finished may be large, and whoever goes on reads it from the store.
        self.progress = msgspec.structs.replace(progress, shares=[])
        drop_notes(self._directory, progress.generation if progress.under_way else None)

    def set_aside(self, envelope: Envelope, reason: str, detail: str) -> None:
        """Keeps an envelope that the server will never take.

        Raises:
            StateError: It cannot be kept now.
        """
        self._store.set_aside(envelope, reason, detail)

    def reject_line(self, line: Line, reason: str, detail: str) -> None:
        """Keeps a line that cannot be read, with the next snapshot: before that, it would be read again.

        Raises:
            StateError: It cannot be kept now.
        """
        self._store.reject_line(line, reason, detail)
        self._rejected_bytes += len(line.data) + _RECORD_BYTES
        if self._rejected_bytes > _MAX_REJECTED_BYTES:
            self._store.commit(Commit())
            self._rejected_bytes = 0

    def known(self, inputs: Iterable[Input]) -> Mapping[str, Position]:
        """How far the inputs have been read, by identity; nothing of one that holds something else now."""
        return recognised(inputs, self.progress.positions)

    def unfinished(self, inputs: Iterable[Input], known: Mapping[str, Position]) -> list[str]:
        """The names of the inputs of an interrupted backfill that is another one; none where it can go on.

        An input that is not there any more, or holds something else now, does not hold it up.

        Args:
            inputs: What is to be read now.
            known: What `known` tells of it.
        """
        progress = self.progress
        if not progress.under_way:
            return []
        names = {one.name for one in inputs}
        again = {position.known_as for position in known.values()}
        here = {identity for identity, name in progress.inputs.items() if identity in again or name in names}
        left = {
            name
            for identity, name in progress.inputs.items()
            if identity not in here
            and (position := progress.positions.get(identity)) is not None
            and not position.ended
            and is_there(name)
        }
        return sorted(left if here else left or progress.inputs.values())

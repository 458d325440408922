"""What is kept of a backfill while it goes on, and after it: how far, what is open, what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from translator.backfill.merge import Position
from translator.backfill.notes import drop_notes, read_notes
from translator.backfill.orders import ShareState
from translator.errors import StateError
from translator.files.inputs import Input, is_unchanged
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
        under_way: Whether something was read that has not been sent.
        shares: What is not finished.
        native: The inputs that are of the log format and name the trace of each line; None where lines
            are not divided into shares.
        generation: That of what is handed on after it.
        read_until: The time up to which events have been taken, in microseconds; None before any.
        totals: What was counted, by a dotted name.
    """

    positions: dict[str, Position] = {}
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
    what was acknowledged since then is noted by its fingerprint. So whoever goes on reads again from
    the snapshot, comes by the same spans, and sends those that are not noted.

    Args:
        store: Where it is kept.
        directory: Where the notes are.

    Attributes:
        progress: The last snapshot.
        sent: The fingerprints of what has been acknowledged after it, by earlier processes.
    """

    def __init__(self, store: SqliteStore, directory: Path) -> None:
        self._store = store
        self._directory = directory
        self._rejected_bytes = 0
        recovered = store.recover()
        self.progress = Progress()
        if recovered.snapshot:
            try:
                self.progress = _decode(recovered.snapshot)
            except (msgspec.DecodeError, ValueError) as error:
                raise StateError(
                    f"what is known of the last backfill cannot be read: {error}",
                    where="state.sqlite",
                    hint="begin anew with --again",
                ) from None
        self.sent = read_notes(directory)

    def notes(self, generation: int) -> str:
        """Where it is noted what is acknowledged in a generation."""
        return str(self._directory / str(generation))

    def forget(self) -> None:
        """Begins anew, as if nothing had been sent.

        Raises:
            StateError: It cannot be stored now.
        """
        self.keep(Progress())
        self.sent = set()

    def keep(self, progress: Progress) -> None:
        """Stores where the backfill stands; all before it has been acknowledged.

        Raises:
            StateError: It cannot be stored now.
        """
        self._store.commit(Commit(snapshot=_encode(progress)))
        self._rejected_bytes = 0
        # What is not finished may be large, and whoever goes on reads it from the store.
        self.progress = msgspec.structs.replace(progress, shares=[])
        drop_notes(self._directory, progress.generation)

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
        found: dict[str, Position] = {}
        for one in inputs:
            position = self.progress.positions.get(one.identity)
            if position is not None and is_unchanged(one, position.read, position.tail):
                grown = not one.compressed and (one.size or 0) > position.read
                found[one.identity] = msgspec.structs.replace(position, ended=position.ended and not grown)
        return found

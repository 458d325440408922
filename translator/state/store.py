"""The interface of everything that is remembered for one destination."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from translator.model import Checkpoint, Envelope, Line


class Stored(msgspec.Struct, frozen=True):
    """An envelope in the outbox.

    Attributes:
        row: Its number, unlike any other's in the same store.
        envelope: What to send.
        attempts: How often it has been taken and given back before.
    """

    row: int
    envelope: Envelope
    attempts: int = 0


class Commit(msgspec.Struct, frozen=True):
    """One step of the reading, stored as a whole or not at all.

    Attributes:
        checkpoints: How far files have been read now.
        forgotten: Ids of files that are gone and need not be known again.
        envelopes: What goes to the end of the outbox.
        journal: What the step was, so that it can be taken again after a restart; None for nothing.
        snapshot: What has been read and is not finished; it takes the place of the snapshot and of all
            the journal before. None to leave both.
        counters: Totals by name, in place of those before.
    """

    checkpoints: Sequence[Checkpoint] = ()
    forgotten: Sequence[str] = ()
    envelopes: Sequence[Envelope] = ()
    journal: bytes | None = None
    snapshot: bytes | None = None
    counters: Mapping[str, int] = {}


class Recovered(msgspec.Struct, frozen=True):
    """Where the last process left off.

    Attributes:
        snapshot: The last snapshot; None where there is none.
        journal: The steps since then, oldest first.
        counters: The totals.
    """

    snapshot: bytes | None = None
    journal: Sequence[bytes] = ()
    counters: Mapping[str, int] = {}


class Store(Protocol):
    """Checkpoints and outbox of one destination; may be used from several threads.

    An envelope that has been taken belongs to whoever took it, until it is acknowledged, deferred,
    replaced or rejected, or until the store is opened anew: then it is there to be taken again.
    """

    @property
    def first_run(self) -> float:
        """When this destination was first served, in Unix seconds; kept across restarts."""

    @property
    def full(self) -> bool:
        """Whether the outbox holds as much as it may, so that reading shall pause.

        A commit is taken all the same: what has been read must go somewhere.
        """

    @property
    def pending(self) -> int:
        """How many envelopes are in the outbox, those that are taken included."""

    @property
    def pending_bytes(self) -> int:
        """How many bytes the outbox needs for them."""

    @property
    def oldest(self) -> float | None:
        """When the oldest envelope in the outbox was put there, in Unix seconds; None for an empty one."""

    @property
    def rejected(self) -> Mapping[str, int]:
        """What was set aside since the state was begun, by reason."""

    def checkpoints(self) -> Sequence[Checkpoint]:
        """How far each known file has been read."""

    def recover(self) -> Recovered:
        """Where the last process left off; asked for once, before the first commit."""

    def commit(self, step: Commit) -> None:
        """Stores a step: all of it, or nothing.

        Raises:
            StateError: It cannot be stored now (a full disk); the same step may be tried again.
        """

    def take(self, limit: int) -> list[Stored]:
        """Takes at most `limit` envelopes that nobody has taken, oldest first."""

    def acknowledge(self, row: int) -> None:
        """Forgets a taken envelope: the server has it."""

    def defer(self, row: int) -> None:
        """Gives a taken envelope back to its old place, to be sent another time."""

    def replace(self, row: int, envelopes: Sequence[Envelope]) -> None:
        """Puts envelopes in the place of a taken one, together or not at all."""

    def reject(self, row: int, reason: str, detail: str) -> None:
        """Sets a taken envelope aside: the server will never take it.

        Args:
            row: Its number.
            reason: A bounded word, as in `Refused`.
            detail: The server's own words.
        """

    def reject_line(self, line: Line, reason: str, detail: str) -> None:
        """Sets a line aside that looks like an event and cannot be read; written with the next commit.

        Args:
            line: The line.
            reason: A bounded word.
            detail: What is wrong, for a person.
        """

    def log_at_rest(self) -> AbstractContextManager[None]:
        """Keeps the log of what is set aside closed, so that its files may be moved.

        Who is about to set something aside waits meanwhile. The store may not be used within it.
        """

    def recall(self, name: str) -> str | None:
        """A small fact that `remember` has kept across restarts, or None."""

    def remember(self, name: str, value: str) -> None:
        """Keeps a small fact across restarts."""

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after every change of the outbox, in the thread that made it.

        No lock of the store is held then, so the listener may use the store. It must be quick.
        """

    def close(self) -> None:
        """Closes the store; may be called twice."""

"""The interface of everything that is remembered for one destination."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from translator.model import Envelope


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

    def checkpoint(self, file_id: str) -> int | None:
        """How far a file has been read, in bytes from its beginning; None where it is unknown."""

    def commit(self, checkpoints: Mapping[str, int], envelopes: Sequence[Envelope]) -> None:
        """Stores checkpoints, and envelopes at the end of the outbox: together or not at all."""

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

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after every change of the outbox, in the thread that made it.

        No lock of the store is held then, so the listener may use the store. It must be quick.
        """

    def close(self) -> None:
        """Closes the store; may be called twice."""

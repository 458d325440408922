"""What the sender needs of others: an outbox to empty, and something that makes attempts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from translator.model import Answer, Envelope


class Taken(Protocol):
    """An envelope that has been taken out of the outbox."""

    @property
    def row(self) -> int:
        """Its number."""

    @property
    def envelope(self) -> Envelope:
        """What to send."""


class Outbox(Protocol):
    """What the sender needs of a store; `translator.state.store` tells what each must do."""

    @property
    def pending(self) -> int:
        """How many envelopes are in the outbox, those that are taken included."""

    def take(self, limit: int) -> Sequence[Taken]:
        """Takes at most `limit` envelopes, oldest first."""

    def acknowledge(self, row: int) -> None:
        """Forgets a taken envelope: the server has it."""

    def defer(self, row: int) -> None:
        """Gives a taken envelope back to its old place."""

    def replace(self, row: int, envelopes: Sequence[Envelope]) -> None:
        """Puts envelopes in the place of a taken one."""

    def reject(self, row: int, reason: str, detail: str) -> None:
        """Sets a taken envelope aside."""

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after every change of the outbox."""


class Transport(Protocol):
    """Makes one attempt to send one envelope."""

    def send(self, envelope: Envelope, sent_at: datetime) -> Answer:
        """Sends an envelope and waits for the answer."""

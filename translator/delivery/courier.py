"""Envelopes sent one after another by one thread, which does not wait for the answers.

Threads that wait for answers hold up a thread that computes, and it them, whenever they take turns. So
who computes sends, too, as long as all is well; what is not well is for the `Sender`.
"""

from __future__ import annotations

import select
import time
from datetime import UTC, datetime

from translator.delivery.connections import Posted
from translator.delivery.outbox import Taken
from translator.delivery.transport import EnvelopeTransport
from translator.model import Answer

MOST_POSTED = 16
"""Envelopes under way at once."""


class Courier:
    """Sends envelopes of one outbox; for one thread.

    Args:
        transport: Sends, and reads answers.
        most: How many envelopes may be under way at once.
    """

    def __init__(self, transport: EnvelopeTransport, most: int = MOST_POSTED) -> None:
        self._transport = transport
        self._most = most
        self._posted: dict[int, tuple[Posted, Taken]] = {}
        self._poll = select.poll()

    @property
    def free(self) -> bool:
        """Whether another envelope may be sent now."""
        return len(self._posted) < self._most

    @property
    def busy(self) -> bool:
        """Whether answers are awaited."""
        return bool(self._posted)

    def post(self, taken: Taken) -> Answer | None:
        """Sends an envelope.

        Returns:
            None, for the answer comes later; or why it could not be sent.
        """
        sent_at = datetime.fromtimestamp(time.time(), UTC)
        posted = self._transport.begin(taken.envelope, sent_at)
        if not isinstance(posted, Posted):
            return posted
        descriptor = posted.fileno()
        self._posted[descriptor] = posted, taken
        self._poll.register(descriptor, select.POLLIN)
        return None

    def answers(self, seconds: float) -> list[tuple[Taken, Answer]]:
        """The answers that have come, with what they are to.

        Args:
            seconds: How long to wait where none has come.
        """
        if not self._posted:
            return []
        found: list[tuple[Taken, Answer]] = []
        for descriptor, _ in self._poll.poll(seconds * 1_000):
            posted, taken = self._settled(descriptor)
            found.append((taken, self._transport.answer(posted, taken.envelope.category)))
        if not found:
            now = time.monotonic()
            for descriptor in [
                number for number, (posted, _) in self._posted.items() if posted.deadline < now
            ]:
                posted, taken = self._settled(descriptor)
                found.append((taken, self._transport.give_up(posted)))
        return found

    def close(self) -> list[Taken]:
        """Waits for no more answers; gives what has not been answered."""
        left = []
        for descriptor in list(self._posted):
            posted, taken = self._settled(descriptor)
            self._transport.give_up(posted)
            left.append(taken)
        return left

    def _settled(self, descriptor: int) -> tuple[Posted, Taken]:
        self._poll.unregister(descriptor)
        return self._posted.pop(descriptor)

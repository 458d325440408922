"""What rate limits hold back, so that what has no limit overtakes it: a quota of errors is none of spans."""

from __future__ import annotations

import heapq

import msgspec

from translator.delivery.outbox import Taken


class Held(msgspec.Struct, order=True):
    """An envelope that is tried another time, ordered by when, and by its place."""

    due: float
    row: int
    failures: int
    taken: Taken


class Limited:
    """Until when which category of envelopes has to wait, and those that do.

    All times are seconds of one clock. It belongs to one thread at a time.

    Attributes:
        size: Bytes of what is held.
    """

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._held: dict[str, list[Held]] = {}
        self.size = 0

    def limit(self, category: str, until: float) -> None:
        """Lets a category wait."""
        self._until[category] = max(until, self._until.get(category, 0.0))

    def holds(self, category: str, now: float) -> bool:
        """Whether a category has to wait."""
        return self._until.get(category, 0.0) > now

    def seconds(self, now: float) -> float:
        """How long anything has to wait; 0 for not at all."""
        return max(0.0, max(self._until.values(), default=0.0) - now)

    def add(self, held: Held) -> None:
        """Holds an envelope until the limit of its category is over."""
        envelope = held.taken.envelope
        held.due = 0.0
        heapq.heappush(self._held.setdefault(envelope.category, []), held)
        self.size += len(envelope.payload)

    def pop_free(self, now: float) -> Held | None:
        """The oldest of a category that need not wait any more."""
        for category, waiting in self._held.items():
            if waiting and not self.holds(category, now):
                return self._popped(waiting)
        return None

    def next_end(self) -> float | None:
        """When the first limit ends that holds something; None where nothing is held."""
        return min(
            (self._until[category] for category, waiting in self._held.items() if waiting), default=None
        )

    def pop_all(self) -> list[Held]:
        """All that is held."""
        return [self._popped(waiting) for waiting in self._held.values() for _ in range(len(waiting))]

    def _popped(self, waiting: list[Held]) -> Held:
        held = heapq.heappop(waiting)
        self.size -= len(held.taken.envelope.payload)
        return held

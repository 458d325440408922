"""Lines of one trace come out of order, from several files: events wait here and leave in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush

import msgspec

from translator.model import Event
from translator.spans.revive import revived

EVENT_BYTES = 2_500
"""What an event takes beside the bytes of its line, about."""

LIMIT = 256 * 1024 * 1024


class ReorderState(msgspec.Struct):
    """What a `Reorder` holds, in a form that can be stored.

    Attributes:
        heap: The events with their time (microseconds) and number, a heap.
        arrivals: When (seconds) the window of each is over, with its time.
        pushed: How many were ever pushed.
    """

    heap: list[tuple[int, int, Event]] = []
    arrivals: list[tuple[float, int]] = []
    pushed: int = 0


def merged(states: Sequence[ReorderState]) -> ReorderState:
    """What several have held that waited for the end of their input, as if one had held all of it."""
    held = [
        (time, number, place, event)
        for place, state in enumerate(states)
        for time, number, event in state.heap
    ]
    held.sort(key=lambda entry: entry[:3])
    heap = [(time, number, event) for number, (time, _, _, event) in enumerate(held, 1)]
    return ReorderState(heap, [], len(heap))


class Reorder:
    """Holds each event until its window is over, then lets it go in the order of time.

    Equal times leave in the order in which they were pushed.

    Args:
        window: Seconds that an event waits for earlier ones; infinity to wait for `drain`.
        limit: Bytes that are held at most, about; above it the earliest leave before their window is over.

    Attributes:
        size: Bytes that are held, about.
    """

    def __init__(self, window: float, limit: int = LIMIT) -> None:
        self._window = window
        self._limit = limit
        self.size = 0
        self._heap: list[tuple[int, int, Event]] = []
        self._arrivals: deque[tuple[float, int]] = deque()
        self._pushed = 0

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, event: Event, now: float) -> None:
        """Takes in an event that was read at `now` (seconds)."""
        self._pushed += 1
        self.size += len(event.line) + EVENT_BYTES
        heappush(self._heap, (event.time, self._pushed, event))
        if self._window != float("inf"):
            self._arrivals.append((now + self._window, event.time))

    def pop(self, now: float) -> list[Event]:
        """The events whose window is over at `now`, and all that are earlier than one of them."""
        # Not kept for the next call: one line dated years ahead must not end all waiting for good.
        horizon: int | None = None
        while self._arrivals and self._arrivals[0][0] <= now:
            _, time = self._arrivals.popleft()
            if horizon is None or time > horizon:
                horizon = time
        return self.pop_until(-1 if horizon is None else horizon)

    def pop_until(self, time: int) -> list[Event]:
        """The events up to a time (microseconds), and the earliest of those that are too many."""
        ready: list[Event] = []
        heap = self._heap
        while heap and (heap[0][0] <= time or self.size > self._limit):
            event = heappop(heap)[2]
            self.size -= len(event.line) + EVENT_BYTES
            ready.append(event)
        return ready

    def drain(self) -> list[Event]:
        """All events that are held, in order."""
        ready = [event for _, _, event in sorted(self._heap, key=lambda entry: entry[:2])]
        self._heap.clear()
        self._arrivals.clear()
        self.size = 0
        return ready

    def capture(self) -> ReorderState:
        """What is held, to be restored by another one with the same window."""
        return ReorderState(list(self._heap), list(self._arrivals), self._pushed)

    def restore(self, state: ReorderState, now: float) -> None:
        """Goes on from what another one has captured; to be called before anything else."""
        self._heap = [(time, number, revived(event)) for time, number, event in state.heap]
        self.size = sum(len(event.line) + EVENT_BYTES for _, _, event in self._heap)
        self._arrivals.extend(state.arrivals)
        if self._heap and not self._arrivals and self._window != float("inf"):
            # The other one waited for the end of its input.
            self._arrivals.append((now + self._window, max(time for time, _, _ in self._heap)))
        self._pushed = state.pushed

    def next_due(self) -> float | None:
        """When (in seconds) the next event can leave, or None when nothing waits."""
        return self._arrivals[0][0] if self._arrivals else None

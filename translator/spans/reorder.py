"""Lines of one trace come out of order, from several files: events wait here and leave in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush, merge
from operator import attrgetter, itemgetter

import msgspec

from translator.model import Event
from translator.spans.revive import revived

EVENT_BYTES = 2_500
"""What an event takes beside the bytes of its line, about."""

LIMIT = 256 * 1024 * 1024

_FOREVER = float("inf")


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
        # Most lines come in order, and need no more than a queue; a heap holds those that came after a
        # later one. That one leaves after them, and equal ones in the queue had come before them.
        self._ordered: deque[Event] = deque()
        self._late: list[tuple[int, int, Event]] = []
        self._arrivals: deque[tuple[float, int]] = deque()
        self._pushed = 0

    def __len__(self) -> int:
        return len(self._ordered) + len(self._late)

    def push(self, event: Event, now: float) -> None:
        """Takes in an event that was read at `now` (seconds)."""
        time = event.time
        self.size += len(event.line) + EVENT_BYTES
        if not self._ordered or time >= self._ordered[-1].time:
            self._ordered.append(event)
        else:
            self._pushed += 1
            heappush(self._late, (time, self._pushed, event))
        if self._window != _FOREVER:
            self._arrivals.append((now + self._window, time))

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
        ordered, late = self._ordered, self._late
        size, limit = self.size, self._limit
        while ordered:
            event = ordered[0]
            is_late = bool(late) and late[0][0] < event.time
            if is_late:
                event = late[0][2]
            if event.time > time and size <= limit:
                break
            if is_late:
                heappop(late)
            else:
                ordered.popleft()
            size -= len(event.line) + EVENT_BYTES
            ready.append(event)
        self.size = size
        return ready

    def drain(self) -> list[Event]:
        """All events that are held, in order."""
        ready = self._in_order()
        self._ordered.clear()
        self._late.clear()
        self._arrivals.clear()
        self.size = 0
        return ready

    def capture(self) -> ReorderState:
        """What is held, to be restored by another one with the same window."""
        heap = [(event.time, number, event) for number, event in enumerate(self._in_order(), 1)]
        return ReorderState(heap, list(self._arrivals), len(heap))

    def restore(self, state: ReorderState, now: float) -> None:
        """Goes on from what another one has captured; to be called before anything else."""
        events = [revived(event) for _, _, event in sorted(state.heap, key=itemgetter(0, 1))]
        self._ordered.extend(events)
        self.size = sum(len(event.line) + EVENT_BYTES for event in events)
        self._arrivals.extend(state.arrivals)
        if events and not self._arrivals and self._window != _FOREVER:
            # The other one waited for the end of its input.
            self._arrivals.append((now + self._window, events[-1].time))
        self._pushed = state.pushed

    def next_due(self) -> float | None:
        """When (in seconds) the next event can leave, or None when nothing waits."""
        return self._arrivals[0][0] if self._arrivals else None

    def _in_order(self) -> list[Event]:
        late = [event for _, _, event in sorted(self._late, key=itemgetter(0, 1))]
        return list(merge(self._ordered, late, key=attrgetter("time")))

"""No more spans a second than somebody wants."""

from __future__ import annotations


class Pace:
    """When the next envelope may go, so that spans keep to a rate.

    Args:
        rate: Spans a second; None for as many as there are.
    """

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self.free_at = 0.0
        """When the next one may go, on the clock of `spend`, in seconds."""

    @property
    def unlimited(self) -> bool:
        """Whether there is no rate to keep to."""
        return self._rate is None

    def spend(self, spans: int, now: float) -> None:
        """Takes note that so many spans go at `now` (seconds): others wait for as long as these need."""
        if self._rate is not None:
            self.free_at = max(self.free_at, now) + spans / self._rate

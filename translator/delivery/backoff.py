"""How long to wait after a failure: exponential, with full jitter. Pure."""

from __future__ import annotations

from collections.abc import Callable

BASE_SECONDS = 1.0
CAP_SECONDS = 60.0


class Backoff:
    """Waits that grow with each failure and that many senders do not spend in step.

    Args:
        random: A number from 0 up to 1, anew at each call.
        base: The longest first wait, in seconds.
        cap: The longest wait of all, in seconds.
    """

    def __init__(
        self, random: Callable[[], float], *, base: float = BASE_SECONDS, cap: float = CAP_SECONDS
    ) -> None:
        self._random = random
        self._base = base
        self._cap = cap

    def delay(self, attempt: int) -> float:
        """How long to wait before the next try.

        Args:
            attempt: How many tries have failed, from 1.

        Returns:
            Seconds: anything from 0 to `base` doubled with each failure, and at most `cap`.
        """
        # Beyond 2**64 the cap has long been reached, and floats end at 2**1024.
        doublings = min(max(attempt, 1) - 1, 64)
        return self._random() * min(self._cap, self._base * 2.0**doublings)

"""Rate limits: which kind of envelope has to wait, and for how long yet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sentry_sdk.transport import _parse_rate_limits
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

DEFAULT_SECONDS = 60.0
"""How long a 429 holds that names no time."""

LONGEST_SECONDS = 86_400.0
"""What is asked for beyond this is a mistake; asking once a day harms nobody."""


def _ignore(_limits: Mapping[str | None, float]) -> None:
    return None


class RateLimits:
    """The limits that a server has named, by category; may be used from several threads.

    Args:
        clock: Seconds, never going back.
        on_change: Told of the seconds that each category has to wait, when a server has named some.
    """

    def __init__(
        self, clock: Callable[[], float], on_change: Callable[[Mapping[str | None, float]], None] = _ignore
    ) -> None:
        self._clock = clock
        self._on_change = on_change
        self._until: dict[str | None, float] = {}
        self._lock = threading.Lock()

    def remaining(self, category: str) -> float | None:
        """Seconds until the category may be sent again, or None where it may now."""
        with self._lock:
            until = max((self._until.get(name, 0.0) for name in (category, None)), default=0.0)
        left = until - self._clock()
        return left if left > 0 else None

    def learn(self, status: int, headers: Mapping[str, str], category: str) -> float | None:
        """Takes note of the limits in an answer.

        Args:
            status: The HTTP status.
            headers: The header fields, under names in any case.
            category: What was sent.

        Returns:
            Seconds until the category may be sent again, or None where it may now.
        """
        said = headers.get("x-sentry-rate-limits")
        named = parse_limits(said) if said else {}
        if status == 429 and not {category, None} & named.keys():
            named[category] = retry_after(headers) or DEFAULT_SECONDS
        if named:
            self._on_change(self.impose(named))
        return self.remaining(category)

    def impose(self, named: Mapping[str | None, float]) -> dict[str | None, float]:
        """Sets limits, where they are longer than those there are; returns all that hold, in seconds."""
        now = self._clock()
        with self._lock:
            for name, seconds in named.items():
                self._until[name] = max(self._until.get(name, 0.0), now + seconds)
            return {name: until - now for name, until in self._until.items() if until > now}


def parse_limits(header: str) -> dict[str | None, float]:
    """The seconds that an `X-Sentry-Rate-Limits` names by category; None stands for all of them."""
    limits: dict[str | None, float] = {}
    now = datetime.now(UTC)
    for entry in header.split(","):
        try:
            parsed = [(name, (until - now).total_seconds()) for name, until in _parse_rate_limits(entry, now)]
        except OverflowError:
            # More seconds than there are until the year 9999; whose they are can no longer be told.
            parsed = [(None, DEFAULT_SECONDS)]
        for category, seconds in parsed:
            name = category if category is None else category.strip()
            if seconds > 0 and name != "":
                limits[name] = min(max(seconds, limits.get(name, 0.0)), LONGEST_SECONDS)
    return limits


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a `Retry-After` names, as a number or a date; None where it names no future."""
    value = headers.get("retry-after", "")
    try:
        seconds = float(Retry().parse_retry_after(value))
    except (InvalidHeader, OverflowError, ValueError):
        return None
    return min(seconds, LONGEST_SECONDS) if seconds > 0 else None

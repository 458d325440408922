"""Which traces of a history are sent: by the times between which they begin, and by their age."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import msgspec

DAY = 86_400_000_000
"""Microseconds."""

_WEEK = 7 * DAY


class Older(StrEnum):
    """What becomes of a trace that begins before what the server keeps."""

    SKIP = "skip"
    SHIFT = "shift"
    SEND = "send"


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of one trace.

    Attributes:
        skipped: Why it is not sent: "too_old", "before_since", "after_until"; None where it is.
        shift: Microseconds by which all its times are moved forward.
    """

    skipped: str | None = None
    shift: int = 0


SENT = Verdict()


class AgeRule(msgspec.Struct, frozen=True):
    """The rule, for whole traces; times in microseconds since the Unix epoch.

    Attributes:
        since: Traces that begin before are skipped.
        until: Traces that begin at this time or later are skipped.
        limit: The earliest begin that the server takes; None where it takes all.
        older: What becomes of traces that begin before it.
        period: By how many microseconds, or a multiple of it, they are moved.
    """

    since: int | None = None
    until: int | None = None
    limit: int | None = None
    older: Older = Older.SKIP
    period: int = 28 * DAY

    def judge(self, start: int) -> Verdict:
        """What becomes of a trace that begins at `start`."""
        if self.since is not None and start < self.since:
            return Verdict("before_since")
        if self.until is not None and start >= self.until:
            return Verdict("after_until")
        if self.limit is None or start >= self.limit or self.older is Older.SEND:
            return SENT
        if self.older is Older.SKIP:
            return Verdict("too_old")
        # Whole periods: a second run on the same day moves a trace to the same time, so it stays one.
        return Verdict(shift=-((start - self.limit) // self.period) * self.period)


MARGIN = timedelta(minutes=10) // timedelta(microseconds=1)
"""How much earlier than the server the rule calls a trace too old: sending takes time, too."""


def oldest_taken(now: float, retention_days: int) -> int:
    """The earliest begin that the server takes, in microseconds.

    Args:
        now: Unix seconds.
        retention_days: Days for which the server keeps spans.
    """
    return round(now * 1e6) - retention_days * DAY + MARGIN


def period_of(retention_days: int) -> int:
    """By what the times of old traces are moved: whole weeks where they fit, so that days stay days."""
    room = retention_days * DAY - DAY
    return max(room // _WEEK * _WEEK, room // DAY * DAY if room < _WEEK else 0, DAY // 2)


class AgeSetup(msgspec.Struct, frozen=True):
    """What the rule is made of, whenever it is: what the server keeps moves on with the time.

    Attributes:
        since, until, older: As in `AgeRule`.
        retention_days: Days for which the server keeps spans; None where age does not count.
    """

    since: int | None = None
    until: int | None = None
    older: Older = Older.SKIP
    retention_days: int | None = None

    def rule(self, now: float) -> AgeRule:
        """The rule at a time, in Unix seconds."""
        days = self.retention_days
        if days is None:
            return AgeRule(self.since, self.until, None, self.older)
        return AgeRule(self.since, self.until, oldest_taken(now, days), self.older, period_of(days))

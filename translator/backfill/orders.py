"""What goes between the process that reads and those that rebuild and send."""

from __future__ import annotations

import msgspec

from translator.errors import StateError
from translator.formats.house.reader import Tally
from translator.model import Envelope, Line


class ShareState(msgspec.Struct, array_like=True):
    """What is not finished of one share, in a form that can be stored.

    Attributes:
        share: Its number.
        translation: What its translation has captured.
        collector: What waits for its trace to end.
    """

    share: int
    translation: bytes
    collector: bytes


def unreadable_state(error: ValueError) -> StateError:
    """What to tell where something that was captured is not as it should be."""
    return StateError(
        f"what is known of the last backfill cannot be read: {error}",
        hint="--again forgets it, and sends everything anew",
    )


class Batch(msgspec.Struct, tag=True):
    """Lines, and how far they have come.

    Attributes:
        number: Its number.
        lines: Lines by share.
        native: The input whose lines are of the log format, as is known already; empty for none.
        until: The time before which all lines have been read, in microseconds; None while it is not known.
    """

    number: int
    lines: dict[int, list[Line]] = {}
    native: str = ""
    until: int | None = None


class Drain(msgspec.Struct, tag=True):
    """All has been read; `now` is the log's time in seconds."""

    now: float


class Keep(msgspec.Struct, tag=True):
    """Capture all that is not finished.

    Attributes:
        generation: The number of what is handed on from now on.
        notes: Where its fingerprints go.
    """

    generation: int
    notes: str


class Surrender(msgspec.Struct, tag=True):
    """Give away all that is not finished: another one goes on with it."""


class Restore(msgspec.Struct, tag=True):
    """Go on with what others have captured; `alone` where one share takes all from now on."""

    states: list[ShareState]
    alone: bool = False


class Send(msgspec.Struct, tag=True):
    """Send envelopes that are ready."""

    envelopes: list[Envelope]


class Limits(msgspec.Struct, tag=True):
    """The server's rate limits: seconds to wait by category, "" for all."""

    seconds: dict[str, float]


Order = Batch | Drain | Keep | Surrender | Restore | Send | Limits
"""What the process that reads tells the others."""


class Taken(msgspec.Struct, tag=True):
    """A batch has been read, and what came of it goes its way.

    Attributes:
        number: That of the batch.
        earliest: The earliest time of its events, in microseconds; None without any.
    """

    number: int
    earliest: int | None = None


class Kept(msgspec.Struct, tag=True):
    """What was captured; all that was handed on before has been acknowledged or set aside.

    Attributes:
        generation: That of the order.
        states: Of each share.
        totals: What was counted up to then, by a dotted name.
    """

    generation: int
    states: list[ShareState]
    totals: dict[str, int]


class Surrendered(msgspec.Struct, tag=True):
    """What was given away."""

    states: list[ShareState]


class Drained(msgspec.Struct, tag=True):
    """All that came of the input has been acknowledged or set aside."""


class Failed(msgspec.Struct, tag=True):
    """It cannot go on: what to tell a person, and what they can do about it."""

    message: str
    hint: str | None = None


class SetAside(msgspec.Struct, tag=True):
    """The server will never take this envelope."""

    envelope: Envelope
    reason: str
    detail: str


class Unread(msgspec.Struct, tag=True):
    """A line looks like an event, and cannot be read."""

    line: Line
    reason: str
    detail: str


class Standing(msgspec.Struct, tag=True):
    """How one is getting on; totals since its start.

    Attributes:
        handed_on: Spans that were handed on to be sent.
        acknowledged: Those of them that the server has taken or will never take.
        settled: Envelopes that need not be sent again, also of spans that are not acknowledged wholly.
        totals: What was counted, by a dotted name.
        rules: What the rules of formats of one's own have done, by format.
        limited: Seconds for which the server has asked to wait; 0 for none.
        paced: Seconds for which the pace that is wanted holds back what comes next; 0 for none.
        problem: Why nothing is sent any more, in words for a person; None while all is well.
        trouble: What went wrong with the last attempt, if it has to be made again.
    """

    handed_on: int = 0
    acknowledged: int = 0
    settled: int = 0
    totals: dict[str, int] = {}
    rules: dict[str, list[Tally]] = {}
    limited: float = 0.0
    paced: float = 0.0
    problem: str | None = None
    trouble: str | None = None


Reply = Taken | Kept | Surrendered | Drained | Failed | SetAside | Unread | Limits | Standing
"""What they tell the process that reads."""

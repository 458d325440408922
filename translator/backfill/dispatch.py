"""Lines to those that rebuild and send, and what is kept of it: nothing is forgotten unacknowledged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from translator.backfill.crew import Crew
from translator.backfill.job import Job, Progress
from translator.backfill.orders import (
    Batch,
    Drain,
    Drained,
    Failed,
    Keep,
    Kept,
    Limits,
    Reply,
    Restore,
    Send,
    SetAside,
    ShareState,
    Standing,
    Surrender,
    Surrendered,
    Taken,
    Unread,
)
from translator.backfill.share import SHARES, WHOLE, merged
from translator.errors import StateError
from translator.formats.house.reader import Tally
from translator.model import Envelope, Line

PATIENCE_SECONDS = 30.0
"""How long to wait for a server that has never answered."""

LONG_PATIENCE_SECONDS = 300.0
"""The same for one that has taken something before."""


class Figures(msgspec.Struct):
    """How far the sending has come, for others to read.

    Attributes:
        handed_on: Spans that were handed on, those of interrupted runs among them.
        acknowledged: Those of them that the server has taken or will never take.
        limited_until: Until when the server has asked to wait, on the clock of the run; 0 for not.
    """

    handed_on: int = 0
    acknowledged: int = 0
    limited_until: float = 0.0

    @property
    def waiting(self) -> int:
        """Spans that have been handed on and are not acknowledged."""
        return self.handed_on - self.acknowledged


class Dispatch:
    """Gives lines to the crew, hears what became of them, and keeps the job up to date.

    Args:
        crew: Rebuilds and sends.
        job: What is kept of the backfill; None to keep nothing.
        clock: Seconds, never going back.

    Attributes:
        standings: How each of the crew is getting on.
    """

    def __init__(self, crew: Crew, job: Job | None, clock: Callable[[], float]) -> None:
        self._crew = crew
        self._job = job
        self._clock = clock
        self._number = 0
        self._generation = 0 if job is None else job.progress.generation
        self._base: Counter[str] = Counter()
        self._keeping: Progress | None = None
        self._kept: dict[int, Kept] = {}
        self._surrendered: dict[int, list[ShareState]] = {}
        self._drained: set[int] = set()
        self._taken: Taken | None = None
        self._alone = False
        self._settled = 0
        self._idle = True
        self._heard_at = clock()
        self._limited_until = 0.0
        self.standings: dict[int, Standing] = {}
        self._begin_generation()

    @property
    def keeps(self) -> bool:
        """Whether a snapshot would be taken now."""
        return self._job is not None and not self.keeping

    @property
    def keeping(self) -> bool:
        """Whether a snapshot has been asked for and is not stored yet."""
        return self._keeping is not None

    @property
    def full(self) -> bool:
        """Whether one of the crew would not read another batch now."""
        return not all(map(self._crew.free, range(self._crew.members)))

    @property
    def drained(self) -> bool:
        """Whether all that came of the input has been acknowledged."""
        return len(self._drained) == self._crew.members

    @property
    def figures(self) -> Figures:
        """How far it has come."""
        before = self._base["handed_on"]
        return Figures(
            before + sum(one.handed_on for one in self.standings.values()),
            before + sum(one.acknowledged for one in self.standings.values()),
            self._limited_until,
        )

    @property
    def problem(self) -> str | None:
        """Why nothing is sent any more, in words for a person; None while all is well."""
        for standing in self.standings.values():
            if standing.problem is not None:
                return standing.problem
        patience = LONG_PATIENCE_SECONDS if self._settled or self.figures.acknowledged else PATIENCE_SECONDS
        if self._idle or self._clock() - max(self._heard_at, self._limited_until) <= patience:
            return None
        return self.trouble or f"no answer for {patience:.0f} s"

    @property
    def trouble(self) -> str | None:
        """What went wrong with a last attempt that has to be made again."""
        return next((one.trouble for one in self.standings.values() if one.trouble), None)

    def totals(self) -> Counter[str]:
        """What was counted since the backfill was begun, also in runs before this one, by a dotted name."""
        return _summed([self._base, *(one.totals for one in self.standings.values())])

    def rules(self) -> dict[str, list[Tally]]:
        """What the rules of formats of one's own have done, by format."""
        return {name: tallies for one in self.standings.values() for name, tallies in one.rules.items()}

    def resume(self, progress: Progress) -> None:
        """Goes on from where the last run stopped; to be called before anything else."""
        self._base = Counter(progress.totals)
        if progress.native is None:
            self._alone = True
            self._crew.tell(self._who(WHOLE), Restore(progress.shares, alone=True))
            return
        for state in progress.shares:
            self._crew.tell(self._who(state.share), Restore([state]))

    def hand_on(self, lines: Mapping[int, list[Line]], native: str, until: int | None) -> int:
        """Gives out lines of one input.

        Args:
            lines: Lines by share.
            native: The input, if its lines are known to be of the log format; empty if not.
            until: The time before which all lines have been read, in microseconds, if it is known.

        Returns:
            The number under which `taken` knows them.
        """
        self._number += 1
        for member in [self._who(WHOLE)] if self._alone else range(self._crew.members):
            own = {share: lines[share] for share in sorted(lines) if self._who(share) == member}
            if own or until is not None:
                self._crew.tell(member, Batch(self._number, own, native, until))
        return self._number

    def taken(self, number: int) -> Taken | None:
        """What became of lines that went to one of the crew alone; None while they have not been read."""
        return self._taken if self._taken is not None and self._taken.number == number else None

    def gather(self) -> None:
        """Asks for all that is not finished, so that one goes on with it; `gathered` says when it does."""
        self._surrendered.clear()
        self._alone = True
        self._tell_all(Surrender())

    def gathered(self) -> bool:
        """Whether one goes on with all of it."""
        if len(self._surrendered) < self._crew.members:
            return False
        states = [state for states in self._surrendered.values() for state in states]
        self._crew.tell(self._who(WHOLE), Restore([merged(states)] if states else [], alone=True))
        self._surrendered.clear()
        return True

    def send(self, envelopes: Sequence[Envelope]) -> None:
        """Hands on envelopes that are ready."""
        self._crew.tell(0, Send(list(envelopes)))

    def drain(self, now: float) -> None:
        """Says that all has been read; `now` is the log's time in seconds."""
        self._drained.clear()
        self._tell_all(Drain(now))

    def look(self, seconds: float) -> None:
        """Hears what the crew tells, and stores what follows from it.

        Args:
            seconds: How long to wait where nothing is told.

        Raises:
            StateError: It cannot be stored, or one of the crew is gone.
        """
        for who, reply in self._crew.replies(seconds):
            self._hear(who, reply)

    def keep(self, progress: Progress) -> None:
        """Stores where the backfill stands as soon as all that was handed on before is acknowledged.

        Args:
            progress: Where it stands, but for what the crew captures and counts.
        """
        if self.keeps:
            self._generation += 1
            progress.generation = self._generation
            self._keeping = progress
            self._kept.clear()
            self._begin_generation()

    def close(self, done: Progress | None) -> None:
        """Ends the crew.

        Args:
            done: Where the backfill stands, if all has been read and acknowledged.
        """
        for who, reply in self._crew.close():
            self._hear(who, reply)
        if self._job is not None and done is not None:
            done.generation = self._generation + 1
            self._job.keep(done)

    def _who(self, share: int) -> int:
        return share * self._crew.members // SHARES if self._crew.members <= SHARES else share

    def _tell_all(self, order: Keep | Drain | Surrender) -> None:
        for member in range(self._crew.members):
            self._crew.tell(member, order)

    def _begin_generation(self) -> None:
        if self._job is not None:
            self._tell_all(Keep(self._generation, self._job.notes(self._generation)))

    def _hear(self, who: int, reply: Reply) -> None:
        match reply:
            # What others have read before they surrendered must not hide what is waited for.
            case Taken() if who == self._who(WHOLE):
                self._taken = reply
            case Standing():
                self.standings[who] = reply
                self._limited(reply.limited)
                self._answered(reply.paced)
            case Kept():
                self._store(who, reply)
            case Surrendered(states=states):
                self._surrendered[who] = states
            case Drained():
                self._drained.add(who)
            case Failed():
                raise StateError(reply.message, hint=reply.hint)
            case SetAside():
                if self._job is not None:
                    self._job.set_aside(reply.envelope, reply.reason, reply.detail)
            case Unread():
                if self._job is not None:
                    self._job.reject_line(reply.line, reply.reason, reply.detail)
            case Limits():
                self._impose(who, reply)

    def _impose(self, who: int, limits: Limits) -> None:
        for member in range(self._crew.members):
            if member != who:
                self._crew.tell(member, limits)
        self._limited(max(limits.seconds.values(), default=0.0))

    def _answered(self, paced: float) -> None:
        """Takes note of whether answers have come since, or nothing has been waited for."""
        settled = sum(one.settled for one in self.standings.values())
        if settled != self._settled or self._idle:
            # What a pace holds back after an answer is not the server's silence.
            self._settled, self._heard_at = settled, self._clock() + paced
        self._idle = not self.figures.waiting

    def _limited(self, seconds: float) -> None:
        if seconds:
            self._limited_until = max(self._limited_until, self._clock() + seconds)

    def _store(self, who: int, kept: Kept) -> None:
        """Stores a snapshot once the last of the crew has given its part."""
        progress = self._keeping
        if self._job is None or progress is None or kept.generation != self._generation:
            return
        self._kept[who] = kept
        if len(self._kept) == self._crew.members:
            progress.shares = [state for each in self._kept.values() for state in each.states]
            progress.totals = dict(_summed([self._base, *(each.totals for each in self._kept.values())]))
            self._keeping = None
            self._job.keep(progress)


def _summed(totals: Iterable[Mapping[str, int]]) -> Counter[str]:
    summed: Counter[str] = Counter()
    for each in totals:
        summed.update(each)
    return summed

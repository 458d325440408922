"""Traces to those that send, and what is kept of it: nothing is forgotten before it is acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from translator.backfill.crew import Crew
from translator.backfill.job import Job, Progress, captured
from translator.backfill.notes import Notes
from translator.backfill.parts import TracePart
from translator.backfill.work import Done, Limits, Reply, SetAside, Standing, Work
from translator.model import Envelope

WORK_BYTES = 256 * 1024
"""Stored spans that go to one worker at a time."""

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
    """Gives works to the crew, hears what became of them, and keeps the job up to date.

    Args:
        crew: Encodes and sends.
        job: What is kept of the backfill; None to keep nothing.
        clock: Seconds, never going back.

    Attributes:
        figures: How far it has come.
        standings: How each of the crew is getting on.
    """

    def __init__(self, crew: Crew, job: Job | None, clock: Callable[[], float]) -> None:
        self._crew = crew
        self._job = job
        self._clock = clock
        self._parts: list[TracePart] = []
        self._parts_bytes = 0
        self._number = 0
        self._under_way: dict[int, int] = {}
        self._snapshot: tuple[int, bytes] | None = None
        self._generation = 0 if job is None else job.progress.generation
        self._notes = self._new_notes()
        self._heard_at = clock()
        self.standings: dict[int, Standing] = {}
        self.figures = Figures()

    @property
    def keeps(self) -> bool:
        """Whether a snapshot would be taken now."""
        return self._job is not None and self._snapshot is None

    @property
    def busy(self) -> bool:
        """Whether something is under way."""
        return bool(self._under_way)

    @property
    def full(self) -> bool:
        """Whether nobody can take a work now."""
        return not self._crew.free

    @property
    def problem(self) -> str | None:
        """Why nothing is sent any more, in words for a person; None while all is well."""
        for standing in self.standings.values():
            if standing.problem is not None:
                return standing.problem
        now = self._clock()
        if not self._under_way or self.figures.limited_until > now:
            self._heard_at = now
        patience = LONG_PATIENCE_SECONDS if self.figures.acknowledged else PATIENCE_SECONDS
        if now - self._heard_at <= patience:
            return None
        return self.trouble or f"no answer for {patience:.0f} s"

    @property
    def trouble(self) -> str | None:
        """What went wrong with a last attempt that has to be made again."""
        return next((one.trouble for one in self.standings.values() if one.trouble), None)

    def hand_on(self, part: TracePart) -> None:
        """Takes spans of one trace; they go when there are enough of them."""
        self._parts.append(part)
        self._parts_bytes += sum(map(len, part.spans))
        self.figures.handed_on += len(part.spans)
        if self._parts_bytes >= WORK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Gives what there is to the crew, but for what has been acknowledged before an interruption."""
        parts, self._parts, self._parts_bytes = self._parts, [], 0
        if self._job is not None and self._job.sent:
            known = [part for part in parts if part.fingerprint in self._job.sent]
            parts = [part for part in parts if part.fingerprint not in self._job.sent]
            for part in known:
                self.figures.acknowledged += len(part.spans)
                self._notes.add(part.fingerprint)
        if parts:
            self._submit(sum(len(part.spans) for part in parts), parts, [])

    def send(self, envelopes: Sequence[Envelope]) -> None:
        """Hands on envelopes that are ready and that nothing need be known of."""
        self._submit(0, [], list(envelopes))

    def look(self, seconds: float) -> None:
        """Hears what the crew tells, and stores what follows from it.

        Args:
            seconds: How long to wait where nothing is told.

        Raises:
            StateError: It cannot be stored, or one of the crew is gone.
        """
        for who, reply in self._crew.replies(seconds):
            self._hear(who, reply)

    def keep(self, progress: Callable[[], Progress]) -> None:
        """Stores where the backfill stands as soon as all that was handed on before is acknowledged."""
        if self.keeps:
            self.flush()
            self._snapshot = (self._number, self._captured(progress))
            self._keep_snapshot()

    def close(self, last: Callable[[], Progress] | None) -> None:
        """Ends the crew, and stores where to go on.

        Args:
            last: Where the backfill stands, if all that was handed on has been acknowledged.
        """
        for who, reply in self._crew.close():
            self._hear(who, reply)
        if self._job is not None and last is not None and not self.busy:
            self._job.keep(self._captured(last))
        self._notes.close()

    def _captured(self, progress: Callable[[], Progress]) -> bytes:
        taken = progress()
        self._generation += 1
        taken.generation = self._generation
        self._notes.close()
        self._notes = self._new_notes()
        return captured(taken)

    def _new_notes(self) -> Notes:
        return Notes("" if self._job is None else self._job.notes(self._generation), "reader")

    def _submit(self, spans: int, parts: list[TracePart], envelopes: list[Envelope]) -> None:
        self._number += 1
        self._under_way[self._number] = spans
        notes = "" if self._job is None else self._job.notes(self._generation)
        self._crew.submit(Work(self._number, notes, parts, envelopes))

    def _hear(self, who: int, reply: Reply) -> None:
        match reply:
            case Done(number=number):
                self.figures.acknowledged += self._under_way.pop(number)
                self._heard_at = self._clock()
                self._keep_snapshot()
            case SetAside():
                if self._job is not None:
                    self._job.set_aside(reply.envelope, reply.reason, reply.detail)
            case Limits(seconds=seconds):
                self._crew.impose(reply, who)
                self._limited(max(seconds.values(), default=0.0))
            case Standing(limited=limited):
                self.standings[who] = reply
                self._limited(limited)

    def _limited(self, seconds: float) -> None:
        if seconds:
            self.figures.limited_until = max(self.figures.limited_until, self._clock() + seconds)

    def _keep_snapshot(self) -> None:
        if self._job is None or self._snapshot is None:
            return
        number, snapshot = self._snapshot
        if any(under_way <= number for under_way in self._under_way):
            return
        self._snapshot = None
        self._job.keep(snapshot)

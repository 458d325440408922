"""One of those that rebuild and send: shares of all traces, and the lane that their spans take."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from functools import partial
from threading import Lock

from translator.backfill.lane import Lane
from translator.backfill.notes import Notes
from translator.backfill.orders import (
    Batch,
    Drain,
    Drained,
    Keep,
    Kept,
    Limits,
    Order,
    Reply,
    Restore,
    Send,
    ShareState,
    Standing,
    Surrender,
    Surrendered,
    Taken,
)
from translator.backfill.parts import TracePart
from translator.backfill.share import Share
from translator.formats.house.reader import Tally
from translator.pipeline.translation import SkipListener


class _Round:
    """What is handed on between two snapshots.

    Attributes:
        notes: Takes note of what has been acknowledged.
        left: How many parts have not been.
        over: Called when the last of them has been; None while the round goes on.
    """

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.left = 0
        self.over: Callable[[], None] | None = None


class Member:
    """Carries out orders, one after another.

    Args:
        name: Its name among all members.
        make: Makes a share of a number; told, too, whether it takes all traces.
        lane: Takes spans to where they go.
        reply: Told of all that happens, in any thread; must be quick.
        on_skip: Given to the shares.
        alone: Whether one share takes all.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[int, SkipListener, bool], Share],
        lane: Lane,
        reply: Callable[[Reply], None],
        on_skip: SkipListener,
        *,
        alone: bool = False,
    ) -> None:
        self._name = name
        self._alone = alone
        self._make = make
        self._lane = lane
        self._reply = reply
        self._on_skip = on_skip
        self._shares: dict[int, Share] = {}
        self._gone: Counter[str] = Counter()
        self._parts: deque[tuple[TracePart, _Round]] = deque()
        self._lock = Lock()
        self._round = _Round(Notes("", name))

    @property
    def free(self) -> bool:
        """Whether it would take another order soon."""
        return not self._parts and self._lane.room

    @property
    def busy(self) -> bool:
        """Whether it wants to be tended soon."""
        return bool(self._parts) or self._lane.busy

    def tend(self, seconds: float) -> None:
        """Goes on with what is under way, or waits for some seconds until that is possible."""
        self._lane.tend(0.0 if self._parts and self._lane.room else seconds)
        self.go_on()

    def take(self, order: Order) -> None:
        """Does what it is told, as far as the lane has room; `go_on` does the rest."""
        match order:
            case Batch():
                self._read(order)
            case Drain(now=now):
                for share in self._in_order():
                    self._put(share.drain(now))
                self._end_round(self._round.notes, lambda: self._reply(Drained()))
            case Keep(generation=generation, notes=notes):
                kept = Kept(generation, [share.capture() for share in self._in_order()], dict(self.totals()))
                self._end_round(Notes(notes, self._name), lambda: self._reply(kept))
            case Surrender():
                states = [share.capture() for share in self._in_order()]
                for share in self._shares.values():
                    share.count(self._gone)
                self._shares.clear()
                self._reply(Surrendered(states))
            case Restore(states=states, alone=alone):
                self._alone = alone
                self._restore(states)
            case Send(envelopes=envelopes):
                self._lane.send(envelopes, self._begun(self._round))
            case Limits(seconds=seconds):
                self._lane.impose(seconds)
        self.go_on()

    def go_on(self) -> None:
        """Hands on what waits, while the lane has room."""
        while self._parts and self._lane.room:
            part, its_round = self._parts.popleft()
            # It has been counted when it began to wait.
            self._lane.take(part, its_round.notes, partial(self._done, its_round))

    def totals(self) -> Counter[str]:
        """What was counted, by a dotted name."""
        totals = self._gone.copy()
        for share in self._shares.values():
            share.count(totals)
        sent = self._lane.sent()
        totals["handed_on"] += sent.handed_on + sum(len(part.spans) for part, _ in self._parts)
        totals["known"] += sent.known
        for group, counts in (("changed", sent.changed), ("sent", sent.counts)):
            totals.update({f"{group}.{name}": count for name, count in counts.items()})
        return totals

    def standing(self) -> Standing:
        """How it is getting on."""
        sent = self._lane.sent()
        totals = self.totals()
        return Standing(
            totals["handed_on"], sent.acknowledged, sent.settled, dict(totals), self._rules(),
            sent.limited, sent.paced, sent.problem, sent.trouble,
        )  # fmt: skip

    def close(self) -> None:
        """Ends; what has not been acknowledged is not done."""
        self._lane.close()
        self._round.notes.close()
        self._reply(self.standing())

    def _share(self, number: int) -> Share:
        share = self._shares.get(number)
        if share is None:
            share = self._shares[number] = self._make(number, self._on_skip, self._alone)
        return share

    def _in_order(self) -> list[Share]:
        return [self._shares[number] for number in sorted(self._shares)]

    def _read(self, batch: Batch) -> None:
        times = [self._share(number).take(lines, batch.native) for number, lines in batch.lines.items()]
        if batch.until is not None:
            for share in self._in_order():
                self._put(share.until(batch.until))
        self._reply(Taken(batch.number, min((time for time in times if time is not None), default=None)))

    def _restore(self, states: Iterable[ShareState]) -> None:
        for state in states:
            self._share(state.share).restore(state)

    def _put(self, parts: Iterable[TracePart]) -> None:
        for part in parts:
            self._begun(self._round)
            self._parts.append((part, self._round))

    def _begun(self, its_round: _Round) -> Callable[[], None]:
        with self._lock:
            its_round.left += 1
        return partial(self._done, its_round)

    def _done(self, its_round: _Round) -> None:
        with self._lock:
            its_round.left -= 1
            over = its_round.over if not its_round.left else None
        if over is not None:
            its_round.notes.close()
            over()

    def _end_round(self, notes: Notes, over: Callable[[], None]) -> None:
        """Begins another round; calls `over` once all that was handed on before has been acknowledged."""
        its_round, self._round = self._round, _Round(notes)
        # What is handed on later may be acknowledged earlier: a round is not over before those before it.
        carried = self._begun(self._round)

        def ended() -> None:
            over()
            carried()

        done = self._begun(its_round)
        its_round.over = ended
        done()

    def _rules(self) -> dict[str, list[Tally]]:
        rules: dict[str, list[Tally]] = {}
        for share in self._shares.values():
            rules.update(share.translation.tallies())
        return rules

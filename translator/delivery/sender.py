"""Sends what is in the outbox, oldest first, until it is acknowledged.

A failure holds back everything for a while, for mostly it is the server's and not the envelope's;
then one envelope alone tries whether the way is free. An envelope that fails again and again is
overtaken by a few others, so that it cannot block them.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import random as uniform

import msgspec
import structlog

from translator.delivery.answers import MALFORMED, NETWORK, RATE_LIMITED, TOO_LARGE, UNAUTHORIZED
from translator.delivery.backoff import Backoff
from translator.delivery.limited import Held, Limited
from translator.delivery.outbox import Outbox, Taken, Transport
from translator.delivery.pace import Pace
from translator.errors import StateError
from translator.model import Acknowledged, Answer, Envelope, Refused, Retry

UNWRITABLE = "state_unwritable"

MAX_HELD = 8
"""How many envelopes that failed are held, to be tried again, while others overtake them."""

MAX_LIMITED_BYTES = 8 * 1024 * 1024
"""How much of what a rate limit holds back is held here, so that what has no limit overtakes it."""

log = structlog.get_logger(__name__)


class Counters(msgspec.Struct):
    """What became of the attempts since the start; for others to read at any time.

    Attributes:
        acknowledged_envelopes: Envelopes that the server has taken.
        acknowledged_spans: Spans in them.
        rate_limited: Attempts that the server answered with a rate limit.
        server_errors: Attempts that the server, or something on the way, answered with an error.
        network_errors: Attempts that got no whole answer.
        split_envelopes: Envelopes that were too large and went on in parts.
        rejected_too_large: Envelopes set aside because not even their only span was small enough.
        rejected_malformed: Envelopes set aside because the server cannot read them.
        rejected_spans: Spans in all envelopes set aside.
        statuses: All attempts by the status of the answer, "none" where there was none.
        last_answer: What came of the last attempt, or of the last that a limit kept from being made.
        last_answer_time: When that was, in Unix seconds.
    """

    acknowledged_envelopes: int = 0
    acknowledged_spans: int = 0
    rate_limited: int = 0
    server_errors: int = 0
    network_errors: int = 0
    split_envelopes: int = 0
    rejected_too_large: int = 0
    rejected_malformed: int = 0
    rejected_spans: int = 0
    statuses: Counter[str] = msgspec.field(default_factory=Counter)
    last_answer: Answer | None = None
    last_answer_time: float | None = None

    @property
    def settled(self) -> int:
        """Attempts that need not be made again: envelopes taken, parted or set aside."""
        rejected = self.rejected_too_large + self.rejected_malformed
        return self.acknowledged_envelopes + self.split_envelopes + rejected

    @property
    def retries(self) -> int:
        """Attempts that have to be made again."""
        return self.rate_limited + self.server_errors + self.network_errors


class Sender:
    """Empties an outbox in threads of its own.

    A rate limit holds all envelopes of its category, and lets the others pass.

    Args:
        outbox: Where envelopes come from.
        transport: What makes an attempt.
        split: Makes two envelopes of one that is too large, or none of one that has a single span.
        clock: Unix seconds.
        random: A number from 0 up to 1, anew at each call.
        backoff: How long to wait after failures; by default drawn from `random`.
        concurrency: How many envelopes are under way at once.
        max_rate: Spans a second at most; None for as many as the server takes.
    """

    def __init__(
        self,
        outbox: Outbox,
        transport: Transport,
        *,
        split: Callable[[Envelope], list[Envelope]],
        clock: Callable[[], float] = time.time,
        random: Callable[[], float] = uniform,
        backoff: Backoff | None = None,
        concurrency: int = 1,
        max_rate: float | None = None,
    ) -> None:
        self.counters = Counters()
        self.problem: str | None = None
        """Why nothing is sent any more, in words for a person; None while all is well."""
        self._outbox = outbox
        self._transport = transport
        self._split = split
        self._clock = clock
        self._backoff = backoff or Backoff(random)
        self._wake = threading.Condition()
        self._held: list[Held] = []
        self._under_way = 0
        self._failures = 0
        self._free_at = 0.0
        self._limited = Limited()
        self._pace = Pace(max_rate)
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"sender-{number}", daemon=True)
            for number in range(max(1, concurrency))
        ]
        outbox.subscribe(self._notify)

    def start(self) -> None:
        """Starts sending; may be called once."""
        for thread in self._threads:
            thread.start()

    def drain(self, timeout: float | None = None) -> bool:
        """Waits until the outbox is empty.

        What waits after a failure is tried once more at once: there may be no other chance. Rate
        limits are waited for.

        Args:
            timeout: How long at most, in seconds; None for as long as it takes.

        Returns:
            Whether everything is acknowledged or set aside; if not, it is still in the outbox.
        """
        with self._wake:
            self._free_at = 0.0
            for held in self._held:
                held.due = 0.0
            heapq.heapify(self._held)
            self._wake.notify_all()
        return self.wait(timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the outbox is empty, as `drain` does, but hurries nothing."""
        with self._wake:
            self._wake.wait_for(lambda: self._idle or not self._active, timeout)
        return not self._outbox.pending

    def stop(self, timeout: float = 5.0) -> bool:
        """Stops sending and gives back what is held; may be called twice.

        Args:
            timeout: How long to wait for answers that are under way, in seconds.

        Returns:
            Whether all of them came. If not, those envelopes stay taken.
        """
        deadline = time.monotonic() + timeout
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        started = [thread for thread in self._threads if thread.ident is not None]
        for thread in started:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._give_back()
        return not any(thread.is_alive() for thread in started)

    @property
    def well(self) -> bool:
        """Whether the server takes envelopes, none has to be sent again, and no pace has to be kept."""
        return (
            self.problem is None
            and not self._failures
            and not self._held
            and self._pace.unlimited
            and self.counters.acknowledged_envelopes > 0
            and not self._limited.size
            and not self.limited_for()
        )

    def settle(self, taken: Taken, answer: Answer) -> None:
        """Does what follows from the answer to an envelope of the outbox that somebody else has sent."""
        try:
            self._settle(Held(0.0, taken.row, 0, taken), answer)
        except StateError as error:
            self._end(str(error))
        with self._wake:
            if self._failures or self._held or self._limited.size:
                self._wake.notify_all()

    def limited_for(self) -> float:
        """Seconds for which the server has asked to wait; 0 for none."""
        return self._limited.seconds(time.monotonic())

    def paced_for(self) -> float:
        """Seconds for which the pace holds back what comes next; 0 for none."""
        return max(0.0, self._pace.free_at - time.monotonic())

    @property
    def _idle(self) -> bool:
        return not self._outbox.pending and not self._under_way

    @property
    def _active(self) -> bool:
        return not self._stopping and self.problem is None

    def _notify(self) -> None:
        with self._wake:
            self._wake.notify_all()

    def _work(self) -> None:
        try:
            while (held := self._next()) is not None:
                sent_at = datetime.fromtimestamp(self._clock(), UTC)
                try:
                    self._settle(held, self._transport.send(held.taken.envelope, sent_at))
                finally:
                    self._release()
            self._give_back()
        except StateError as error:
            self._end(str(error))
        except Exception as error:
            log.exception("sending_failed")
            self._end(f"sending ended by a mistake of the program ({type(error).__name__})")

    def _next(self) -> Held | None:
        """Waits for an envelope whose time has come; None when it is time to end."""
        with self._wake:
            while self._active:
                now = time.monotonic()
                free_at = max(self._free_at, self._pace.free_at)
                wait: float | None = free_at - now
                # While the way may be blocked, one envelope tries and the others wait for it.
                if self._failures and self._under_way:
                    wait = None
                elif wait is not None and wait <= 0:
                    held, wait = self._pick(now)
                    if held is not None:
                        self._under_way += 1
                        self._pace.spend(held.taken.envelope.spans, now)
                        return held
                self._wake.wait(wait)
        return None

    def _pick(self, now: float) -> tuple[Held | None, float | None]:
        """An envelope to send now, or how many seconds to wait for one, if that is known."""
        free = self._limited.pop_free(now)
        if free is not None:
            return free, None
        due = bool(self._held) and self._held[0].due <= now
        # After a failure another envelope goes first: it may tell that the server is not to blame.
        if (self._failures or not due) and len(self._held) < MAX_HELD:
            while self._limited.size < MAX_LIMITED_BYTES and (found := self._outbox.take(1)):
                taken = found[0]
                held = Held(0.0, taken.row, 0, taken)
                if not self._limited.holds(taken.envelope.category, now):
                    return held, None
                self._limited.add(held)
        if due:
            return heapq.heappop(self._held), None
        ends = (self._held[0].due if self._held else None, self._limited.next_end())
        return None, min((end - now for end in ends if end is not None), default=None)

    def _settle(self, held: Held, answer: Answer) -> None:
        match answer:
            case Acknowledged():
                self._outbox.acknowledge(held.row)
            case Retry():
                self._hold(held, answer)
            case Refused(reason=reason) if reason == UNAUTHORIZED:
                # Ended first, so that no other thread takes what is given back.
                self._end(answer.detail)
                self._outbox.defer(held.row)
            case Refused():
                try:
                    self._set_aside(held, answer)
                except StateError as error:
                    # A full disk, as a rule: the server would say the same again later.
                    self._hold(held, Retry(None, UNWRITABLE, str(error)))
                    return
        self._count(held.taken.envelope, answer)

    def _hold(self, held: Held, answer: Retry) -> None:
        with self._wake:
            now = time.monotonic()
            if answer.reason == RATE_LIMITED:
                self._limited.limit(held.taken.envelope.category, now + (answer.after or 0.0))
                self._limited.add(held)
            else:
                self._failures += 1
                held.failures += 1
                named = answer.after or 0.0
                self._free_at = now + max(named, self._backoff.delay(self._failures))
                held.due = now + max(named, self._backoff.delay(held.failures))
                heapq.heappush(self._held, held)
        log.debug("sending_again_later", reason=answer.reason, detail=answer.detail, row=held.row)

    def _set_aside(self, held: Held, refused: Refused) -> None:
        parts = self._split(held.taken.envelope) if refused.reason == TOO_LARGE else []
        if parts:
            self._outbox.replace(held.row, parts)
            with self._wake:
                self.counters.split_envelopes += 1
        else:
            self._outbox.reject(held.row, refused.reason, refused.detail)
            log.warning("envelope_set_aside", reason=refused.reason, detail=refused.detail, row=held.row)
            with self._wake:
                self.counters.rejected_spans += held.taken.envelope.spans
                if refused.reason == TOO_LARGE:
                    self.counters.rejected_too_large += 1
                elif refused.reason == MALFORMED:
                    self.counters.rejected_malformed += 1

    def _count(self, envelope: Envelope, answer: Answer) -> None:
        with self._wake:
            counters = self.counters
            counters.last_answer = answer
            counters.last_answer_time = self._clock()
            if isinstance(answer, Retry) and answer.reason == RATE_LIMITED and answer.status is None:
                return  # the limit was known, so nothing was sent
            counters.statuses["none" if answer.status is None else str(answer.status)] += 1
            match answer:
                case Retry(reason=reason):
                    counters.rate_limited += reason == RATE_LIMITED
                    counters.network_errors += reason == NETWORK
                    counters.server_errors += reason not in (RATE_LIMITED, NETWORK)
                    return
                case Acknowledged():
                    counters.acknowledged_envelopes += 1
                    counters.acknowledged_spans += envelope.spans
                case Refused():
                    pass
            self._failures = 0

    def _release(self) -> None:
        with self._wake:
            self._under_way -= 1
            self._wake.notify_all()

    def _end(self, problem: str) -> None:
        with self._wake:
            is_first = self.problem is None
            self.problem = self.problem or problem
            self._wake.notify_all()
        if is_first:
            log.error("sending_stopped", problem=problem, hint="what is not acknowledged is kept")
        self._give_back()

    def _give_back(self) -> None:
        with self._wake:
            held, self._held = [*self._held, *self._limited.pop_all()], []
        for each in held:
            self._outbox.defer(each.row)

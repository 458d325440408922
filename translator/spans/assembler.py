"""Events in the order of time go in, finished spans come out (rules 2 to 9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from translator.model import Event, Span
from translator.spans.closing import Closing, report_model
from translator.spans.ids import says_id, span_id_from
from translator.spans.inherit import is_above, nearest_agent, touch
from translator.spans.locate import Location, Traces
from translator.spans.node import AGENT, CHUNK, HANDOFF, START, WHOLE, Node
from translator.spans.nodes import is_repeated_end, is_repeated_start, make_node, settle_end
from translator.spans.orphans import beside, continued_trace, join_giver, take_enclosed
from translator.spans.pairing import match_end, match_start
from translator.spans.parents import Place, place
from translator.spans.snapshot import AssemblerState, capture, restore
from translator.spans.trace import DueQueues, HeldEnd, Orphan, Scope, Trace, times

MAX_OPEN = 10_000
"""Open spans that one trace may have; above it the oldest is closed as unfinished."""

MAX_REMEMBERED = 20_000
"""How many spans are remembered where nobody says otherwise."""

_LOOKED_THROUGH = 64

KEEP_UNFINISHED = 24 * 3600.0
"""Seconds for which the end of an unfinished span is still awaited."""


class Assembler:
    """Rebuilds spans.

    Args:
        idle_timeout: Seconds without a line after which the open spans of a trace are unfinished.
        orphan_hold: Seconds that a one-line event without a parent waits for an agent around it,
            and a span for a parent that the logs have not named yet.
        end_hold: Seconds that an end waits for a start that is read later.
        remembered: Spans that are remembered; above it the traces that rest for longest are forgotten
            before their time.

    Attributes:
        counts: What was not as it should be, by a bounded word.
    """

    def __init__(
        self,
        *,
        idle_timeout: float = 1800.0,
        orphan_hold: float = 30.0,
        end_hold: float = 5.0,
        remembered: int = MAX_REMEMBERED,
    ) -> None:
        self._idle_timeout = idle_timeout
        self._orphan_hold = orphan_hold
        self._end_hold = end_hold
        self._remembered = remembered
        self._traces = Traces(round(idle_timeout * 1e6))
        self._due = DueQueues()
        self.counts: Counter[str] = Counter()
        self._closing = Closing(self.counts)
        self._spans = 0
        self._idle_from = 0.0
        self.expired = 0
        """How often `expire` has let something go, whether spans came of it or not."""

    @property
    def open_spans(self) -> int:
        """How many spans have begun and not ended."""
        return sum(len(trace.open) for trace in self._traces.by_id.values())

    def feed(self, event: Event, now: float) -> list[Span]:
        """Takes the next event; `now` (seconds) is when it was read.

        Returns:
            The spans that are finished by it.
        """
        self._take(event, now)
        return self._taken()

    def replay(self, events: Iterable[Event]) -> list[Span]:
        """Takes the next events as if each were read at its own time, and lets go what is due meanwhile.

        Returns:
            The spans that are finished by it.
        """
        ends, orphans, waiting = self._due.ends, self._due.orphans, self._due.waiting
        for event in events:
            now = event.time / 1e6
            if (
                ends or orphans or waiting or now >= self._idle_from or self._spans > self._remembered
            ) and self.is_due(now):
                self._let_go_due(now)
            self._take(event, now)
        return self._taken()

    def _take(self, event: Event, now: float) -> None:
        given = event.fields.get("span_id")
        if given is not None and given[:1] == "0" and not says_id(given):
            del event.fields["span_id"]
        found = self._traces.locate(event)
        trace = found.trace
        if trace is not None:
            trace.touched = now
            if event.time > trace.last_time:  # noqa: PLR1730 # a call costs several times as much
                trace.last_time = event.time
            self._traces.by_id.move_to_end(trace.trace_id)
        phase = event.phase
        if phase is CHUNK:
            self._chunk(event, trace)
        elif trace is None:
            self._whole(event, found, now)
        elif phase is START:
            self._start(event, trace, found.caller)
        elif phase is WHOLE or not self._end(event, trace, now):
            self._whole(event, found, now)

    def expire(self, now: float) -> list[Span]:
        """Lets go what has waited long enough at `now` (seconds)."""
        self._let_go_due(now)
        return self._taken()

    def _let_go_due(self, now: float) -> None:
        due = self._due
        while due.ends and due.ends[0][0] <= now:
            _, trace, held = due.ends.popleft()
            self._give_up_end(trace, held)
            self.expired += 1
        while due.orphans and due.orphans[0][0] <= now:
            since, of_trace, scope, orphan = due.orphans.popleft()
            self._give_up_orphan(of_trace, scope, orphan, since)
            self.expired += 1
        while due.waiting and due.waiting[0][0] <= now:
            _, trace, node = due.waiting.popleft()
            self.expired += 1
            if node.parent_id not in trace.promised:
                self._closing.let_go_alone(trace, node)
        if now >= self._idle_from:
            self._expire_idle(now)
        if self._spans > self._remembered:
            self._forget_some()

    def _expire_idle(self, now: float) -> None:
        """Lets go the traces in which nothing has come for long."""
        idle: list[Trace] = []
        self._idle_from = now + self._idle_timeout
        for trace in self._traces.by_id.values():
            if now - trace.touched < self._idle_timeout:
                self._idle_from = trace.touched + self._idle_timeout
                break
            idle.append(trace)
        for trace in idle:
            if trace.open:
                self._closing.close_unfinished(trace, list(trace.open.values()))
                self.expired += 1
            if not trace.at_rest():
                self._idle_from = min(self._idle_from, now)
            elif not trace.unfinished or now - trace.touched >= KEEP_UNFINISHED:
                self._forget(trace)
            else:
                self._idle_from = min(self._idle_from, trace.touched + KEEP_UNFINISHED)

    def _make(self, trace: Trace, event: Event, where: Place, start: int) -> Node:
        self._spans += 1
        return make_node(trace, event, where, start)

    def _forget(self, trace: Trace) -> None:
        self._spans -= len(trace.nodes)
        self._traces.forget(trace)
        self.expired += 1

    def _forget_some(self) -> None:
        for trace in list(islice(self._traces.by_id.values(), _LOOKED_THROUGH)):
            if self._spans <= self._remembered:
                return
            if trace.at_rest() and not trace.unfinished:
                self._forget(trace)

    def drain(self, *, close_open: bool = True) -> list[Span]:
        """Lets go everything that waits; where the input has ended, open spans as unfinished."""
        due = self._due
        while due.ends:
            _, trace, held = due.ends.popleft()
            self._give_up_end(trace, held)
        while due.orphans:
            since, of_trace, scope, orphan = due.orphans.popleft()
            self._give_up_orphan(of_trace, scope, orphan, since)
        if close_open:
            for trace in list(self._traces.by_id.values()):
                self._closing.close_unfinished(trace, list(trace.open.values()))
        while due.waiting:
            _, trace, node = due.waiting.popleft()
            self._closing.let_go_alone(trace, node)
        return self._taken()

    def next_due(self) -> float | None:
        """When (in seconds) the next thing that waits has waited long enough; None for none."""
        due = self._due
        return min((queue[0][0] for queue in (due.ends, due.orphans, due.waiting) if queue), default=None)

    def is_due(self, now: float) -> bool:
        """Whether `expire` has something to let go at `now` (seconds)."""
        due = self._due
        return (
            now >= self._idle_from
            or self._spans > self._remembered
            or any(queue and queue[0][0] <= now for queue in (due.ends, due.orphans, due.waiting))
        )

    def is_unfinished(self, trace_id: str) -> bool:
        """Whether something of a trace is open or waits."""
        trace = self._traces.by_id.get(trace_id)
        return trace is not None and not trace.at_rest()

    def begin_of(self, trace_id: str) -> int | None:
        """When the earliest span of a trace began that is remembered, in microseconds."""
        trace = self._traces.by_id.get(trace_id)
        return None if trace is None else min((node.start for node in trace.nodes.values()), default=None)

    def capture(self) -> AssemblerState:
        """All that is known, to be restored by another assembler with the same windows."""
        state = capture(self._traces, self._due)
        state.idle_from = self._idle_from
        return state

    def restore(self, state: AssemblerState, now: float) -> None:
        """Goes on from what another assembler has captured; to be called before anything else."""
        restore(state, self._traces, self._due, now + max(self._orphan_hold, self._end_hold))
        self._idle_from = state.idle_from
        self._spans = sum(len(trace.nodes) for trace in self._traces.by_id.values())

    def _taken(self) -> list[Span]:
        out, self._closing.out = self._closing.out, []
        return out

    # The ways in which a line tells of a span.

    def _start(self, event: Event, trace: Trace, caller: str | None) -> None:
        if "span_id" in event.fields and is_repeated_start(trace, event, event.time):
            self.counts["repeated_lines"] += 1
            return
        if len(trace.open) >= MAX_OPEN:
            self.counts["too_many_open"] += 1
            self._closing.close_unfinished(trace, [next(iter(trace.open.values()))])
        self._spans += 1
        node = make_node(trace, event, place(trace, event, caller), event.time)
        trace.open.add(node)
        if node.kind is AGENT:
            trace.agents.add(node)
        if trace.waiting:
            self._closing.release(trace, node.span_id)
        held = match_start(trace, event) if trace.ends else None
        if held is not None:
            held.settled = True
            trace.ends.remove(held)
            self._closing.close(trace, node, held.event)

    def _end(self, event: Event, trace: Trace, now: float) -> bool:
        """Closes the span that the event ends; False where the event is a whole span itself."""
        node = match_end(trace, event)
        if node is not None:
            self._closing.close(trace, node, event)
        elif is_repeated_end(trace, event):
            self.counts["repeated_lines"] += 1
        elif event.start is not None:
            return False
        else:
            held = HeldEnd(event)
            trace.ends.append(held)
            self._due.ends.append((now + self._end_hold, trace, held))
        return True

    def _chunk(self, event: Event, trace: Trace | None) -> None:
        node = match_end(trace, event) if trace is not None else None
        if trace is None or node is None:
            self.counts["chunks_without_start"] += 1
            return
        if node.first_chunk is None:
            node.first_chunk = event.time
        touch(trace, node, event.time)

    def _whole(self, event: Event, found: Location, now: float) -> None:
        trace, scope = found.trace, found.scope
        if trace is not None and is_repeated_start(trace, event, times(event)[0]):
            self.counts["repeated_lines"] += 1
            return
        pool = trace.orphans if trace is not None else scope.orphans
        if event in pool:
            self.counts["repeated_lines"] += 1
            return
        orphan = Orphan(event)
        if event.kind is AGENT:
            orphan.below = take_enclosed(pool, event)
        elif event.kind is HANDOFF and join_giver(pool, orphan):
            return
        where = place(trace, event, found.caller) if trace is not None else Place(None, sure=False)
        if where.sure and trace is not None:
            self._plant(trace, orphan, where, now)
            return
        orphan.fallback = where.parent_id
        if trace is not None and "span_id" in event.fields:
            trace.promised.add(span_id_from(trace.trace_id, event.fields["span_id"]))
        pool.add(orphan)
        self._due.orphans.append((now + self._orphan_hold, trace, scope, orphan))

    def _give_up_end(self, trace: Trace, held: HeldEnd) -> None:
        if held.settled:
            return
        trace.ends.remove(held)
        self.counts["starts_missing"] += 1
        event = held.event
        node = self._make(trace, event, place(trace, event, None), event.time)
        node.end = event.time
        node.incomplete = "no_start"
        trace.close(node)
        report_model(node, nearest_agent(trace, node))
        self._closing.let_go(trace, node)

    # Spans in one line.

    def _give_up_orphan(self, trace: Trace | None, scope: Scope, orphan: Orphan, now: float) -> None:
        if orphan.settled:
            return
        pool = trace.orphans if trace is not None else scope.orphans
        pool.remove(orphan)
        event = orphan.event
        if trace is None:
            trace = self._continued(scope, event) or self._traces.begin(event)
            trace.touched = now
            self._traces.by_id.move_to_end(trace.trace_id)
        giver = beside(trace, event, None)
        if giver is not None:
            where = Place(giver.parent_id, remote=giver.remote, continues=giver.span_id)
        else:
            where = Place(orphan.fallback)
        self._plant(trace, orphan, where, now)

    def _continued(self, scope: Scope, event: Event) -> Trace | None:
        trace = continued_trace(scope, event)
        return None if trace is None or self._traces.is_stale(trace, event) else trace

    def _plant(self, trace: Trace, orphan: Orphan, where: Place, now: float) -> None:
        """Makes spans of a one-line event and of all that it encloses."""
        node = self._grow(trace, orphan, where)
        parent_id = node.parent_id
        above = trace.nodes.get(parent_id) if parent_id is not None else None
        ring = above is not None and bool(node.below) and is_above(trace, node, above)
        if above is not None and above.held and not ring:
            node.held = True
            above.wait_below((node.span_id,))
        elif parent_id is None or node.remote or above is not None:
            self._closing.let_go(trace, node)
        else:
            node.held = True
            trace.waiting.setdefault(parent_id, {})[node.span_id] = node
            self._due.waiting.append((now + self._orphan_hold, trace, node))

    def _grow(self, trace: Trace, orphan: Orphan, where: Place) -> Node:
        """The node of a one-line event, with the nodes of all that it encloses below it."""
        root = self._sow(trace, orphan, where)
        left = [(child, root) for child in reversed(orphan.below)]
        while left:
            child, around = left.pop()
            giver = beside(trace, child.event, around)
            if giver is not None:
                inner = Place(giver.parent_id, continues=giver.span_id)
            else:
                inner = Place(around.span_id)
            node = self._sow(trace, child, inner)
            node.held = True
            around.wait_below((node.span_id,))
            left.extend((grandchild, node) for grandchild in reversed(child.below))
        return root

    def _sow(self, trace: Trace, orphan: Orphan, where: Place) -> Node:
        orphan.settled = True
        start, end = times(orphan.event)
        if end < start:
            self.counts["ends_before_starts"] += 1
            end = start
        node = self._make(trace, orphan.event, where, start)
        agent = nearest_agent(trace, node)
        node.end = settle_end(node, end, agent)
        trace.close(node)
        touch(trace, node, end)
        trace.promised.discard(node.span_id)
        if trace.waiting:
            node.wait_below(trace.waiting.pop(node.span_id, ()))
        report_model(node, agent)
        return node

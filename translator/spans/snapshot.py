"""What the rebuilding knows, in a form that can be stored: references between parts become ids.

A snapshot taken between two steps and restored goes on as if nothing had been between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from translator.model import Event, Kind
from translator.spans.crowd import Crowd
from translator.spans.locate import Traces
from translator.spans.node import Node
from translator.spans.revive import revived
from translator.spans.trace import DueQueues, HeldEnd, Orphan, Pool, Scope, Trace


class OrphanState(msgspec.Struct):
    """A one-line event that waits.

    Attributes:
        event: The event.
        around: The place in the list of the agent that it waits below; -1 for none.
        fallback, latest: As in `Orphan`.
    """

    event: Event
    around: int = -1
    fallback: str | None = None
    latest: int = 0


class TraceState(msgspec.Struct):
    """A trace; spans are named by their ids, but for `nodes`. Otherwise as in `Trace`."""

    trace_id: str
    thread: str
    nodes: list[Node]
    open: list[str]
    agents: list[str]
    unfinished: list[str]
    handoffs: dict[str, str | None]
    orphans: list[OrphanState]
    ends: list[Event]
    waiting: dict[str, list[str]]
    promised: list[str]
    failed: list[tuple[Kind, str | None]]
    repeats: dict[str, int]
    gone: list[tuple[str | None, str]]
    touched: float
    last_time: int
    baggage: dict[str, str]
    scopes: list[str]


class ScopeState(msgspec.Struct):
    """A scope: the ids of its traces, and what waits in it."""

    traces: list[str]
    orphans: list[OrphanState]


class Due(msgspec.Struct):
    """Something whose waiting has an end.

    Attributes:
        due: When, in seconds.
        trace_id: The trace that it waits in; empty where it waits in a scope.
        what: The scope's name, or the id of a span that waits.
        place: Its place in the pool, or among the ends, of the trace or scope.
    """

    due: float
    trace_id: str = ""
    what: str = ""
    place: int = 0


class AssemblerState(msgspec.Struct):
    """All that an `Assembler` knows, in the order in which it knows it.

    Attributes:
        traces, scopes, repeats: As in `Traces`.
        ends, orphans, waiting: As in `DueQueues`.
        idle_from: When the next look for idle traces is due, in seconds.
    """

    traces: list[TraceState] = []
    scopes: dict[str, ScopeState] = {}
    repeats: dict[str, int] = {}
    ends: list[Due] = []
    orphans: list[Due] = []
    waiting: list[Due] = []
    idle_from: float = 0.0


def capture(traces: Traces, queues: DueQueues) -> AssemblerState:
    """All that is known, in the form that can be stored."""
    pools = [trace.orphans for trace in traces.by_id.values()]
    pools += [scope.orphans for scope in traces.scopes.values()]
    places = {id(orphan): place for pool in pools for place, orphan in enumerate(pool)}
    names = {id(scope): name for name, scope in traces.scopes.items()}
    return AssemblerState(
        traces=[_capture_trace(trace) for trace in traces.by_id.values()],
        scopes={
            name: ScopeState([trace.trace_id for trace in scope.traces], _capture_orphans(scope.orphans))
            for name, scope in traces.scopes.items()
        },
        repeats=traces.repeats,
        ends=[
            Due(due, trace.trace_id, place=_place(trace.ends, held))
            for due, trace, held in queues.ends
            if not held.settled
        ],
        orphans=[
            Due(due, "", names[id(scope)], places[id(orphan)])
            if trace is None
            else Due(due, trace.trace_id, place=places[id(orphan)])
            for due, trace, scope, orphan in queues.orphans
            if not orphan.settled
        ],
        waiting=[
            Due(due, trace.trace_id, node.span_id)
            for due, trace, node in queues.waiting
            if node.span_id in trace.waiting.get(node.parent_id or "", ())
        ],
    )


def restore(state: AssemblerState, traces: Traces, queues: DueQueues, latest: float) -> None:
    """Fills what is empty with what was captured.

    Args:
        state: What was captured.
        traces: Takes the traces and scopes.
        queues: Takes what waits.
        latest: When it is let go at the latest, in seconds: what was captured may have waited for the
            end of its input.
    """
    by_id = traces.by_id
    by_id.update((captured.trace_id, _restore_trace(captured)) for captured in state.traces)
    for name, scope_state in state.scopes.items():
        members = [by_id[trace_id] for trace_id in scope_state.traces]
        traces.scopes[name] = Scope(members, _restore_orphans(scope_state.orphans))
    traces.repeats.update(state.repeats)
    for each in state.ends:
        trace = by_id[each.trace_id]
        queues.ends.append((min(each.due, latest), trace, trace.ends[each.place]))
    for each in state.waiting:
        trace = by_id[each.trace_id]
        queues.waiting.append((min(each.due, latest), trace, trace.nodes[each.what]))
    for each in state.orphans:
        found = by_id.get(each.trace_id)
        # What waits in a trace has no more to do with its scope.
        scope = traces.scopes[each.what] if found is None else Scope()
        pool = list(scope.orphans if found is None else found.orphans)
        queues.orphans.append((min(each.due, latest), found, scope, pool[each.place]))


def merged(states: Sequence[AssemblerState]) -> AssemblerState:
    """What several assemblers of different traces knew, as if one had known all of it.

    Only where all lines have named their traces: then nothing waits in a scope.
    """
    traces = sorted((trace for state in states for trace in state.traces), key=lambda trace: trace.touched)
    begins = {trace.trace_id: min((node.start for node in trace.nodes), default=0) for trace in traces}
    scopes: dict[str, ScopeState] = {}
    for state in states:
        for name, scope in state.scopes.items():
            scopes.setdefault(name, ScopeState([], [])).traces.extend(scope.traces)
    for scope in scopes.values():
        scope.traces.sort(key=begins.__getitem__)

    def due(queues: Iterable[list[Due]]) -> list[Due]:
        return sorted((each for queue in queues for each in queue), key=lambda each: each.due)

    return AssemblerState(
        traces,
        scopes,
        {line: count for state in states for line, count in state.repeats.items()},
        due(state.ends for state in states),
        due(state.orphans for state in states),
        due(state.waiting for state in states),
        min((state.idle_from for state in states), default=0.0),
    )


def holders_of(state: AssemblerState) -> Iterator[Event | Node]:
    """All events and spans in a captured state."""
    for trace in state.traces:
        yield from trace.nodes
        yield from trace.ends
        yield from (orphan.event for orphan in trace.orphans)
    for scope in state.scopes.values():
        yield from (orphan.event for orphan in scope.orphans)


def _place(ends: list[HeldEnd], held: HeldEnd) -> int:
    return next(place for place, other in enumerate(ends) if other is held)


def _capture_trace(trace: Trace) -> TraceState:
    """A trace in the form that can be stored."""
    return TraceState(
        trace_id=trace.trace_id,
        thread=trace.thread,
        nodes=list(trace.nodes.values()),
        open=list(trace.open),
        agents=list(trace.agents),
        unfinished=list(trace.unfinished),
        handoffs={name: None if giver is None else giver.span_id for name, giver in trace.handoffs.items()},
        orphans=_capture_orphans(trace.orphans),
        ends=[held.event for held in trace.ends],
        waiting={parent: list(nodes) for parent, nodes in trace.waiting.items()},
        promised=sorted(trace.promised),
        failed=sorted(trace.failed, key=str),
        repeats=trace.repeats,
        gone=[(name, node.span_id) for name, node in trace.gone.items()],
        touched=trace.touched,
        last_time=trace.last_time,
        baggage=trace.baggage,
        scopes=sorted(trace.scopes),
    )


def _restore_trace(state: TraceState) -> Trace:
    """The trace that was captured, but for the scopes that it stands in."""
    nodes = {node.span_id: revived(node) for node in state.nodes}
    return Trace(
        trace_id=state.trace_id,
        thread=state.thread,
        nodes=nodes,
        open=Crowd(nodes[span_id] for span_id in state.open),
        agents=Crowd(nodes[span_id] for span_id in state.agents),
        unfinished=Crowd(nodes[span_id] for span_id in state.unfinished),
        handoffs={name: None if giver is None else nodes[giver] for name, giver in state.handoffs.items()},
        orphans=_restore_orphans(state.orphans),
        ends=[HeldEnd(revived(event)) for event in state.ends],
        waiting={parent: _those(nodes, below) for parent, below in state.waiting.items()},
        promised=set(state.promised),
        failed=set(state.failed),
        repeats=state.repeats,
        gone={name: nodes[span_id] for name, span_id in state.gone},
        touched=state.touched,
        last_time=state.last_time,
        baggage=state.baggage,
        scopes=set(state.scopes),
        unknown={node.parent_id for node in state.nodes if node.parent_id is not None} - nodes.keys(),
    )


def _capture_orphans(pool: Pool) -> list[OrphanState]:
    """What waits in a pool, each after the agent that it waits below, the pool's own in its order."""
    states: list[OrphanState] = []
    left: list[tuple[Orphan, int]] = [(orphan, -1) for orphan in reversed(list(pool))]
    while left:
        orphan, around = left.pop()
        states.append(OrphanState(orphan.event, around, orphan.fallback, orphan.latest))
        left.extend((below, len(states) - 1) for below in reversed(orphan.below))
    return states


def _restore_orphans(states: Sequence[OrphanState]) -> Pool:
    """The pool that was captured."""
    pool = Pool()
    orphans: list[Orphan] = []
    for state in states:
        orphan = Orphan(revived(state.event), fallback=state.fallback, latest=state.latest)
        orphans.append(orphan)
        if state.around < 0:
            pool.put_back(orphan)
        else:
            orphan.settled = True
            orphans[state.around].below.append(orphan)
    return pool


def _those(nodes: dict[str, Node], ids: Iterable[str]) -> dict[str, Node]:
    return {span_id: nodes[span_id] for span_id in ids}

"""What the rebuilding knows at one time: traces, the spans in them, and where id-less lines go."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

import msgspec

from translator.model import Event, Json, Kind
from translator.spans.crowd import Crowd
from translator.spans.node import AGENT, Node


class Orphan(msgspec.Struct):
    """A one-line event without a parent, which waits for the agent whose time encloses it.

    Attributes:
        event: The event.
        below: What it has taken under it already, when it is an agent.
        fallback: The parent if no such agent comes.
        settled: Whether it has been placed.
        latest: The latest time of it and of all that came to the pool before it, in microseconds.
    """

    event: Event
    below: list[Orphan] = msgspec.field(default_factory=list)
    fallback: str | None = None
    settled: bool = False
    latest: int = 0

    def times(self) -> tuple[int, int]:
        """Its start and end, in microseconds."""
        return times(self.event)


def times(event: Event) -> tuple[int, int]:
    """Start and end of a whole span, in microseconds."""
    start = event.start if event.start is not None else event.time
    end = event.end if event.end is not None else event.time
    return start, end


class Pool(msgspec.Struct):
    """The one-line events that wait, in the order of the log."""

    _orphans: dict[int, Orphan] = msgspec.field(default_factory=dict)
    _named: set[_Name] = msgspec.field(default_factory=set)

    def __len__(self) -> int:
        return len(self._orphans)

    def __iter__(self) -> Iterator[Orphan]:
        return iter(list(self._orphans.values()))

    def __contains__(self, event: Event) -> bool:
        """Whether the very span, with an id of its own, waits already: its line was read twice."""
        return _name(event) in self._named

    def add(self, orphan: Orphan) -> None:
        """Takes in a one-line event."""
        last = next(reversed(self._orphans.values()), None)
        orphan.latest = max(orphan.times()[1], last.latest if last is not None else 0)
        self.put_back(orphan)

    def put_back(self, orphan: Orphan) -> None:
        """Takes in one that was in it before a restart, as it was."""
        self._orphans[id(orphan)] = orphan
        name = _name(orphan.event)
        if name is not None:
            self._named.add(name)

    def remove(self, orphan: Orphan) -> None:
        """Lets it go; it has been placed."""
        orphan.settled = True
        if self._orphans.pop(id(orphan), None) is not None:
            self._named.discard(_name(orphan.event))

    def back_to(self, time: int) -> Iterator[Orphan]:
        """Those that ended at this time or later, and maybe others; the last first."""
        for orphan in reversed(self._orphans.values()):
            if orphan.latest < time:
                return
            yield orphan


_Name = tuple[Kind, str, int, int] | None


def _name(event: Event) -> _Name:
    given = event.fields.get("span_id")
    return None if given is None else (event.kind, given, *times(event))


class HeldEnd(msgspec.Struct):
    """An end whose start has not been read yet."""

    event: Event
    settled: bool = False


class Trace(msgspec.Struct):
    """One trace: its spans, open and ended, and what waits in it.

    Attributes:
        trace_id: 32 hex characters.
        thread: The thread of the line that opened it.
        nodes: All its spans by id.
        open: Those that have not ended, in the order of their starts.
        agents: The agents among them.
        unfinished: Those that were closed for want of an end, which may still come.
        handoffs: Who handed over, by the name of the agent that shall start ("" for any).
        orphans: One-line events without a parent.
        ends: Ends without a start.
        waiting: Ended spans, by their id, under the id of a parent that the logs have not named yet.
        promised: Ids of spans that are among the orphans, so that their children go on waiting.
        failed: Kind and name of spans without ids that a line of failure has closed: another line
            may tell of their end, too.
        repeats: How many lines equal to one that opened a span have opened others, by that span's id.
        gone: By name, the ended agent that ended last.
        touched: When (in seconds) a line of the trace was last read.
        last_time: The latest time of its lines, in microseconds.
        baggage: Sentry's entries of the caller's baggage.
        scopes: The scopes that it stands in.
        unknown: Ids of parents that are not among its spans.
        calls: Kind and call id of the first `looked_at` of its spans.
        handed: What its spans hand down to those under them, by their ids, as far as it was asked for.
    """

    trace_id: str
    thread: str = ""
    nodes: dict[str, Node] = msgspec.field(default_factory=dict)
    open: Crowd = msgspec.field(default_factory=Crowd)
    agents: Crowd = msgspec.field(default_factory=Crowd)
    unfinished: Crowd = msgspec.field(default_factory=Crowd)
    handoffs: dict[str, Node | None] = msgspec.field(default_factory=dict)
    orphans: Pool = msgspec.field(default_factory=Pool)
    ends: list[HeldEnd] = msgspec.field(default_factory=list)
    waiting: dict[str, dict[str, Node]] = msgspec.field(default_factory=dict)
    promised: set[str] = msgspec.field(default_factory=set)
    failed: set[tuple[Kind, str | None]] = msgspec.field(default_factory=set)
    repeats: dict[str, int] = msgspec.field(default_factory=dict)
    gone: dict[str | None, Node] = msgspec.field(default_factory=dict)
    touched: float = 0.0
    last_time: int = 0
    baggage: dict[str, str] = msgspec.field(default_factory=dict)
    scopes: set[str] = msgspec.field(default_factory=set)
    unknown: set[str] = msgspec.field(default_factory=set)
    calls: set[tuple[Kind, str]] = msgspec.field(default_factory=set)
    looked_at: int = 0
    handed: dict[str, dict[str, Json]] = msgspec.field(default_factory=dict)

    def add(self, node: Node) -> None:
        """Takes in a span."""
        span_id, parent_id = node.span_id, node.parent_id
        self.nodes[span_id] = node
        if parent_id is not None and parent_id not in self.nodes:
            self.unknown.add(parent_id)
        if span_id in self.unknown:
            self.unknown.discard(span_id)
            self.handed.clear()

    def close(self, node: Node) -> None:
        """Notes that a span has ended."""
        self.open.leave(node)
        if node.kind is AGENT:
            self.agents.leave(node)
            before = self.gone.get(node.name)
            if before is None or (before.end or 0) < (node.end or 0):
                self.gone[node.name] = node

    def has_call(self, kind: Kind, call_id: str) -> bool:
        """Whether one of its spans has this call id."""
        # Asked for each end that comes twice: only what has come since the last time is looked at.
        new = islice(reversed(self.nodes.values()), len(self.nodes) - self.looked_at)
        self.calls.update((node.kind, node.call_id) for node in new if node.call_id is not None)
        self.looked_at = len(self.nodes)
        return (kind, call_id) in self.calls

    def at_rest(self) -> bool:
        """Whether nothing in it is open or waits, so that it may be forgotten."""
        return not (self.open or self.orphans or self.ends or self.waiting)


class Scope(msgspec.Struct):
    """Where lines without a trace id belong together: one conversation, or one file and process.

    Attributes:
        traces: Its traces in which something is or was open, oldest first.
        orphans: One-line events that are in no trace yet.
    """

    traces: list[Trace] = msgspec.field(default_factory=list)
    orphans: Pool = msgspec.field(default_factory=Pool)


class DueQueues(msgspec.Struct):
    """What is let go when its time has come, whatever the lines say; times in seconds, soonest first.

    Attributes:
        ends: Ends without a start.
        orphans: One-line events without a parent, in their trace or else in their scope.
        waiting: Ended spans whose parent the logs have not named yet.
    """

    ends: deque[tuple[float, Trace, HeldEnd]] = msgspec.field(default_factory=deque)
    orphans: deque[tuple[float, Trace | None, Scope, Orphan]] = msgspec.field(default_factory=deque)
    waiting: deque[tuple[float, Trace, Node]] = msgspec.field(default_factory=deque)

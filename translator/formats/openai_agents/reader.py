"""Exported traces and spans to events: children come first, and wait for what is above them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from translator.formats.building import ROOT, make_event, span_id_of
from translator.formats.openai_agents.meanings import failure, is_structural, meaning_of, table, text, times
from translator.formats.reading import StatefulReader, storable_record
from translator.formats.records import Unreadable
from translator.formats.seen import Seen, first_time
from translator.model import Event, Json, Kind, Line, Phase

FORMAT = "openai_agents"
WORKFLOW = "Agent workflow"
"""What the SDK calls a workflow that has no name."""

QUIET = 30.0
"""Seconds after the last span of a trace, after which it is over."""
FORGET = 600.0
_HIGHEST = 1_000
_HEX = frozenset("0123456789abcdef")

IGNORED = Unreadable("ignored")
NO_TIMESTAMP = Unreadable("no_timestamp", "the span has no begin and end that can be read")


class Held(msgspec.Struct, array_like=True):
    """A span that waits for what is above it."""

    record: dict[str, Json]
    data: bytes


class Trace(msgspec.Struct):
    """One trace.

    Attributes:
        source: The file.
        name: The workflow's name.
        group: The conversation.
        held: Spans that wait, by the export's id.
        above: The parent of every span that has been told of, and of those that only group others.
        structural: Spans that only group others.
        begun: Whether the root has been told of.
        over: Whether its end has been told of.
        start: The earliest begin, in microseconds.
        end: The latest end, in microseconds.
        touched: When a line last came, in seconds.
    """

    source: str
    name: str = WORKFLOW
    group: str | None = None
    held: dict[str, Held] = {}
    above: dict[str, str] = {}
    structural: set[str] = set()
    begun: bool = False
    over: bool = False
    start: int = 0
    end: int = 0
    touched: float = 0.0


class OpenAIAgentsState(msgspec.Struct):
    """All that is remembered: traces by the export's id, and hashes of the spans that have been read."""

    traces: dict[str, Trace] = {}
    seen: Seen = {}


def matches(record: dict[str, Json]) -> bool:
    """Whether a record is an exported trace or span."""
    if record.get("object") == "trace":
        return "workflow_name" in record or text(record.get("id")) is not None
    return record.get("object") == "trace.span" and "trace_id" in record


class OpenAIAgentsReader(StatefulReader[OpenAIAgentsState]):
    """Reads `Trace.export()` and `Span.export()`, one JSON object a line.

    Args:
        counts: Counts "repeated_spans".
    """

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(counts, OpenAIAgentsState())

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """The events of all that is complete up to the root."""
        record = storable_record(line)
        if isinstance(record, Unreadable):
            return record
        if record.get("object") == "trace":
            return self._on_trace(record, line, now)
        trace_id, span_id = text(record.get("trace_id")), text(record.get("id"))
        if record.get("object") != "trace.span" or trace_id is None or span_id is None:
            return IGNORED
        taken = times(record)
        if taken is None:
            return NO_TIMESTAMP
        if not first_time(self.state.seen, trace_id, span_id):
            self.counts["repeated_spans"] += 1
            return ()
        trace = self._trace(trace_id, line, now)
        trace.start = min(trace.start or taken[0], taken[0])
        trace.end = max(trace.end, taken[1])
        if is_structural(table(record.get("span_data"))):
            trace.structural.add(span_id)
            trace.above[span_id] = text(record.get("parent_id")) or ""
        else:
            trace.held[span_id] = Held(record, line.data)
        if text(record.get("parent_id")) is None:
            return list(self._tell(trace_id, trace, everything=False))
        return ()

    def expire(self, now: float) -> Sequence[Event]:
        """Traces that have been quiet for long enough are over."""
        events: list[Event] = []
        for trace_id, trace in list(self.state.traces.items()):
            quiet = now - trace.touched
            if quiet >= QUIET and not trace.over:
                events += self._end(trace_id, trace)
            if quiet >= FORGET:
                del self.state.traces[trace_id]
        return events

    def next_due(self) -> float | None:
        """When the next trace has been quiet for long enough."""
        return min(
            (trace.touched + (FORGET if trace.over else QUIET) for trace in self.state.traces.values()),
            default=None,
        )

    def finish(self) -> Sequence[Event]:
        """All traces are over."""
        return [
            event
            for trace_id, trace in self.state.traces.items()
            if not trace.over
            for event in self._end(trace_id, trace)
        ]

    def _on_trace(self, record: dict[str, Json], line: Line, now: float) -> Sequence[Event] | Unreadable:
        trace_id = text(record.get("id"))
        if trace_id is None:
            return IGNORED
        trace = self._trace(trace_id, line, now)
        trace.name = text(record.get("workflow_name")) or trace.name
        trace.group = text(record.get("group_id")) or trace.group
        return ()

    def _trace(self, trace_id: str, line: Line, now: float) -> Trace:
        trace = self.state.traces.get(trace_id)
        if trace is None:
            trace = self.state.traces[trace_id] = Trace(line.source)
        trace.touched = now
        return trace

    def _tell(self, trace_id: str, trace: Trace, *, everything: bool) -> Iterator[Event]:
        """The events of the spans whose way up is complete, or of all."""
        ready = {
            span_id: held
            for span_id, held in trace.held.items()
            if everything or self._is_complete(trace, held.record)
        }
        if ready and not trace.begun:
            trace.begun = True
            yield self._root(trace_id, trace, Phase.START)
        for span_id, held in ready.items():
            trace.above[span_id] = text(held.record.get("parent_id")) or ""
        for span_id, held in ready.items():
            del trace.held[span_id]
            yield self._event(trace_id, trace, held)

    def _end(self, trace_id: str, trace: Trace) -> Iterator[Event]:
        yield from self._tell(trace_id, trace, everything=True)
        if trace.begun:
            trace.over = True
            yield self._root(trace_id, trace, Phase.END)

    def _is_complete(self, trace: Trace, record: dict[str, Json]) -> bool:
        parent = text(record.get("parent_id"))
        for _ in range(_HIGHEST):
            if not parent:
                return True
            if parent in trace.held:
                parent = text(trace.held[parent].record.get("parent_id"))
            elif parent in trace.above:
                parent = trace.above[parent]
            else:
                return False
        return True

    def _root(self, trace_id: str, trace: Trace, phase: Phase) -> Event:
        fields = {
            "trace_id": _trace_id(trace_id),
            "span_id": span_id_of(FORMAT, "", trace_id),
            "parent_id": ROOT,
            "other": trace.name,
            "conversation_id": trace.group,
        }
        time = trace.start if phase is Phase.START else trace.end
        return make_event(Kind.OTHER, phase, Line(trace_id.encode(), trace.source, 0), fields, time=time)

    def _event(self, trace_id: str, trace: Trace, held: Held) -> Event:
        record = held.record
        kind, fields = meaning_of(table(record.get("span_data")))
        parent = text(record.get("parent_id"))
        for _ in range(_HIGHEST):
            if parent is None or parent not in trace.structural:
                break
            parent = trace.above.get(parent) or None
        if parent is not None and parent not in trace.above:
            parent = None
        placed = {
            "trace_id": _trace_id(trace_id),
            "span_id": _span_id(text(record.get("id")) or ""),
            "parent_id": span_id_of(FORMAT, "", trace_id) if parent is None else _span_id(parent),
            "conversation_id": trace.group,
        }
        start, end = times(record) or (trace.start, trace.end)
        line = Line(held.data, trace.source, 0)
        all_fields = {**fields, **failure(record.get("error")), **placed}
        return make_event(kind, Phase.WHOLE, line, all_fields, start=start, end=end)


def _trace_id(native_id: str) -> str:
    """The 32 hex characters of `trace_…`; other ids are left to be hashed."""
    return native_id.removeprefix("trace_")


def _span_id(native_id: str) -> str:
    """The last 16 of the hex characters of `span_…`; other ids are hashed."""
    plain = native_id.removeprefix("span_")[-16:].lower()
    if len(plain) == 16 and _HEX.issuperset(plain) and plain.strip("0"):
        return plain
    return span_id_of(FORMAT, "", native_id)

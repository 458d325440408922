"""Lines of OTLP-JSON to events: spans are put together by trace, logs by session, before they are told of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from translator.formats.otlp import trees
from translator.formats.otlp.decode import LogRecord, SpanEvent, SpanRecord, decode
from translator.formats.otlp.dialects import may_mean
from translator.formats.otlp.fields import COMMON
from translator.formats.otlp.messages import CHOICE, DETAILS, ROLES
from translator.formats.otlp.sessions import Session
from translator.formats.otlp.telemetry import telling_of
from translator.formats.reading import StatefulReader, storable_record
from translator.formats.records import Unreadable
from translator.formats.seen import Seen, first_time
from translator.model import Event, Json, Line

ROOT_QUIET = 2.0
"""Seconds after the last span of a trace whose root is there."""
UNRELATED_QUIET = 10.0
"""Seconds after the last span of a trace in which nothing is of GenAI yet: other processes export later."""
ROOTLESS_QUIET = 30.0
"""Seconds after the last span of a trace whose root is not."""
FORGET = 600.0
"""Seconds for which it is remembered what has been told of a trace."""
_MOST_HELD = 20_000
"""Spans that wait; above it, traces are told of before they have been quiet."""
_MOST_TRACES, _MOST_KNOWN, _MOST_SESSIONS = 20_000, 100_000, 20_000
_CONTENT_EVENTS = frozenset((*ROLES, CHOICE, DETAILS))

EMPTY = Unreadable("ignored")
_SIGNALS = ("resourceSpans", "resourceLogs", "resource_spans", "resource_logs")
_METRICS = ("resourceMetrics", "resource_metrics", "resourceProfiles")


class Pending(msgspec.Struct):
    """A trace of which spans have come.

    Attributes:
        source: The file of the first.
        spans: Those that have not been told of.
        known: Those that have, by id.
        missing: Parents of those that have not come, by id.
        logs: Log events that belong to spans which have not come, by the span's id.
        touched: When the last came, in seconds.
        ours: Whether any is of GenAI.
        patience: For how many seconds more are awaited; 0 where that must be found out anew.
    """

    source: str
    spans: list[SpanRecord] = []
    known: dict[str, trees.Known] = {}
    missing: dict[str, trees.Missing] = {}
    logs: dict[str, list[SpanEvent]] = {}
    touched: float = 0.0
    ours: bool = False
    patience: float = 0.0


class OtlpState(msgspec.Struct):
    """All that is remembered.

    Attributes:
        traces: By id.
        sessions: Of agents that export logs, by id.
        traced: Sessions of which spans have come: their logs tell nothing new.
        seen: Hashes of the spans and log events that have been read.
        held: How many spans wait.
    """

    traces: dict[str, Pending] = {}
    sessions: dict[str, Session] = {}
    traced: dict[str, None] = {}
    seen: Seen = {}
    held: int = 0


def matches(record: dict[str, Json]) -> bool:
    """Whether a record is a line of OTLP-JSON."""
    return any(type(record.get(name)) is list for name in (*_SIGNALS, *_METRICS))


class OtlpReader(StatefulReader[OtlpState]):
    """Reads what collectors and exporters write.

    Args:
        counts: Counts "repeated_spans", "late_log_events", "unusable_items",
            "unrelated_spans", "metrics" and "empty_otlp".
    """

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__(counts, OtlpState())

    def read(self, line: Line, now: float) -> Sequence[Event] | Unreadable:
        """Remembers the line's spans, and gives those that are at the end of their trace's bounds."""
        record = storable_record(line)
        if isinstance(record, Unreadable):
            return record
        if any(name in record for name in _METRICS) and not any(name in record for name in _SIGNALS):
            self.counts["metrics"] += 1
            return EMPTY
        found = False
        for item in decode(record):
            if item is None:
                self.counts["unusable_items"] += 1
            elif isinstance(item, SpanRecord):
                self._take(item, line.source, now)
                found = True
            else:
                found = self._take_log(item, line.source, now) or found
        if not found:
            self.counts["empty_otlp"] += 1
            return EMPTY
        if self.state.held > _MOST_HELD or len(self.state.traces) > _MOST_TRACES:
            return list(self._make_room())
        return ()

    def expire(self, now: float) -> Sequence[Event]:
        """The traces that have been quiet for long enough."""
        events: list[Event] = []
        for trace_id, trace in list(self.state.traces.items()):
            quiet = now - trace.touched
            if trace.spans and quiet >= _patience(trace):
                events += self._tell(trace, make_roots=False)
            if quiet >= FORGET:
                events += self._tell(trace, make_roots=True)
                del self.state.traces[trace_id]
        for name, session in list(self.state.sessions.items()):
            due = session.due()
            if due is not None and now >= due:
                events += self._tell_session(name, everything=session.prompts <= 1)
            if not session.tellings and now - session.touched >= FORGET:
                del self.state.sessions[name]
        return events

    def next_due(self) -> float | None:
        """When the next trace has been quiet for long enough."""
        due = [
            trace.touched + (_patience(trace) if trace.spans else FORGET)
            for trace in self.state.traces.values()
        ]
        for session in self.state.sessions.values():
            next_one = session.due()
            due.append(session.touched + FORGET if next_one is None else next_one)
        return min(due, default=None)

    def finish(self) -> Sequence[Event]:
        """All traces as far as they have come."""
        events = list(self._tell_all(make_roots=True))
        for name in self.state.sessions:
            events += self._tell_session(name, everything=True)
        return events

    def _take(self, span: SpanRecord, source: str, now: float) -> None:
        if not first_time(self.state.seen, span.trace_id, span.span_id):
            self.counts["repeated_spans"] += 1
            return
        trace = self._trace(span.trace_id, source, now)
        trace.spans.append(span)
        trace.ours = trace.ours or may_mean(span)
        self.state.held += 1
        for key in COMMON["conversation_id"]:
            session = span.attributes.get(key)
            if type(session) is str:
                self.state.traced[session] = None
        while len(self.state.traced) > _MOST_SESSIONS:
            del self.state.traced[next(iter(self.state.traced))]

    def _take_log(self, record: LogRecord, source: str, now: float) -> bool:
        """Remembers a log record; whether it tells of anything."""
        if record.trace_id is not None and record.span_id is not None and record.name in _CONTENT_EVENTS:
            trace = self._trace(record.trace_id, source, now)
            if record.span_id in trace.known:
                self.counts["late_log_events"] += 1
                return False
            body = record.body if type(record.body) is dict else {}
            said = SpanEvent(record.name, record.time, {**record.attributes, **body})
            if first_time(self.state.seen, record.trace_id, record.span_id, str(said)):
                trace.logs.setdefault(record.span_id, []).append(said)
            return True
        told = telling_of(record)
        if told is None:
            return False
        if not first_time(self.state.seen, told.product, told.session, told.key):
            self.counts["repeated_spans"] += 1
            return True
        session = self.state.sessions.get(told.session)
        if session is None:
            session = self.state.sessions[told.session] = Session(source)
        session.add(told, now)
        return True

    def _trace(self, trace_id: str, source: str, now: float) -> Pending:
        trace = self.state.traces.get(trace_id)
        if trace is None:
            trace = self.state.traces[trace_id] = Pending(source)
        trace.touched, trace.patience = now, 0.0
        return trace

    def _tell_session(self, name: str, *, everything: bool) -> list[Event]:
        events = list(self.state.sessions[name].tell(everything=everything))
        return [] if name in self.state.traced else events

    def _make_room(self) -> Iterator[Event]:
        """Tells of traces, whole ones and old ones first, and forgets the oldest, until there is room."""
        waiting = [trace for trace in self.state.traces.values() if trace.spans]
        for trace in sorted(waiting, key=lambda trace: (not _whole(trace), trace.touched)):
            if self.state.held <= _MOST_HELD // 2:
                break
            yield from self._tell(trace, make_roots=False)
        by_age = sorted(self.state.traces, key=lambda trace_id: self.state.traces[trace_id].touched)
        for trace_id in by_age[: max(0, len(by_age) - _MOST_TRACES)]:
            yield from self._tell(self.state.traces.pop(trace_id), make_roots=True)

    def _tell_all(self, *, make_roots: bool) -> Iterator[Event]:
        for trace in self.state.traces.values():
            yield from self._tell(trace, make_roots=make_roots)

    def _tell(self, trace: Pending, *, make_roots: bool) -> Iterator[Event]:
        spans, trace.spans = trace.spans, []
        self.state.held -= len(spans)
        for span in spans:
            span.events += sorted(trace.logs.pop(span.span_id, ()), key=lambda event: event.time)
        yield from trees.events_of(spans, trace.known, trace.missing, trace.source)
        unrelated = sum(not trace.known[span.span_id].sent for span in spans)
        if unrelated:
            self.counts["unrelated_spans"] += unrelated
        if make_roots:
            for span_id, made in trace.missing.items():
                first_time(self.state.seen, made.trace_id, span_id)
            yield from trees.made_roots(trace.missing, trace.known, trace.source)
        while len(trace.known) > _MOST_KNOWN:
            del trace.known[next(iter(trace.known))]


def _whole(trace: Pending) -> bool:
    """Whether the parents of all spans that wait are there."""
    ids = {span.span_id for span in trace.spans} | trace.known.keys()
    return all(span.parent_id is None or span.remote or span.parent_id in ids for span in trace.spans)


def _patience(trace: Pending) -> float:
    """How many seconds to wait for more spans."""
    if not trace.patience:
        whole_quiet = ROOT_QUIET if trace.ours else UNRELATED_QUIET
        trace.patience = whole_quiet if _whole(trace) else ROOTLESS_QUIET
    return trace.patience

"""Which trace an event belongs to (rule 1)."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from translator.model import Event, Fields
from translator.spans.ids import (
    parse_baggage,
    parse_sentry_trace,
    parse_traceparent,
    says_id,
    trace_id_from,
    trace_id_of_line,
)
from translator.spans.node import AGENT, CHUNK, END, HANDOFF, START
from translator.spans.pairing import match_end
from translator.spans.parents import giver_of, pending_handoff
from translator.spans.trace import Scope, Trace

_Among = tuple[str | None, str, str | None]


class Location(msgspec.Struct, frozen=True):
    """Where an event belongs.

    Attributes:
        trace: Its trace; None for a one-line event whose trace is not known yet.
        scope: Where it stands among lines without a trace id.
        caller: The parent id of the line's trace context, if it has one.
    """

    trace: Trace | None
    scope: Scope
    caller: str | None = None


class Traces:
    """All traces that are remembered, and the scopes of lines that name none.

    Args:
        idle: Microseconds without a line after which a trace without an id of its own is over.
    """

    def __init__(self, idle: int) -> None:
        self._idle = idle
        self.by_id: OrderedDict[str, Trace] = OrderedDict()
        self.scopes: dict[str, Scope] = {}
        # Where the last line went that named the same trace, file and conversation.
        self._known: dict[_Among, Location] = {}
        self._known_of: dict[str, list[_Among]] = {}
        self.repeats: dict[str, int] = {}

    def locate(self, event: Event) -> Location:
        """Where the event belongs; a new trace where it begins one."""
        fields = event.fields
        conversation = fields.get("conversation_id")
        # Most lines go where the one before went that said the same.
        among = (fields.get("trace_id") or fields.get("run_id"), event.source, conversation)
        known = self._known.get(among)
        if (
            known is not None
            and "traceparent" not in fields
            and "sentry_trace" not in fields
            and "baggage" not in fields
        ):
            return known
        text = _said(fields)
        among = (text, event.source, conversation)
        name = event.source if conversation is None else f"conversation {conversation}"
        scope = self.scopes.get(name)
        if scope is None:
            scope = self.scopes[name] = Scope()
        context = _context(event)
        if context is not None:
            trace_id, caller = context
        elif text is not None:
            trace_id, caller = trace_id_from(text), None
        else:
            return Location(self._in_scope(event, scope), scope)
        trace = self.by_id.get(trace_id)
        if trace is None:
            trace = self._begin(trace_id, event)
        self._enter(trace, name)
        if conversation is not None:
            self._enter(trace, event.source)
        if "baggage" in fields and not trace.baggage:
            trace.baggage = dict(parse_baggage(fields["baggage"]))
        found = Location(trace, scope, caller)
        if context is None:
            self._known[among] = found
            self._known_of.setdefault(trace.trace_id, []).append(among)
        return found

    def begin(self, event: Event) -> Trace:
        """A new trace that the event's line opens and names."""
        first = trace_id = trace_id_of_line(event.line, 0)
        while trace_id in self.by_id:
            equal_before = self.repeats[first] = self.repeats.get(first, 0) + 1
            trace_id = trace_id_of_line(event.line, equal_before)
        trace = self._begin(trace_id, event)
        self._enter(trace, event.source)
        if "conversation_id" in event.fields:
            self._enter(trace, f"conversation {event.fields['conversation_id']}")
        return trace

    def forget(self, trace: Trace) -> None:
        """Frees all that is known of a trace."""
        del self.by_id[trace.trace_id]
        for among in self._known_of.pop(trace.trace_id, ()):
            self._known.pop(among, None)
        self.repeats.pop(trace.trace_id, None)
        for name in trace.scopes:
            scope = self.scopes.get(name)
            if scope is None:
                continue
            scope.traces = [other for other in scope.traces if other is not trace]
            if not scope.traces and not scope.orphans:
                del self.scopes[name]

    def _begin(self, trace_id: str, event: Event) -> Trace:
        trace = self.by_id[trace_id] = Trace(trace_id, event.thread, last_time=event.time)
        return trace

    def _enter(self, trace: Trace, name: str) -> None:
        if name not in trace.scopes:
            trace.scopes.add(name)
            scope = self.scopes.setdefault(name, Scope())
            # Traces in which nothing can happen any more need not be looked through again.
            scope.traces = [other for other in scope.traces if other.open or other.unfinished][-64:]
            scope.traces.append(trace)

    def _in_scope(self, event: Event, scope: Scope) -> Trace | None:
        if event.phase is END or event.phase is CHUNK:
            return self._of_end(event, scope)
        live = [trace for trace in scope.traces if trace.open and not self.is_stale(trace, event)]
        if live:
            chosen = _choose(live, event)
            if chosen is not None:
                return chosen
        elif scope.traces:
            latest = scope.traces[-1]
            if not self.is_stale(latest, event) and _continues(latest, event):
                return latest
        return self.begin(event) if event.phase is START else None

    def _of_end(self, event: Event, scope: Scope) -> Trace | None:
        for trace in reversed(scope.traces):
            if match_end(trace, event) is not None:
                return trace
        if event.phase is CHUNK or event.start is not None:
            live = [trace for trace in scope.traces if trace.open and not self.is_stale(trace, event)]
            return live[-1] if live else None
        return scope.traces[-1] if scope.traces else self.begin(event)

    def is_stale(self, trace: Trace, event: Event) -> bool:
        """Whether a trace without an id of its own is over when the event comes."""
        return event.time - trace.last_time > self._idle


def named_trace(event: Event) -> str | None:
    """The id of the trace that an event names itself; None where its trace is found by others."""
    context = _context(event)
    if context is not None:
        return context[0]
    text = _said(event.fields)
    return None if text is None else trace_id_from(text)


def _said(fields: Fields) -> str | None:
    """What names the trace: its id, else the run's."""
    text: str | None = fields.get("trace_id")
    return text if says_id(text) else fields.get("run_id")


def _context(event: Event) -> tuple[str, str | None] | None:
    fields = event.fields
    context: tuple[str, str | None] | None = None
    if "traceparent" in fields:
        context = parse_traceparent(fields["traceparent"])
    if context is None and "sentry_trace" in fields:
        context = parse_sentry_trace(fields["sentry_trace"])
    return context


def _choose(live: list[Trace], event: Event) -> Trace | None:
    """The trace among those with something open that a line without ids belongs to.

    Threads keep parallel runs of one process apart, but tools often run on threads of their own:
    they belong to the only run there is, or to the run of the agent that they name.
    """
    same = [trace for trace in live if trace.thread == event.thread]
    if same:
        return same[-1]
    if event.kind is AGENT and event.thread and all(trace.thread for trace in live):
        return None
    if len(live) == 1:
        return live[0]
    name = event.fields.get("agent")
    of_agent = [t for t in live if any(node.name == name for node in t.agents.values())]
    return of_agent[-1] if len(of_agent) == 1 else None


def _continues(latest: Trace, event: Event) -> bool:
    """Whether a line goes on with a trace in which nothing is open: by or after a handoff."""
    if event.kind is HANDOFF:
        return giver_of(latest, event.fields) is not None
    return event.kind is AGENT and pending_handoff(latest, event) is not None

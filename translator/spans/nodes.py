"""Spans in the making: opened by one line, completed by another."""

from __future__ import annotations

from translator.content.names import span_name
from translator.content.providers import provider_of
from translator.model import Event, Fields, Span
from translator.spans.ids import span_id_from, span_id_of_line
from translator.spans.inherit import context_of, inherited, segment_of
from translator.spans.node import AGENT, HANDOFF, Node
from translator.spans.parents import Place, giver_name, giver_of, pending_handoff
from translator.spans.trace import Trace

UNFINISHED = "unfinished"
"""The `error.type` of a span whose end never came."""

_IDENTITY = (
    "trace_id", "run_id", "traceparent", "sentry_trace", "baggage", "span_id", "parent_id",
    "weak_id",
)  # fmt: skip
"""Fields that place a span rather than describe it."""

_OF_THE_START = ("agent", "tool", "call_id")
"""Fields that an end line repeats, but does not change."""


def make_node(trace: Trace, event: Event, where: Place, start: int) -> Node:
    """A new span of the trace, open as yet."""
    fields = event.fields
    kind = event.kind
    given = fields.get("span_id")
    node = Node(
        kind, _span_id(trace, given, event.line), where.parent_id, start, start, fields, event.extra,
        None, given, fields.get("call_id"), where.remote, where.continues, size=len(event.line),
    )  # fmt: skip
    trace.add(node)
    if kind is HANDOFF:
        trace.handoffs[fields.get("to_agent", "")] = giver_of(trace, fields)
    elif where.continues is not None and kind is AGENT:
        _take_over(trace, event, node, where.continues)
    return node


def _take_over(trace: Trace, event: Event, node: Node, giver_id: str) -> None:
    awaited = pending_handoff(trace, event)
    if awaited is not None:
        del trace.handoffs[awaited]
    giver = trace.nodes.get(giver_id)
    if giver is not None:
        node.fields = context_of({**inherited(trace, giver), **giver.fields}) | node.fields
        trace.handed.clear()


def _span_id(trace: Trace, given: str | None, line: bytes) -> str:
    if given is not None:
        span_id = span_id_from(trace.trace_id, given)
        if span_id not in trace.nodes:
            return span_id
    first = span_id = span_id_of_line(trace.trace_id, line, 0)
    while span_id in trace.nodes:
        equal_before = trace.repeats[first] = trace.repeats.get(first, 0) + 1
        span_id = span_id_of_line(trace.trace_id, line, equal_before)
    return span_id


def is_repeated_start(trace: Trace, event: Event, start: int) -> bool:
    """Whether the very span, with an id of its own, is known already: its line was read twice."""
    given = event.fields.get("span_id")
    if given is None:
        return False
    node = trace.nodes.get(span_id_from(trace.trace_id, given))
    return (
        node is not None
        and node.kind is event.kind
        and node.start == start
        and node.name == event.fields.get(event.kind.value, node.name)
    )


def is_repeated_end(trace: Trace, event: Event) -> bool:
    """Whether an end without an open span only repeats one that has been read.

    That is so when its id is that of an ended span, or when a line told of the span's failure and
    another, from the `finally` block around it, of its end.
    """
    fields = event.fields
    given, call_id = fields.get("span_id"), fields.get("call_id")
    if given is not None:
        node = trace.nodes.get(span_id_from(trace.trace_id, given))
        return node is not None and node.kind is event.kind
    if call_id is not None:
        return trace.has_call(event.kind, call_id)
    echo = (event.kind, fields.get(event.kind.value))
    if echo in trace.failed:
        trace.failed.discard(echo)
        return True
    return False


def merge(node: Node, event: Event) -> None:
    """Adds what the end line says to what the start line said; the later word counts."""
    fields = node.fields
    merged = fields | event.fields
    for name in _OF_THE_START:
        if name in fields:
            merged[name] = fields[name]
    said = event.fields.get("model")
    if said is not None and said != fields.get("model", said):
        # The end names the model that answered, the start the one that was asked for.
        merged["model"] = fields["model"]
        merged.setdefault("response_model", said)
    counts = event.fields.get("usage")
    if counts is not None:
        before = fields.get("usage")
        merged["usage"] = (counts if before is None else before.then(counts)).told_by(provider_of(merged))
    node.fields = merged
    if event.extra:
        node.extra = node.extra | event.extra
    node.size += len(event.line)


def settle_end(node: Node, end: int, agent: Node | None) -> int:
    """The end of a span, in microseconds: as logged, but a microsecond after an equal one before.

    Sentry's transcript puts a tool between two model calls by their ends, which coarse clocks make
    equal; the order of the log then decides.

    Args:
        node: The span.
        end: Its end as logged.
        agent: The agent directly above it.
    """
    if node.kind is AGENT:
        logged, sent = node.tail
        return sent if logged == end else end
    if agent is None or node.kind is HANDOFF:
        return end
    logged, sent = agent.tail
    agent.tail = (end, sent + 1 if logged == end else end)
    return agent.tail[1]


def make_span(trace: Trace, node: Node) -> Span:
    """The finished span of an ended node, with what it inherits."""
    kind = node.kind
    if node.models is not None and len(node.models) == 1 and "model" not in node.fields:
        node.fields = node.fields | {"model": next(iter(node.models))}
    fields = {**inherited(trace, node), **node.fields}
    for name in _IDENTITY:
        fields.pop(name, None)
    if kind is HANDOFF and (giver := giver_name(fields)) is not None:
        fields["from_agent"] = fields["agent"] = giver
    if node.first_chunk is not None and node.first_chunk >= node.start:
        fields.setdefault("time_to_first_chunk", node.first_chunk - node.start)
        fields.setdefault("stream", True)
    segment = segment_of(trace, node)
    if segment.segment_id is None:
        # From now on it stays the segment, also if a parent of it turns up later.
        segment.segment_id = segment.span_id
        shown: Fields = fields if segment is node else {**inherited(trace, segment), **segment.fields}
        segment.segment_name = span_name(segment.kind, shown)
    node.segment_id = segment.segment_id
    segment_name = span_name(kind, fields) if segment is node else segment.segment_name
    end = node.end if node.end is not None else node.last
    return Span(
        trace.trace_id, node.span_id, node.parent_id, segment.segment_id, segment_name,
        kind, node.start, end, fields, node.extra, node.incomplete, trace.baggage, size=node.size,
    )  # fmt: skip

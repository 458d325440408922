"""Under which span a new one lies (rule 4), and who continues after a handoff."""

from __future__ import annotations

import msgspec

from translator.model import Event, Fields
from translator.spans.crowd import Crowd
from translator.spans.ids import says_parent, span_id_from
from translator.spans.node import AGENT, HANDOFF, START, TOOL, Node
from translator.spans.trace import Trace


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a span lies.

    Attributes:
        parent_id: The parent's span id, or None for a root.
        sure: False where the log does not say it and an agent may still turn up that encloses it.
        remote: Whether the parent comes from a caller's trace context.
        continues: The span id of the agent that handed over to this one.
    """

    parent_id: str | None
    sure: bool = True
    remote: bool = False
    continues: str | None = None


def place(trace: Trace, event: Event, caller: str | None) -> Place:
    """Where the span that the event opens (or is) lies.

    An empty `parent_id`, which no line of the log format has, says that it is a root. One of zeros
    says nothing.

    Args:
        trace: Its trace.
        event: A start, or a whole span in one line.
        caller: The parent id of the line's trace context, if it has one.
    """
    fields = event.fields
    given = fields.get("parent_id")
    if given is not None and given != fields.get("span_id"):
        if not given:
            return Place(None)
        parent_id = span_id_from(trace.trace_id, given)
        # A log that counts its spans may begin at 0.
        if says_parent(given) or parent_id in trace.nodes:
            return Place(parent_id)
    kind = event.kind
    if kind is AGENT:
        return _place_agent(trace, event, caller)
    if kind is HANDOFF:
        return _place_handoff(trace, event)
    if caller is None and event.phase is START and len(trace.agents) == 1:
        # As below, but for most spans.
        return Place(next(iter(trace.agents)))
    return _place_call(trace, event, caller)


def _place_call(trace: Trace, event: Event, caller: str | None) -> Place:
    agents = _enclosing(trace, event)
    name = event.fields.get("agent")
    named = agents.last_named(AGENT, name) if name is not None else None
    if named is not None:
        return Place(named.span_id)
    if agents:
        # A trace context on every line is the request's around the agent, not a parent of each span.
        innermost = _innermost(agents)
        if caller is not None and caller not in (innermost.parent_id, _outermost(agents).parent_id):
            return Place(caller, remote=caller not in trace.nodes)
        foreign = event.phase is not START and name is not None
        return Place(innermost.span_id, sure=not foreign)
    if caller is not None:
        return Place(caller, remote=caller not in trace.nodes)
    return Place(None, sure=event.phase is START)


def giver_name(handoff: Fields) -> str | None:
    """The name of the agent that hands over, as the line of the handoff says it."""
    name: str | None = handoff.get("from_agent")
    return name if name is not None else handoff.get("agent")


def giver_of(trace: Trace, handoff: Fields) -> Node | None:
    """The agent that hands over: the innermost open one of the name, else the last to end."""
    name = giver_name(handoff)
    if name is not None:
        found = trace.agents.last_named(AGENT, name) or trace.gone.get(name)
        if found is not None:
            return found
    return _innermost(trace.agents) if trace.agents else None


def pending_handoff(trace: Trace, event: Event) -> str | None:
    """The key in `trace.handoffs` under which the event's agent is awaited, or None."""
    name = event.fields.get("agent")
    if name is not None and name in trace.handoffs:
        return str(name)
    return "" if "" in trace.handoffs else None


def _place_agent(trace: Trace, event: Event, caller: str | None) -> Place:
    awaited = pending_handoff(trace, event)
    if awaited is not None:
        giver = trace.handoffs[awaited]
        if giver is not None:
            return Place(giver.parent_id, remote=giver.remote, continues=giver.span_id)
    agents = _enclosing(trace, event)
    if agents:
        innermost = _innermost(agents)
        if caller is not None and caller not in (innermost.parent_id, _outermost(agents).parent_id):
            return Place(caller, remote=caller not in trace.nodes)
        tools = [
            node
            for node in trace.open.under(innermost.span_id)
            if node.kind is TOOL and node.start <= (event.start if event.start is not None else event.time)
        ]
        return Place(tools[0].span_id if len(tools) == 1 else innermost.span_id)
    if caller is not None:
        return Place(caller, remote=caller not in trace.nodes)
    return Place(None, sure=event.phase is START)


def _place_handoff(trace: Trace, event: Event) -> Place:
    giver = giver_of(trace, event.fields)
    if giver is None:
        return Place(None, sure=False)
    if giver.end is None:
        return Place(giver.span_id)
    return Place(giver.parent_id, remote=giver.remote, continues=giver.span_id)


def _enclosing(trace: Trace, event: Event) -> Crowd:
    """The open agents that had started when the event's span did; all, where none had."""
    agents = trace.agents
    if event.phase is START or event.start is None or len(agents) <= 1:
        return agents
    return Crowd(node for node in agents.values() if node.start <= event.start) or agents


def _innermost(agents: Crowd) -> Node:
    return next(reversed(agents.values()))


def _outermost(agents: Crowd) -> Node:
    return next(iter(agents.values()))

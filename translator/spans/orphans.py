"""One-line events come before the agent around them, whose line is written last (rule 9)."""

from __future__ import annotations

from translator.model import Event
from translator.spans.node import AGENT, HANDOFF, Node
from translator.spans.parents import giver_name, giver_of, pending_handoff, place
from translator.spans.trace import Orphan, Pool, Scope, Trace, times

SLACK = 2_000
"""Microseconds that a span may stand out at either end: loggers round and measure one after another."""


def within(inner: Event, outer: Event) -> bool:
    """Whether one span lies in the time of another, ends included, but for rounding."""
    start, end = times(inner)
    first, last = times(outer)
    if first <= start and end <= last:
        return True
    return first < end and start < last and first - SLACK <= start and end <= last + SLACK


def take_enclosed(pool: Pool, agent: Event) -> list[Orphan]:
    """Takes from the pool what the agent's time encloses, in the order of the log."""
    since = times(agent)[0] - SLACK
    inside = [orphan for orphan in pool.back_to(since) if within(orphan.event, agent)]
    inside.reverse()
    for orphan in inside:
        pool.remove(orphan)
    return inside


def join_giver(pool: Pool, handoff: Orphan) -> bool:
    """Puts a handoff under the agent that hands over, if that agent's line came just before it."""
    event = handoff.event
    name = giver_name(event.fields)
    for other in pool.back_to(handoff.times()[1] - SLACK):
        if (
            other.event.kind is AGENT
            and name in (None, other.event.fields.get("agent"))
            and within(event, other.event)
        ):
            other.below.append(handoff)
            handoff.settled = True
            return True
    return False


def continued_trace(scope: Scope, event: Event) -> Trace | None:
    """The trace that a root without a trace id goes on with, after or by a handoff."""
    for trace in reversed(scope.traces):
        if event.kind is AGENT and pending_handoff(trace, event) is not None:
            return trace
        if event.kind is HANDOFF and giver_of(trace, event.fields):
            return trace
    return None


def beside(trace: Trace, event: Event, around: Node | None) -> Node | None:
    """The ended agent that a handoff, or an agent after one, lies beside; None where there is none.

    Args:
        trace: Their trace.
        event: The handoff or the agent.
        around: The agent that encloses it.
    """
    if event.kind is not AGENT and event.kind is not HANDOFF:
        return None
    where = place(trace, event, None)
    giver = trace.nodes.get(where.continues) if where.continues is not None else None
    return None if giver is around else giver

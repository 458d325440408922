"""What flows from an agent to everything below it, and upward where all agree (rule 7)."""

from __future__ import annotations

from collections.abc import Sequence

from translator.model import Fields, Json
from translator.spans.node import AGENT, MODEL, TOOL, Node
from translator.spans.trace import Trace

DOWNWARD = (
    "agent", "conversation_id", "user_id", "user_email", "user_name", "service", "environment", "release",
    "host", "pipeline",
)  # fmt: skip
"""What a span takes from the nearest agent above it that says it."""

_KEPT = frozenset((*DOWNWARD, "model", "tool", "from_agent", "to_agent"))
_NAMED = {MODEL: "model", TOOL: "tool"}
_ONWARD = frozenset(DOWNWARD) - {"agent"}
_NOTHING: dict[str, Json] = {}
_HIGHEST = 1_000
"""Levels that are walked up at most: parent ids of hostile logs may form a ring."""


def inherited(trace: Trace, node: Node) -> Fields:
    """What the agents above a span say; what it says itself counts before it."""
    parent_id = node.parent_id or ""
    handed = trace.handed.get(parent_id)
    if handed is None:
        # The same for all spans under one parent, until one more is known above or an agent has ended.
        handed = trace.handed[parent_id] = _handed_down(trace, node)
    return handed


def _handed_down(trace: Trace, node: Node) -> dict[str, Json]:
    found: dict[str, Json] = {}
    missing: Sequence[str] = DOWNWARD
    current = _above(trace, node)
    for _ in range(_HIGHEST):
        if current is None or not missing:
            break
        if current.kind is AGENT:
            fields = current.fields
            said = [name for name in missing if name in fields]
            if said:
                found.update((name, fields[name]) for name in said)
                missing = [name for name in missing if name not in found]
        current = _above(trace, current)
    return found


def _above(trace: Trace, node: Node) -> Node | None:
    return trace.nodes.get(node.parent_id) if node.parent_id is not None else None


def hands_down_alike(before: Fields, after: Fields) -> bool:
    """Whether an agent that said this hands the same down when it says that."""
    return all(before.get(name) == after.get(name) for name in DOWNWARD)


def context_of(fields: Fields) -> dict[str, Json]:
    """What goes on to the agent that a handoff passes control to: all but the agent's own name."""
    return {name: value for name, value in fields.items() if name in _ONWARD}


def nearest_agent(trace: Trace, node: Node) -> Node | None:
    """The agent directly above a span, over any tools between."""
    above = _above(trace, node)
    if above is None or above.kind is AGENT:
        return above
    for _ in range(1, _HIGHEST):
        above = _above(trace, above)
        if above is None or above.kind is AGENT:
            return above
    return None


def strip(node: Node) -> None:
    """Drops what nobody needs of a span that has been let go."""
    fields = node.fields
    if node.kind is AGENT:
        node.fields = {name: value for name, value in fields.items() if name in _KEPT}
    else:
        name = _NAMED.get(node.kind)
        node.fields = {name: fields[name]} if name is not None and name in fields else _NOTHING
    node.extra = _NOTHING
    node.models = None


def touch(trace: Trace, node: Node, time: int) -> None:
    """Notes a time seen in a span in it and in all open ones above it."""
    nodes = trace.nodes
    current: Node | None = node
    for _ in range(_HIGHEST):
        if current is None or current.last >= time:
            return
        current.last = time
        parent_id = current.parent_id
        current = nodes.get(parent_id) if parent_id is not None else None


def segment_of(trace: Trace, node: Node) -> Node:
    """The topmost span above this one that the logs know; from now on it is the segment of all between."""
    above = _above(trace, node)
    if node.segment_id is None:
        if above is None:
            return node
        if above.segment_id == above.span_id:
            node.segment_id = above.span_id
            return above
    current = node
    path: dict[str, Node] = {}
    while current.segment_id is None:
        path[current.span_id] = current
        above = _above(trace, current)
        if above is None or above.span_id in path:
            break
        current = above
    top = current if current.segment_id is None else trace.nodes.get(current.segment_id, current)
    for passed in path.values():
        if passed is not top:
            passed.segment_id = top.span_id
    return top


def is_above(trace: Trace, node: Node, lower: Node) -> bool:
    """Whether a span is the other one, or above it at any height."""
    current: Node | None = lower
    seen: set[str] = set()
    while current is not None and current.span_id not in seen:
        if current is node:
            return True
        seen.add(current.span_id)
        current = _above(trace, current)
    return False


def open_below(trace: Trace, agent: Node) -> list[Node]:
    """The open spans below an agent, at any depth, in the order of their starts."""
    known = {agent.span_id: True}
    if not trace.open.is_crowded():
        return [node for node in trace.open.values() if node is not agent and _lies_below(trace, node, known)]
    # From the agent down, and from those that lie below it by way of ended spans.
    found: dict[str, Node] = {}
    left = list(trace.open.under(agent.span_id))
    left += [node for node in trace.open.strays() if _lies_below(trace, node, known)]
    while left:
        node = left.pop()
        if node is not agent and node.span_id not in found:
            found[node.span_id] = node
            left.extend(trace.open.under(node.span_id))
    return sorted(found.values(), key=trace.open.number)


def _lies_below(trace: Trace, node: Node, known: dict[str, bool]) -> bool:
    """Whether one of the spans that are known to lie below is above this one; what it learns is known."""
    path: list[str] = []
    current: Node | None = node
    while current is not None and current.span_id not in known:
        known[current.span_id] = False
        path.append(current.span_id)
        current = _above(trace, current)
    below = current is not None and known[current.span_id]
    known.update((span_id, below) for span_id in path)
    return below

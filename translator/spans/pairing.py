"""Which open span a line belongs to (rule 3)."""

from __future__ import annotations

from collections.abc import Mapping

from translator.model import Event
from translator.spans.crowd import Crowd
from translator.spans.node import AGENT, MODEL, Node
from translator.spans.trace import HeldEnd, Trace


def match_end(trace: Trace, event: Event) -> Node | None:
    """The span that an end (or the first output) of the event's kind belongs to.

    By span id, else by call id, else by name: for agents the innermost, for models and tools the
    oldest; else the only one of the kind. Each step narrows what is left by the one before, so ids
    that many lines share (a request's id on every line) do no harm. Spans that were closed for want
    of an end come after open ones.
    """
    found = _match(trace, trace.open, event)
    if found is None and trace.unfinished:
        found = _match(trace, trace.unfinished, event)
    return found


def match_start(trace: Trace, event: Event) -> HeldEnd | None:
    """The end that was read before this start, if there is one.

    By ids, or by name where it is not earlier than the start: an earlier one is another span's.
    """
    for held in trace.ends:
        if held.event.kind is not event.kind:
            continue
        ours, theirs = event.fields, held.event.fields
        for key in ("span_id", "call_id"):
            if key in ours and key in theirs:
                if ours[key] == theirs[key]:
                    return held
                break
        else:
            name = event.kind.value
            if held.event.time >= event.time and ours.get(name) == theirs.get(name):
                return held
    return None


def _match(trace: Trace, crowd: Crowd, event: Event) -> Node | None:
    nodes = crowd.alike(event)
    kind, fields = event.kind, event.fields
    span_id, call_id = fields.get("span_id"), fields.get("call_id")
    # Where an id is that of one span alone, no step of the long way would leave another.
    found: Node | None = None
    if span_id is not None or call_id is not None:
        for node in nodes.values():
            same = node.given_id == span_id if span_id is not None else node.call_id == call_id
            if same and node.kind is kind:
                if found is not None:
                    return _narrow(trace, nodes, event)
                found = node
    return found or _narrow(trace, nodes, event)


def _narrow(trace: Trace, nodes: Mapping[str, Node], event: Event) -> Node | None:
    kind = event.kind
    left = [node for node in nodes.values() if node.kind is kind]
    if not left:
        return None
    fields = event.fields
    by_id = False
    span_id, call_id = fields.get("span_id"), fields.get("call_id")
    if span_id is not None:
        exact = [node for node in left if node.given_id == span_id]
        by_id = bool(exact)
        # A span id of the log's own means that span alone: never another one with its own id.
        # But a mere `id` may be the number of the line.
        if exact or "weak_id" not in fields:
            left = exact or [node for node in left if node.given_id is None]
    if call_id is not None:
        exact = [node for node in left if node.call_id == call_id]
        by_id = by_id or bool(exact)
        left = exact or (left if by_id else [node for node in left if node.call_id is None])
    if not left:
        return None
    left, named = _by_name(left, event, strict=not by_id)
    if not left:
        return None
    if kind is AGENT:
        return left[-1]
    if len(left) > 1 and not by_id:
        # A tool in which an agent still runs cannot be the one that ends.
        busy = {agent.parent_id for agent in trace.agents.values()}
        left = [node for node in left if node.span_id not in busy] or left
    agent = fields.get("agent")
    if agent is not None and len(left) > 1:
        left = [node for node in left if node.fields.get("agent") == agent] or left
    if len(left) == 1 or by_id or named:
        return left[0]
    return None


def _by_name(nodes: list[Node], event: Event, *, strict: bool) -> tuple[list[Node], bool]:
    """Those of the event's name, and whether there were any.

    Without any, those without a name are left; where not strict, and of models, all.
    """
    kind = event.kind
    name = event.fields.get(kind)
    if name is None:
        return nodes, False
    same = [node for node in nodes if node.name == name]
    if not same and kind is MODEL:
        # "gpt-4o" answers as "gpt-4o-2024-08-06".
        same = [node for node in nodes if node.name is not None and name.startswith(node.name)]
    if same:
        return same, True
    # A model may answer under another name than it was asked for; agents and tools may not.
    if kind is MODEL or not strict:
        return nodes, False
    return [node for node in nodes if node.name is None], False

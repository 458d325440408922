"""Spans are closed, and let go with all that waited for them."""

from __future__ import annotations

from collections import Counter

from translator.model import Event, Span
from translator.spans.inherit import hands_down_alike, nearest_agent, open_below, strip, touch
from translator.spans.node import AGENT, MODEL, Node
from translator.spans.nodes import UNFINISHED, make_span, merge, settle_end
from translator.spans.trace import Trace


class Closing:
    """Closes spans.

    Args:
        counts: What it counts in.

    Attributes:
        out: The finished spans that nobody has taken yet.
    """

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self.out: list[Span] = []

    def close(self, trace: Trace, node: Node, event: Event) -> None:
        """Ends a span with its end line."""
        if trace.unfinished and trace.unfinished.leave(node):
            node.incomplete = None
            if node.fields.get("failure") == UNFINISHED:
                node.fields = {name: value for name, value in node.fields.items() if name != "failure"}
        end = event.end if event.end is not None else event.time
        if end < node.start:
            self._counts["ends_before_starts"] += 1
            end = node.start
        touch(trace, node, end)
        before = node.fields
        merge(node, event)
        agent = nearest_agent(trace, node)
        node.end = settle_end(node, end, agent)
        if "failure" in event.fields and node.given_id is None and node.call_id is None:
            trace.failed.add((node.kind, node.name))
        trace.close(node)
        if node.kind is AGENT:
            if not hands_down_alike(before, node.fields):
                trace.handed.clear()
            if trace.open:
                self.close_unfinished(trace, open_below(trace, node))
        report_model(node, agent)
        self.let_go(trace, node)

    def close_unfinished(self, trace: Trace, nodes: list[Node]) -> None:
        """Ends spans, given in the order of their starts, whose ends have not come."""
        # Innermost first, so that an agent knows the models of all calls under it.
        for node in reversed(nodes):
            node.end = node.last
            node.incomplete = "no_end"
            node.fields = {"failure": UNFINISHED} | node.fields
            self._counts["ends_missing"] += 1
            trace.close(node)
            trace.unfinished.add(node)
            report_model(node, nearest_agent(trace, node))
            self.let_go(trace, node)

    def release(self, trace: Trace, span_id: str) -> None:
        """Lets go what waited for a span to be known."""
        for node in trace.waiting.pop(span_id, {}).values():
            self.let_go(trace, node)

    def let_go_alone(self, trace: Trace, node: Node) -> None:
        """Hands out a span whose parent has not turned up; one whose parent has goes with it."""
        siblings = trace.waiting.get(node.parent_id or "", {})
        if siblings.pop(node.span_id, None) is None:
            return
        if not siblings:
            del trace.waiting[node.parent_id or ""]
        self.let_go(trace, node)

    def let_go(self, trace: Trace, node: Node) -> None:
        """Hands out the span of an ended node, and then of all that waited for it."""
        left: list[Node] = []
        current: Node | None = node
        while current is not None:
            current.held = False
            self.out.append(make_span(trace, current))
            if current.incomplete != "no_end":
                strip(current)
            if current.below is not None:
                left.extend(trace.nodes[span_id] for span_id in reversed(current.below))
                current.below = None
            if trace.waiting:
                left.extend(trace.waiting.pop(current.span_id, {}).values())
            current = left.pop() if left else None


def report_model(node: Node, agent: Node | None) -> None:
    """Tells the agent above a model's call of the model."""
    if agent is None or node.kind is not MODEL:
        return
    model = node.fields.get("model") or node.fields.get("response_model")
    if model is None:
        return
    if agent.models is None:
        agent.models = set()
    agent.models.add(model)

"""Spans as trees: to look up, to compare, to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.span_rules import attribute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.strict import Json

Node = tuple[Any, ...]


class Forest:
    """Spans of any number of traces with their family relations.

    A span that was sent again replaces its earlier version, in the earlier one's place.

    Args:
        spans: Spans in the span v2 shape.

    Attributes:
        spans: The last version of each, in the order of the first ones.
    """

    def __init__(self, spans: list[Json]) -> None:
        self._by_id = {(span["trace_id"], span["span_id"]): span for span in spans}
        self.spans = list(self._by_id.values())
        self._place = {key: place for place, key in enumerate(self._by_id)}
        self._children: dict[tuple[str, str], list[Json]] = {}
        for span in self.spans:
            if (parent := self.parent(span)) is not None:
                self._children.setdefault(_key(parent), []).append(span)

    def parent(self, span: Json) -> Json | None:
        """The parent among these spans."""
        return self._by_id.get((span["trace_id"], span.get("parent_span_id", "")))

    def ancestors(self, span: Json) -> Iterator[Json]:
        """The parent, its parent, and so on; ends where a circle closes."""
        seen = {_key(span)}
        above = self.parent(span)
        while above is not None and _key(above) not in seen:
            seen.add(_key(above))
            yield above
            above = self.parent(above)

    def children(self, span: Json) -> list[Json]:
        """The children by start, equal starts in the order of the log."""
        return self._sorted(self._children.get(_key(span), []))

    def roots(self) -> list[Json]:
        """The spans without a parent among these, and the first one of each circle."""
        roots = [span for span in self.spans if self.parent(span) is None]
        reached = {_key(span) for root in roots for span in self.below(root)}
        for span in self.spans:
            if _key(span) not in reached:
                roots.append(span)
                reached |= {_key(below) for below in self.below(span)}
        return self._sorted(roots)

    def below(self, root: Json) -> Iterator[Json]:
        """A span and everything below it, depth first."""
        return (span for span, _ in self.walk(root))

    def walk(self, root: Json) -> Iterator[tuple[Json, int]]:
        """The same with the depth of each span under the root."""
        seen: set[tuple[str, str]] = set()
        stack = [(root, 0)]
        while stack:
            span, depth = stack.pop()
            if _key(span) not in seen:
                seen.add(_key(span))
                yield span, depth
                stack += [(child, depth + 1) for child in reversed(self.children(span))]

    def _sorted(self, spans: list[Json]) -> list[Json]:
        return sorted(spans, key=lambda span: (span["start_timestamp"], self._place[_key(span)]))


def _key(span: Json) -> tuple[str, str]:
    return span["trace_id"], span["span_id"]


def tree(spans: list[Json]) -> list[Node]:
    """What a trace looks like, to compare with a literal.

    Args:
        spans: Spans in the span v2 shape, of any number of traces.

    Returns:
        The roots, each `(name, status, *children)`, by start, then in the order of the log.
    """
    forest = Forest(spans)
    return [_node(forest, root, frozenset()) for root in forest.roots()]


def _node(forest: Forest, span: Json, above: frozenset[str]) -> Node:
    inside = above | {span["span_id"]}
    children = [child for child in forest.children(span) if child["span_id"] not in inside]
    return span["name"], span["status"], *(_node(forest, child, inside) for child in children)


def render(spans: list[Json]) -> str:
    """What traces look like, to read.

    Args:
        spans: Spans in the span v2 shape, of any number of traces.

    Returns:
        A line per trace and, indented below it, a line per span: name, start after the trace's
        first start, duration, status with the error's type, and tokens where it has them.
    """
    forest = Forest(spans)
    by_trace: dict[str, list[Json]] = {}
    for root in forest.roots():
        by_trace.setdefault(root["trace_id"], []).append(root)
    lines = []
    for trace_id, roots in by_trace.items():
        lines.append(f"trace {trace_id}")
        zero = min(s["start_timestamp"] for s in forest.spans if s["trace_id"] == trace_id)
        for root in roots:
            lines += [_line(span, depth, zero) for span, depth in forest.walk(root)]
    return "".join(f"{line}\n" for line in lines)


def _line(span: Json, depth: int, zero: float) -> str:
    start, end = span["start_timestamp"], span["end_timestamp"]
    error = attribute(span, "error.type")
    status = f"{span['status']} ({error})" if error else span["status"]
    line = f"{'  ' * (depth + 1)}{span['name']}  +{start - zero:.3f}s {end - start:.3f}s  {status}"
    tokens = [
        f"{attribute(span, f'gen_ai.usage.{side}_tokens')} {side[:-3]}"
        for side in ("input", "output")
        if attribute(span, f"gen_ai.usage.{side}_tokens") is not None
    ]
    return f"{line}  {', '.join(tokens)}" if tokens else line
